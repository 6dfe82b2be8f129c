"""Disputes (争议): opening one on the page of a request, the list, one with its statements and acts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.identity import facade as identity
from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, DuokuaError, Invalid
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import page
from duokua.store.facade import deciding as facade
from duokua.store.forms.deciding import said
from duokua.store.states.request import DisputeState
from duokua.store.values.dispute import DisputeInfo

_HEAD = (
    "id", "request", "title_zh", "title_en", "about", "state", "department", "provider", "government",
    "opened_at", "opened_by", "due_at", "overdue", "ended_at",
)  # fmt: skip


@policy.staff
def disputes(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the disputes that I may see: those that run first."""
    state = asking.choice(request, "state", ("running", *DisputeState.values))
    words = asking.words(request)
    turn = asking.choice(request, "turn", ("mine",))
    found = facade.disputes(person, state=state, words=words, mine=bool(turn), now=clock.now())
    if kind := asking.export(request):
        return list_answer(kind, "disputes", _HEAD, [_plain(row) for row in found])
    context = {
        "page": page(
            found,
            sorts={"ended": lambda row: iso(row.ended_at) if row.ended_at else "",
                   "due": lambda row: iso(row.due_at) if row.due_at else "9999",
                   "opened": lambda row: iso(row.opened_at)},
            identity=lambda row: row.id,
            sort=asking.order(request, ("ended", "due", "opened")), after=request.GET.get("after"),
        ),
        "states": DisputeState, "asked": {"state": state, "q": words, "turn": turn},
        "filtered": bool(state or words or turn),
    }  # fmt: skip
    return render(request, "store/disputes.html", context)


def _plain(row: DisputeInfo) -> dict[str, object]:
    times = ("opened_at", "due_at", "ended_at")
    return {
        **{name: getattr(row, name, "") for name in _HEAD},
        "title_zh": row.title.zh,
        "title_en": row.title.en,
        **{name: iso(at) if (at := getattr(row, name)) else "" for name in times},
    }


@policy.staff
def dispute(request: HttpRequest, person: Person, dispute_id: str) -> HttpResponseBase:
    """Show a dispute, and do in it what I may.

    :raises NotFound: there is none, or they may not know of it.
    :raises NotAllowed: it is not theirs to do now.
    """
    told: DuokuaError | None = None
    now = clock.now()
    if request.method == "POST":
        try:
            _act(request, person, dispute_id)
            return redirect("dispute", dispute_id)
        except (Conflict, Invalid) as error:
            told = error
    row = facade.dispute(dispute_id, person, now=now)
    context = {
        "row": row,
        "government": identity.departments().get(row.government),
        "entries": facade.dispute_entries(dispute_id, person),
        "acts": (acts := facade.dispute_acts(dispute_id, person)).items(),
        "unanswered": "accept" in acts
        and "raise" not in acts
        and row.state == DisputeState.NEGOTIATION,
        "stages": [DisputeState.NEGOTIATION, DisputeState.COORDINATION, DisputeState.GOVERNMENT],
        "told": told,
    }
    return render(request, "store/dispute.html", context, status=409 if told else 200)


def _act(request: HttpRequest, person: Person, dispute_id: str) -> None:
    revision = request.POST.get("revision", "")
    known = revision.isascii() and revision.isdecimal() and len(revision) < 10
    facade.act_in_dispute(
        dispute_id, request.POST.get("act", "")[:20], said(request.POST, "text"), person,
        revision=int(revision) if known else None, now=clock.now(),
    )  # fmt: skip
    messages.success(request, _("Done"))


@require_POST
@policy.staff
def open_dispute(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Open a dispute about a decision on a request.

    :raises NotFound: there is no such request, or they may not know of it.
    :raises NotAllowed: they do not speak for the applicant.
    """
    try:
        text = said(request.POST, "text")
        made = facade.open_dispute(request_id, text, person, now=clock.now())
    except (Conflict, Invalid) as error:
        from duokua.store.views.request import show  # which shows our card

        return show(request, person, request_id, told=error)
    return redirect("dispute", made)
