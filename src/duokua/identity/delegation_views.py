"""The page on which a person hands a post to a colleague, and takes it back (授权代办)."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import delegation, facade, policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, DuokuaError, Invalid, NotFound


@policy.signed_in
def delegations(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what I gave and took; give a post of mine, or end a delegation."""
    now, fault = clock.now(), None
    if request.method == "POST":
        try:
            _act(request, person, now)
            return redirect("delegations")
        except (Invalid, Conflict, NotFound) as error:
            fault = error
    return render(
        request, "identity/delegations.html", _page(request, person, now, fault), status=_of(fault)
    )


def _of(fault: DuokuaError | None) -> int:
    if isinstance(fault, NotFound):
        return 404
    return 200 if fault is None else 409 if isinstance(fault, Conflict) else 422


def _act(request: HttpRequest, person: Person, now: datetime) -> None:
    told = request.POST
    if told.get("act") == "revoke":
        number = told.get("number", "")
        valid = number.isascii() and number.isdecimal() and len(number) < 19
        delegation.revoke(int(number) if valid else 0, person, now=now)
        messages.success(request, _("The delegation is revoked."))
        return
    order = delegation.Order(
        told.get("taker", "")[:64],
        told.get("role", ""),
        _day(told.get("until", "")),
        told.get("reason", ""),
    )
    delegation.give(person, order, now=now)
    messages.success(request, _("Your colleague may act for you now; both of you were told."))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(
    request: HttpRequest, person: Person, now: datetime, fault: DuokuaError | None
) -> dict[str, object]:
    posts = sorted(person.roles - delegation.NOT_DELEGABLE)
    return {
        "rows": facade.delegations(person.username, now),
        "posts": posts,
        "colleagues": [each for each in facade.people_of(person.department, now)
                       if each.username != person.username],
        "today": clock.district_day(now).isoformat(),
        "latest": delegation.latest_day(now).isoformat(),
        "fault": fault,
        "told": request.POST,
    }  # fmt: skip
