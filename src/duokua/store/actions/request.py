"""Asking (申请): saving a draft step by step, submitting it, completing what was returned."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity.facade import Person
from duokua.kernel.errors import Fault, Invalid, NotAllowed
from duokua.kernel.text import Text
from duokua.store.actions import decision
from duokua.store.actions.events import note
from duokua.store.actions.moving import change, move, taken
from duokua.store.models import Request
from duokua.store.selectors.asking import faults_of, matter
from duokua.store.selectors.completion import completions
from duokua.store.states.request import RequestState
from duokua.store.values.decision import MOST_COMMENT
from duokua.store.values.request import Ask, ask_to_json

EDITABLE = (RequestState.DRAFT, RequestState.RETURNED)
_SHARED = ("purpose", "explanation", "scenario", "without", "basis", "disposal")

audit.register(
    {
        "store.request.submitted": Text("提交申请", "request submitted"),
        "store.request.resubmitted": Text("补正后重新提交", "request completed and resubmitted"),
    }
)


def save(
    row: Request,
    ask: Ask,
    *,
    interface: str | None = None,
    client: str | None = None,
    now: datetime,
) -> Request:
    """Save a step of the wizard; other steps are as they were.

    :raises Conflict: it is no draft any more, or was changed meanwhile.
    """
    if row.state not in EDITABLE:
        raise taken(row)
    fields: dict[str, object] = {"body": ask_to_json(ask)}
    if interface is not None:
        fields["interface"] = interface
    if client is not None:
        fields["client"] = client
    return change(row, fields, now=now)


def share_words(row: Request, *, now: datetime) -> int:
    """Copy purpose, basis and disposal to the other drafts of the cart; return to how many."""
    if not row.bundle:
        return 0
    others = Request.objects.filter(
        bundle=row.bundle, requested_by=row.requested_by, state=RequestState.DRAFT
    ).exclude(id=row.id)
    told = {name: row.body[name] for name in _SHARED}
    for other in others:
        change(other, {"body": {**other.body, **told}}, now=now)
    return len(others)


@transaction.atomic
def submit(row: Request, person: Person, *, reply: str = "", now: datetime) -> Request:
    """Submit a draft, or resubmit what was returned; the deciders' steps begin.

    Of what a return asked to be completed each thing is changed, or ``reply`` says why not.

    :raises NotAllowed: somebody else drafted it.
    :raises Invalid: something is missing or wrong, each fault at its field.
    :raises Conflict: it is neither draft nor returned any more.
    """
    require_own(row, person)
    reply = reply.strip()
    found = [*faults_of(matter(row), now), *_uncompleted(row, reply)]
    if found:
        raise Invalid(
            Text("申请还不完整", "the request is not complete"),
            Text("请逐项补充", "complete each of these"),
            faults=tuple(found),
        )
    if row.state == RequestState.DRAFT:
        move(
            row, RequestState.SIGNOFF, by=person.username, now=now,
            verb="store.request.submitted", fields={"submitted_at": now},
        )  # fmt: skip
    else:
        told = {"reason": reply} if reply else {}
        note(row, "store.request.resubmitted", by=person.username, now=now, **told)
    decision.begin(row, by=person.username, now=now)
    return row


def _uncompleted(row: Request, reply: str) -> list[Fault]:
    if len(reply) > MOST_COMMENT or "\0" in reply:
        what = Text("补正说明过长", "the reply is too long")
        mend = Text(f"至多 {MOST_COMMENT} 字", f"at most {MOST_COMMENT} characters")
        return [Fault("reply", what, mend)]
    return [
        Fault(
            each.field,
            Text(f"退回时要求补正“{each.words.zh}”，尚未改动",
                 f"“{each.words.en}” was to be completed and is as it was"),
            Text("请改动，或在补正说明中写明为何不改", "change it, or say in your reply why not"),
        )
        for each in completions(row)
        if not each.changed and not reply
    ]  # fmt: skip


@transaction.atomic
def submit_bundle(row: Request, person: Person, *, now: datetime) -> list[Request]:
    """Submit every draft of a cart, or none.

    :raises Invalid: one of them is not complete; faults are named by request and field.
    """
    rows = Request.objects.select_related("listing").filter(
        bundle=row.bundle, requested_by=person.username, state=RequestState.DRAFT
    )
    waiting = [row] if not row.bundle else list(rows.order_by("id"))
    done: list[Request] = []
    for each in waiting:
        try:
            done.append(submit(each, person, now=now))
        except Invalid as error:
            faults = tuple(
                Fault(f"{each.id}/{fault.where}", fault.what, fault.mend) for fault in error.faults
            )
            raise Invalid(error.what, error.mend, faults=faults or error.faults) from None
    return done


def require_own(row: Request, person: Person) -> None:
    """Check that a person may change what is asked.

    :raises NotAllowed: somebody else asked.
    :raises Conflict: it is neither draft nor returned.
    """
    require_applicant(row, person)
    if row.state not in EDITABLE:
        raise taken(row)


def require_applicant(row: Request, person: Person) -> None:
    """Check that a person asked.

    :raises NotAllowed: somebody else did.
    """
    if row.requested_by != person.username:
        raise NotAllowed(
            Text("只有申请人可以这样办理", "only the applicant may do this"),
            Text("请联系申请人", "ask the applicant"),
        )
