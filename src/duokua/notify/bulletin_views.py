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
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.notify import facade

_MOST = 100
_FIELDS = ("title_zh", "title_en", "body_zh", "body_en", "shown_from", "shown_until")


@policy.anyone
def bulletins(request: HttpRequest) -> HttpResponse:
    """Show the notices of today, newest first."""
    person = person_of(request)
    context = {
        "rows": facade.bulletins(now=clock.now(), limit=_MOST),
        "may_write": person is not None and Role.BUREAU in person.hats,
    }
    return render(request, "notify/bulletins.html", context)


@policy.anyone
def bulletin(request: HttpRequest, number: int) -> HttpResponse:
    """Show one notice."""
    person = person_of(request)
    context = {
        "row": facade.bulletin(number, now=clock.now()),
        "may_write": person is not None and Role.BUREAU in person.hats,
    }
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
