"""The page of my department's programs (本部门应用) and their keys: rotate, retire, revoke.

A key's secret is shown once, in the answer to the act that made it; it is in no address, session or
log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.exchange import facade
from duokua.exchange.values import ClientInfo, KeyInfo
from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.clock import SHANGHAI, iso
from duokua.kernel.errors import Conflict, DuokuaError, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import page
from duokua.shell.language import active

_TEMPLATE = "exchange/clients.html"
_MAY_CHANGE = (Role.DEVELOPER, Role.STEWARD)
_STATE = (Text("状态", "State"), Text("全部状态", "Every state"))
_STATES = {"active": Text("启用", "Active"), "off": Text("已停用", "Switched off")}
_ORDERS = {
    "title": Text("按名称", "By title"),
    "-created": Text("最新在前", "Newest first"),
    "created": Text("最早在前", "Oldest first"),
}
_HEAD = (
    "program", "title", "active", "key", "label", "key_state", "key_created", "last_used", "ends",
)  # fmt: skip
_TITLE = 80  # characters
_MOST_CLIENTS = 100  # of one department


@dataclass(frozen=True, slots=True)
class ShownClient:
    """A program with its keys."""

    info: ClientInfo
    keys: tuple[KeyInfo, ...]


@policy.staff
def my_clients(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the programs of my department; ``revoke=client/key`` asks whether that one is to go."""
    if kind := asking.export(request):
        found = _fitting(person, asking.words(request), request.GET.get("state", ""))
        return list_answer(kind, "programs", _HEAD, _lines(found, clock.now()))
    return _page(request, person)


def _fitting(person: Person, words: str, state: str) -> list[ClientInfo]:
    return [
        info
        for info in facade.clients_of(person.department)
        if words.lower() in f"{info.id} {info.title}".lower()
        and state in ("", "active" if info.active else "off")
    ]


def _lines(found: list[ClientInfo], now: datetime) -> list[dict[str, object]]:
    """Return one line for each key, and one for a program without any."""
    nothing = dict.fromkeys(("key", "label", "key_state", "key_created", "last_used", "ends"), "")
    lines: list[dict[str, object]] = []
    for info in found:
        own = {"program": info.id, "title": info.title, "active": info.active}
        keys = facade.client_keys(info.id, now)
        lines += [
            own
            | {
                "key": key.id, "label": key.label, "key_state": key.state,
                "key_created": iso(key.created_at),
                "last_used": key.last_used.isoformat() if key.last_used else "",
                "ends": iso(key.until) if key.until else "",
            }
            for key in keys
        ] or [own | nothing]  # fmt: skip
    return lines


def _page(
    request: HttpRequest, person: Person, *, status: int = 200, **more: object
) -> HttpResponseBase:
    now, words = clock.now(), asking.words(request)
    choices = [
        asking.offered(request, "state", *_STATE, _STATES.items()),
        asking.orders(request, _ORDERS.items()),
    ]
    state, sort = (each.value for each in choices)
    found = page(
        _fitting(person, words, state),
        sorts={
            "title": lambda info: info.title,
            "created": lambda info: info.created_at.timestamp(),
        },
        identity=lambda info: info.id,
        sort=sort,
        after=request.GET.get("after"),
    )
    shown = [ShownClient(info, tuple(facade.client_keys(info.id, now))) for info in found.rows]
    context = {
        "clients": shown,
        "page": found,
        "choices": choices,
        "words": words,
        "filtered": bool(words or state),
        "may_change": bool(person.hats & set(_MAY_CHANGE)),
        "asked": request.GET.get("revoke", ""),
        "tomorrow": clock.district_day(clock.days_from(now, 1)).isoformat(),
        **more,
    }
    return render(request, _TEMPLATE, context, status=status)


def _own(person: Person, client_id: str) -> None:
    """Refuse another department's program with the answer for one that is not there.

    :raises NotFound: it is not one of the person's department.
    """
    if client_id not in {info.id for info in facade.clients_of(person.department)}:
        raise NotFound(
            Text(f"没有应用“{client_id}”", f"there is no client {client_id!r}"),
            Text("请在本部门应用中选择", "choose one of your department's"),
        )


