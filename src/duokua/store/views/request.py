"""Requests (申请): mine and my department's, one page for everybody who may see one, its files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from duokua.audit.verbs import label
from duokua.identity import policy
from duokua.identity.facade import Person, departments
from duokua.identity.facade import names as person_names
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, DuokuaError
from duokua.kernel.text import Text
from duokua.lists.asking import choice, export, order, words
from duokua.lists.exports import list_answer
from duokua.store.facade import asking as facade
from duokua.store.states.request import RequestState
from duokua.store.values.decision import COMPLETABLE
from duokua.store.values.request import EventInfo
from duokua.store.views.approving import deciders, decision_context
from duokua.store.views.wizard import ASKERS

_HEAD = (
    "id", "listing", "title_zh", "title_en", "interface", "state", "purpose", "department",
    "provider", "requested_by", "submitted_at", "due_at", "ends_at", "changed_at",
)  # fmt: skip
_SYSTEM = dict.fromkeys(("store", "system"), Text("系统", "System"))  # who acts by itself
_GROUPS = {
    "": gettext_lazy("All"),
    "drafts": gettext_lazy("Drafts"),
    "under_way": gettext_lazy("Under way"),
    "in_use": gettext_lazy("In use"),
    "ended": gettext_lazy("Over"),
}


@policy.staff
def requests(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what I, and as far as I see it my department, asked for; also as CSV and JSON."""
    asked = {
        "group": choice(request, "group", _GROUPS),
        "state": choice(request, "state", RequestState.values),
        "listing": words(request, "listing"),
        "q": words(request),
    }
    if choice(request, "whose", ("mine",)):
        asked["mine"] = person.username
    if kind := export(request):
        return list_answer(
            kind, "requests", _HEAD, [_plain(one) for one in facade.request_lines(person, asked)]
        )
    page = facade.request_page(
        person, asked, sort=order(request, facade.REQUEST_SORTS), after=request.GET.get("after")
    )
    context = {
        "page": page,
        "asked": asked,
        "whose": "mine" if "mine" in asked else "",
        "groups": _GROUPS.items(),
        "states": RequestState,
        "now": clock.now(),
        "people": person_names(row.requested_by for row in page.rows),
        "labels": {state.value: state.label for state in RequestState},
        "filtered": any(asked.values()),
    }
    return render(request, "store/requests.html", context)


def _plain(line: facade.RequestLine) -> dict[str, Any]:
    told = {name: getattr(line, name, "") for name in _HEAD}
    told |= {"title_zh": line.title.zh, "title_en": line.title.en}
    for name in ("submitted_at", "due_at", "ends_at", "changed_at"):
        at = getattr(line, name)
        told[name] = iso(at) if at else ""
    return told


def _missing(event: EventInfo) -> list[Text]:
    """Return in words what a return asked to be completed."""
    return [COMPLETABLE[name] for name in event.detail.get("missing", ()) if name in COMPLETABLE]


@policy.staff
def request_page(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Show a request to its applicant, its deciders, the bureau and the auditor.

    :raises NotFound: there is none, or they may not know of it.
    """
    return show(request, person, request_id)


def show(
    request: HttpRequest, person: Person, request_id: str, *, told: DuokuaError | None = None
) -> HttpResponseBase:
    """Show a request, with what went wrong when somebody just tried to do something with it."""
    of = facade.requested(request_id, person)
    own = of.info.requested_by == person.username
    now, names = clock.now(), departments()
    told_events = facade.events(request_id, person)
    people = _SYSTEM | person_names(
        [of.info.requested_by, *(name for e in told_events for name in (e.by, e.acting_for))]
    )
    context = {
        "of": of,
        "info": of.info,
        "card": facade.card_of(of),
        "agreed": facade.card_of(of, of.info.agreed) if of.info.agreed else None,
        "files": facade.attachments(request_id, person),
        "events": [
            (
                each,
                label(each.verb),
                people.get(each.by),
                people.get(each.acting_for),
                _missing(each),
            )
            for each in told_events
        ],
        "applicant": people.get(of.info.requested_by),
        "state": RequestState(of.info.state),
        "department_name": names.get(of.info.department),
        "provider_name": names.get(of.info.provider),
        "own": own,
        "may": facade.acts_open(request_id, person),
        "siblings": facade.siblings(request_id, person),
        "told": told,
        "now": now,
    }
    context |= decision_context(of, person, own)
    context["people"] = people | person_names(deciders(context))
    return render(request, "store/request.html", context, status=409 if told else 200)


@require_POST
@policy.roles(*ASKERS)
def request_act(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Withdraw, copy, renew or archive a request.

    :raises NotFound: there is none, or they may not know of it.
    :raises NotAllowed: it is not theirs.
    """
    now, act = clock.now(), request.POST.get("act")
    facade.requested(request_id, person)  # else it is not there for them
    try:
        if act == "withdraw":
            reason = request.POST.get("reason", "").replace("\0", "")
            facade.withdraw_request(request_id, person, reason=reason, now=now)
            messages.success(request, _("The request is withdrawn"))
        elif act == "archive":
            facade.archive_request(request_id, person, now=now)
            messages.success(request, _("The request is archived"))
        elif act == "copy":
            made = facade.copy_request(request_id, person, now=now)
            return redirect("request_product", made)
        elif act == "renew":
            made = facade.renew_request(request_id, person, now=now)
            return redirect("request_period", made)
    except Conflict as error:
        return show(request, person, request_id, told=error)
    return redirect("request", request_id)


@policy.staff
def attachment(
    request: HttpRequest, person: Person, request_id: str, attachment_id: str
) -> HttpResponseBase:
    """Hand out a file to whom may see its request; it is saved, never shown.

    :raises NotFound: there is none, or they may not know of the request.
    """
    told, path = facade.open_attachment(request_id, attachment_id, person, now=clock.now())
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=told.name, content_type=told.media_type
    )
