"""What every page is given."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from duokua.identity.facade import person_of
from duokua.kernel import environment
from duokua.shell.language import active

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "duokua_theme"
ELDER_COOKIE = "duokua_elder"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the main navigation."""

    url: str
    title: str
    short: str
    icon: str
    current: bool


def _places(path: str) -> list[Place]:
    entries = (
        ("/", _("Home"), _("Home"), "home", path == "/" or path.startswith("/search/")),
        ("/store/datasets/", _("Datasets"), _("Datasets"), "database", None),
        ("/store/interfaces/", _("Data interfaces"), _("Interfaces"), "api", None),
        ("/receipts/", _("Call receipts"), _("Receipts"), "receipt", None),
    )
    return [
        Place(url, str(title), str(short), icon, path.startswith(url) if here is None else here)
        for url, title, short, icon, here in entries
    ]


def theme_of(request: HttpRequest) -> str:
    """Return ``light``, ``dark`` or ``auto`` (as the system says)."""
    wanted = request.COOKIES.get(THEME_COOKIE, "auto")
    return wanted if wanted in THEMES else "auto"


def elder(request: HttpRequest) -> bool:
    """Tell whether the reader asked for large letters and fewer things (关怀版)."""
    return request.COOKIES.get(ELDER_COOKIE) == "on"


def shell(request: HttpRequest) -> dict[str, object]:
    """Return names, person, navigation, language and theme for the base template."""
    return {
        "product": settings.PRODUCT_NAME,
        "district": settings.DISTRICT_NAME,
        "synthetic": (environment.read().home / "demo.json").exists(),
        "person": person_of(request),
        "places": _places(request.path),
        "language": active(),
        "theme": theme_of(request),
        "elder": elder(request),
        "here": request.get_full_path(),
    }
