"""Deciding on a request (审批): the card on its page, the acts, and the inbox (待办)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, DuokuaError, Invalid
from duokua.lists import asking as asked_for
from duokua.lists.exports import list_answer
from duokua.lists.paging import page
from duokua.store.facade import asking
from duokua.store.facade import deciding as facade
from duokua.store.forms.deciding import ACTS, read_verdict, said
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import StepKind
from duokua.store.values.decision import InboxLine

_HEAD = (
    "request", "title_zh", "title_en", "kind", "share_class", "level", "purpose", "department",
    "requested_by", "opened_at", "due_at", "left", "overdue", "escalations", "acting_for",
)  # fmt: skip
_FAR = "9999"


@require_POST
@policy.staff
def decide(request: HttpRequest, person: Person, step_id: int) -> HttpResponseBase:
    """Agree, narrow, return, refuse, ask or extend.

    :raises NotFound: there is no such decision, or they may not know of it.
    :raises NotAllowed: it is not theirs.
    """
    request_id = facade.step_request(step_id, person)
    act, now = request.POST.get("act", ""), clock.now()
    try:
        if act == "ask":
            facade.ask(step_id, said(request.POST, "comment"), person, now=now)
        elif act == "extend":
            facade.extend(step_id, said(request.POST, "comment"), person, now=now)
        elif act in ACTS:
            _decide(request, person, step_id, request_id, act)
    except (Conflict, Invalid) as error:
        return _again(request, person, request_id, error)
    messages.success(request, _("Done"))
    return redirect("request", request_id)


def _decide(request: HttpRequest, person: Person, step_id: int, request_id: str, act: str) -> None:
    of = asking.requested(request_id, person)
    kept, fields = request.POST.getlist("keep"), request.POST.getlist("missing")
    verdict = read_verdict(act, request.POST, kept, fields, of)
    told = request.POST.get("revision", "")
    revision = int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None
    facade.decide(step_id, verdict, person, revision=revision, now=clock.now())


def _again(
    request: HttpRequest, person: Person, request_id: str, error: DuokuaError
) -> HttpResponseBase:
    from duokua.store.views.request import show  # which shows our card

    return show(request, person, request_id, told=error)


@require_POST
@policy.staff
def answer(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Answer a question of whoever decides.

    :raises NotFound: there is no such request, or they may not know of it.
    :raises NotAllowed: somebody else asked.
    """
    try:
        facade.answer(request_id, said(request.POST, "comment"), person, now=clock.now())
    except (Conflict, Invalid) as error:
        return _again(request, person, request_id, error)
    messages.success(request, _("Your answer was sent"))
    return redirect("request", request_id)


@policy.staff
def inbox(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show what I may decide, overdue and oldest first; agree to several; export."""
    now = clock.now()
    together = []
    if request.method == "POST":
        chosen = [_chosen(each) for each in request.POST.getlist("step")[:100]]
        comment = said(request.POST, "comment")
        picked = [each for each in chosen if each is not None]
        together = facade.agree_to_many(picked, person, comment=comment, now=now)
    asked = {
        "kind": asked_for.choice(request, "kind", StepKind.values),
        "overdue": asked_for.choice(request, "overdue", ("1",)),
        "share": asked_for.choice(request, "share", ShareClass.values),
        "q": asked_for.words(request),
    }
    lines = facade.inbox(person, asked, now=now)
    if kind := asked_for.export(request):
        return list_answer(kind, "inbox", _HEAD, [_plain(line) for line in lines])
    context = {
        "page": page(
            lines,
            sorts={"due": lambda line: iso(line.due_at) if line.due_at else _FAR,
                   "opened": lambda line: iso(line.opened_at)},
            identity=lambda line: f"{line.step:012d}",
            sort=asked_for.order(request, ("due", "opened")), after=request.GET.get("after"),
        ),
        "asked": asked, "kinds": StepKind, "shares": ShareClass, "together": together,
        "agreed": sum(each.why is None for each in together),
        "overdue": sum(line.overdue for line in lines), "now": now,
        "filtered": any(asked.values()), "batch": any(line.batch for line in lines),
    }  # fmt: skip
    return render(request, "store/inbox.html", context)


def _chosen(text: str) -> tuple[int, int] | None:
    step, _colon, revision = text.partition(":")
    fine = all(each.isascii() and each.isdecimal() and len(each) < 16 for each in (step, revision))
    return (int(step), int(revision)) if fine else None


def _plain(line: InboxLine) -> dict[str, Any]:
    told = {name: getattr(line, name, "") for name in _HEAD}
    told |= {"title_zh": line.title.zh, "title_en": line.title.en}
    told["opened_at"] = iso(line.opened_at)
    told["due_at"] = iso(line.due_at) if line.due_at else ""
    return told