@policy.roles(*_MAY_CHANGE)
@require_POST
def add_key(request: HttpRequest, person: Person, client_id: str) -> HttpResponseBase:
    """Add a key and show its secret this once."""
    _own(person, client_id)
    try:
        info, secret = facade.add_key(
            client_id,
            label=request.POST.get("label", ""),
            until=_end(request.POST.get("until", "")),
            by=person.username,
            now=clock.now(),
        )
    except (Invalid, Conflict) as error:
        return _refused(request, person, error)
    return _page(request, person, fresh={"client": client_id, "key": info, "secret": secret})


@policy.roles(*_MAY_CHANGE)
@require_POST
def retire_key(
    request: HttpRequest, person: Person, client_id: str, key_id: str
) -> HttpResponseBase:
    """Let a key end on a day."""
    _own(person, client_id)
    try:
        until = _end(request.POST.get("until", ""))
        if until is None:
            raise Invalid(
                Text("请填写停用日期", "tell the day on which it ends"),
                Text("从次日起选择", "choose tomorrow or later"),
            )
        facade.retire_key(client_id, key_id, until=until, by=person.username, now=clock.now())
    except (Invalid, Conflict) as error:
        return _refused(request, person, error)
    messages.success(request, _("%(key)s ends on that day.") % {"key": key_id})
    return redirect("my_clients")


@policy.roles(*_MAY_CHANGE)
@require_POST
def revoke_key(
    request: HttpRequest, person: Person, client_id: str, key_id: str
) -> HttpResponseBase:
    """Revoke a key; without its confirmation nothing happens but the question."""
    _own(person, client_id)
    if request.POST.get("confirmed") != key_id:
        return redirect(f"/me/clients/?revoke={client_id}/{key_id}")
    try:
        done = facade.revoke_key(
            client_id,
            key_id,
            reason=request.POST.get("reason", ""),
            by=person.username,
            now=clock.now(),
        )
    except (Invalid, Conflict) as error:
        return _refused(request, person, error)
    told = _("%(key)s is revoked; after %(ms)s ms no door accepted it or its tokens.")
    messages.success(request, told % {"key": key_id, "ms": round(done.waited_s * 1000)})
    return redirect("my_clients")


@policy.roles(*_MAY_CHANGE)
@require_POST
def register_client(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Register a program of my department and show the secret of its first key this once."""
    title = request.POST.get("title", "").strip()
    try:
        _check_new(title, person)
    except (Invalid, Conflict) as error:
        return _refused(request, person, error)
    now = clock.now()
    info, secret = facade.create_client(
        title=title, department=person.department, by=person.username, now=now
    )
    (key,) = facade.client_keys(info.id, now)
    return _page(request, person, fresh={"client": info.id, "key": key, "secret": secret})


def _check_new(title: str, person: Person) -> None:
    """Check the title of a program to be registered.

    :raises Invalid: it is empty or too long.
    :raises Conflict: the department has a program of that title, or very many.
    """
    if not 1 < len(title) <= _TITLE or "\0" in title:
        raise Invalid(
            Text("应用名称为空或过长", "the name of the program is empty or too long"),
            Text(f"请写 2 至 {_TITLE} 个字", f"write 2 to {_TITLE} characters"),
        )
    there = [one for one in facade.clients_of(person.department) if one.active]
    if len(there) >= _MOST_CLIENTS or title in {one.title for one in there}:
        raise Conflict(
            Text("同名应用已存在，或应用过多", "there is one of that name, or there are too many"),
            Text("请使用已有应用，或换一个名称", "use the one that is there, or another name"),
        )


def _refused(request: HttpRequest, person: Person, error: DuokuaError) -> HttpResponseBase:
    told = f"{error.what.in_(active())} · {error.mend.in_(active())}"
    return _page(request, person, status=422, fault=told)


def _end(told: str) -> datetime | None:
    """Read a day as its first moment in the district; nothing is no end.

    :raises Invalid: it is no day.
    """
    if not told.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(told.strip()), time(), SHANGHAI)
    except ValueError:
        raise Invalid(
            Text("日期格式有误", "this is no day"),
            Text("请写成 2027-01-31", "write it as 2027-01-31"),
        ) from None
