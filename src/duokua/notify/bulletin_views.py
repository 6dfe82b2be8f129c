"""Pages of public notices (公告): everybody reads them, the data bureau writes them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.identity import policy
from duokua.identity.facade import Person, Role, person_of
from duokua.kernel import clock
from duokua.kernel.clock import SHANGHAI, iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import page
from duokua.notify import facade

_MOST = 1000
_HEAD = ("number", "title_zh", "title_en", "body_zh", "body_en", "shown_from", "shown_until")
_STATES = {
    "shown": Text("正在发布", "Shown now"),
    "coming": Text("尚未发布", "Not shown yet"),
    "over": Text("已结束", "Over"),
}
_ORDERS = {"-shown": Text("最新在前", "Newest first"), "shown": Text("最早在前", "Oldest first")}
_FIELDS = ("title_zh", "title_en", "body_zh", "body_en", "shown_from", "shown_until")


@policy.anyone
def bulletins(request: HttpRequest) -> HttpResponseBase:
    """Show the notices of today, newest first; to their writers also those to come and those over."""
    writes, words = _writes(request), asking.words(request)
    choices = [asking.orders(request, _ORDERS.items())]
    state = "shown"
    if writes:
        choices.insert(0, asking.states(request, _STATES.items()))
        state = choices[0].value
    found = facade.bulletins(now=clock.now(), limit=_MOST, words=words, state=state)
    if kind := asking.export(request):
        return list_answer(kind, "notices", _HEAD, [_plain(each) for each in found])
    context = {
        "page": page(
            found, sorts={"shown": lambda row: row.shown_from.timestamp()},
            identity=lambda row: f"{row.number:012d}",
            sort=choices[-1].value, after=request.GET.get("after"),
        ),
        "choices": choices,
        "words": words,
        "filtered": bool(words or state != "shown"),
        "may_write": writes,
    }  # fmt: skip
    return render(request, "notify/bulletins.html", context)


def _writes(request: HttpRequest) -> bool:
    person = person_of(request)
    return person is not None and Role.BUREAU in person.hats


def _plain(row: facade.BulletinInfo) -> dict[str, object]:
    return {
        "number": row.number,
        "title_zh": row.title.zh, "title_en": row.title.en,
        "body_zh": row.body.zh, "body_en": row.body.en,
        "shown_from": iso(row.shown_from),
        "shown_until": iso(row.shown_until) if row.shown_until else "",
    }  # fmt: skip


@policy.anyone
def bulletin(request: HttpRequest, number: int) -> HttpResponse:
    """Show one notice; to its writers also before and after its time.

    :raises NotFound: there is none, or it is not shown.
    """
    writes, now = _writes(request), clock.now()
    row = facade.bulletin(number, now=now, writer=writes)
    over = row.shown_until is not None and row.shown_until <= now
    context = {"row": row, "may_write": writes, "may_end": writes and not over, "over": over}
    return render(request, "notify/bulletin.html", context)


@policy.roles(Role.BUREAU)
def write(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Write a notice."""
    told = {name: request.POST.get(name, "") for name in _FIELDS}
    faults: dict[str, object] = {}
    if request.method == "POST":
        try:
            number = facade.write_bulletin(_read(told), by=person, now=clock.now())
        except Invalid as error:
            faults = {fault.where: fault for fault in error.faults}
        else:
            messages.success(request, _("The notice is shown."))
            return redirect("bulletin", number)
    context = {"told": told, "faults": faults}
    return render(request, "notify/write.html", context, status=422 if faults else 200)


@require_POST
@policy.roles(Role.BUREAU)
def end(request: HttpRequest, person: Person, number: int) -> HttpResponseBase:
    """Take a notice down."""
    facade.end_bulletin(number, by=person, now=clock.now())
    messages.success(request, _("The notice was taken down."))
    return redirect("bulletins")


def _read(told: dict[str, str]) -> facade.BulletinText:
    first = _day(told["shown_from"])
    last = _day(told["shown_until"])
    return facade.BulletinText(
        title=Text(told["title_zh"], told["title_en"]),
        body=Text(told["body_zh"], told["body_en"]),
        shown_from=first or clock.now(),
        shown_until=last + timedelta(days=1) if last else None,  # the last day counts
    )


def _day(text: str) -> datetime | None:
    """Return the beginning of a day of the district; ``None`` for no day."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), SHANGHAI)
    except ValueError:
        return None
