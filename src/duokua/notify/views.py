"""The inbox (消息): what a person is to know, newest first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.notify import facade

_ROWS = 50
_DIGITS = 18  # of a number that a database can hold


@policy.signed_in
def messages(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the inbox; a post marks one message, or all, as read and goes on to the thing."""
    if request.method == "POST":
        told = request.POST.get("message", "")
        number = _number(told)
        chosen = None if not told else [] if number is None else [number]
        facade.mark_read(person, chosen, now=clock.now())
        return redirect(_where(person, chosen) or request.path)
    before = _number(request.GET.get("before", ""))
    found = facade.inbox(person, before=before, limit=_ROWS + 1)
    following = found[_ROWS - 1].id if len(found) > _ROWS else None
    context = {"rows": found[:_ROWS], "following": following, "unread": facade.unread(person)}
    return render(request, "notify/messages.html", context)


def _number(told: str) -> int | None:
    return int(told) if told.isdecimal() and len(told) <= _DIGITS else None


def _where(person: Person, chosen: list[int] | None) -> str:
    """Return the page of the thing that one message is about; only ours, never another site's."""
    if not chosen:
        return ""
    found = facade.inbox(person, before=chosen[0] + 1, limit=1)
    link = found[0].link if found and found[0].id == chosen[0] else ""
    return link if link.startswith("/") and not link.startswith("//") else ""
