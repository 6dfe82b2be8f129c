"""What every page is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from duokua.identity.facade import Person, person_of
from duokua.identity.policy import opens
from duokua.kernel import environment
from duokua.lists.asking import ignored
from duokua.shell.language import active

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "duokua_theme"
ELDER_COOKIE = "duokua_elder"
SUGGEST = "/store/suggest/"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the main navigation."""

    url: str
    title: str
    short: str
    icon: str
    current: bool
    phone: bool = True  # stands in the bar of a phone, which has room for five


@dataclass(frozen=True, slots=True)
class Command:
    """A page that the command dialog (命令面板) leads to."""

    url: str
    title: str


_STORE = ("/store/search/", "/store/listings/", "/store/cart/", "/store/review/")


def _places(path: str, person: Person | None) -> list[Place]:
    entries: tuple[tuple[str, Promise, Promise, str, bool | None], ...] = (
        ("/", _("Home"), _("Home"), "home", path == "/" or path.startswith("/search/")),
        (
            "/store/",
            _("Resource store"),
            _("Store"),
            "cart",
            path == "/store/" or path.startswith(_STORE),
        ),
        ("/store/datasets/", _("Datasets"), _("Datasets"), "database", None),
        ("/store/interfaces/", _("Data interfaces"), _("Interfaces"), "api", None),
        ("/store/requests/", _("Requests"), _("Requests"), "inbox", None),
        ("/cases/", _("Cases"), _("Cases"), "alert-triangle", None),
        ("/receipts/", _("Call receipts"), _("Receipts"), "receipt", None),
    )
    if not opens(person, "/store/"):  # residents
        entries += (
            ("/notices/", _("Public notices"), _("Notices"), "horn", None),
            ("/departments/", _("Departments"), _("Departments"), "building", None),
        )
    return [
        Place(
            url, str(title), str(short), icon,
            path.startswith(url) if here is None else here,
            phone=url not in ("/store/datasets/", "/store/interfaces/"),
        )
        for url, title, short, icon, here in entries
        if opens(person, url)
    ]  # fmt: skip


def _commands(person: Person | None) -> list[Command]:
    """Return the pages that a person may go to at once, as far as their posts open them."""
    entries = (
        ("/", _("Home")),
        ("/messages/", _("Messages")),
        ("/notices/", _("Public notices")),
        ("/me/", _("My page")),
        ("/me/notices/", _("How I am told")),
        ("/departments/", _("Departments")),
        ("/store/datasets/", _("Datasets")),
        ("/store/interfaces/", _("Data interfaces")),
        ("/store/cart/", _("Cart")),
        ("/store/requests/", _("Requests")),
        ("/store/inbox/", _("To decide")),
        ("/me/resources/", _("Resources in use")),
        ("/receipts/", _("Call receipts")),
        ("/cases/", _("Workbench")),
        ("/cases/?scope=team", _("Cases to claim")),
        ("/me/usage/", _("Use")),
        ("/me/clients/", _("Programs and keys")),
        ("/store/listings/mine/", _("Our listings")),
        ("/store/bring-in/", _("Bring in data")),
        ("/store/review/", _("Listings to review")),
        ("/cases/board/", _("Command board")),
        ("/cases/quiet/", _("Quiet hours")),
        ("/devices/", _("Devices")),
        ("/streams/", _("Streams")),
        ("/store/packs/", _("Scenario packs")),
    )
    return [Command(url, str(title)) for url, title in entries if opens(person, url)]


@cache
def _suggest() -> str:
    """Return the address that suggests resources for the first letters; empty: there is none."""
    try:
        resolve(SUGGEST)
    except Resolver404:
        return ""
    return SUGGEST


def theme_of(request: HttpRequest) -> str:
    """Return ``light``, ``dark`` or ``auto`` (as the system says)."""
    wanted = request.COOKIES.get(THEME_COOKIE, "auto")
    return wanted if wanted in THEMES else "auto"


def elder(request: HttpRequest) -> bool:
    """Tell whether the reader asked for large letters and fewer things (关怀版)."""
    return request.COOKIES.get(ELDER_COOKIE) == "on"


def shell(request: HttpRequest) -> dict[str, object]:
    """Return names, person, navigation, language and theme for the base template."""
    person = person_of(request)
    return {
        "product": settings.PRODUCT_NAME,
        "district": settings.DISTRICT_NAME,
        "synthetic": (environment.read().home / "demo.json").exists(),
        "person": person,
        "shell_commands": _commands(person),
        "shell_suggest": _suggest(),
        "shell_places": _places(request.path, person),
        "language": active(),
        "theme": theme_of(request),
        "elder": elder(request),
        "here": request.get_full_path(),
        "ignored": ignored(request),
    }
