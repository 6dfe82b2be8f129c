"""Decisions on requests and disputes about them, for pages and jobs: who may is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from duokua.identity.facade import Person
from duokua.kernel.errors import Conflict, DuokuaError
from duokua.kernel.text import Text
from duokua.store.actions import decision, escalation
from duokua.store.actions import dispute as disputing
from duokua.store.models import Dispute, Step
from duokua.store.selectors import approving as reads
from duokua.store.selectors import dispute as disputes_read
from duokua.store.selectors.approving import Approving
from duokua.store.selectors.asking import matter
from duokua.store.selectors.decision import step_row, waiting_for
from duokua.store.selectors.request_list import seen_by
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import StepState
from duokua.store.values.decision import DecidedTogether, InboxLine, Verdict
from duokua.store.values.dispute import ACTS, DisputeInfo, EntryInfo

__all__ = [
    "ACTS",
    "Approving",
    "StepState",
    "Verdict",
    "act_in_dispute",
    "agree_to_many",
    "answer",
    "approving",
    "ask",
    "care_for_clocks",
    "decide",
    "dispute",
    "dispute_acts",
    "dispute_entries",
    "dispute_of",
    "disputes",
    "extend",
    "inbox",
    "may_dispute",
    "open_dispute",
    "step_request",
    "waiting",
]
decide, ask, extend = decision.decide, decision.ask, decision.extend


def approving(request_id: str, person: Person, *, now: datetime) -> Approving:
    """Return what a person sees of the decisions on a request.

    :raises NotFound: there is none, or they may not know of it.
    """
    row = seen_by(request_id, person)
    return reads.approving(row, matter(row), person, now)


def inbox(person: Person, asked: Mapping[str, str], *, now: datetime) -> list[InboxLine]:
    """Return what a person may decide now; ``asked``: ``kind``, ``overdue``, ``share``, ``q``."""
    return reads.inbox(person, asked, now)


def waiting(person: Person) -> int:
    """Return how many decisions wait for a person."""
    return waiting_for(person).count()


def step_request(step_id: int, person: Person) -> str:
    """Return of which request a step is, to whom may see that.

    :raises NotFound: there is none, or they may not know of it.
    """
    return seen_by(step_row(step_id).request_id, person).id


def agree_to_many(
    chosen: Sequence[tuple[int, int]], person: Person, *, comment: str = "", now: datetime
) -> list[DecidedTogether]:
    """Agree to several unconditional requests (批量同意), each by itself; tell what became of each.

    ``chosen`` are steps with the revision that the person looked at.
    """
    return [_agree(step, revision, person, comment, now) for step, revision in chosen]


def _agree(
    step_id: int, revision: int, person: Person, comment: str, now: datetime
) -> DecidedTogether:
    row = Step.objects.filter(id=step_id).select_related("request__listing").first()
    request = row.request_id if row is not None else ""
    try:
        if row is not None and not _simple(row):
            raise Conflict(
                Text("有条件共享须逐件审批", "what is shared on conditions is decided one by one"),
                Text("请打开该申请", "open the request"),
            )
        verdict = Verdict(StepState.AGREED, comment=comment)
        decide(step_id, verdict, person, revision=revision, now=now)
    except DuokuaError as error:
        return DecidedTogether(step_id, request, error.what)
    return DecidedTogether(step_id, request, None)


def _simple(step: Step) -> bool:
    unconditional = step.request.listing.share_class == ShareClass.UNCONDITIONAL
    return unconditional and not step.request.body.get("plain")


def answer(request_id: str, text: str, person: Person, *, now: datetime) -> None:
    """Answer a question of whoever decides; see :func:`duokua.store.actions.decision.answer`."""
    decision.answer(seen_by(request_id, person).id, text, person, now=now)


def care_for_clocks(*, now: datetime) -> dict[str, int]:
    """Remind, escalate what is overdue, take up disputes whose stage has run out; return how many."""
    return {
        "reminded": escalation.remind_due(now=now),
        "escalated": escalation.escalate_due(now=now),
        "raised": disputing.raise_due(now=now),
    }


def may_dispute(request_id: str, person: Person, *, now: datetime) -> str:
    """Return what a person may dispute of a request now, ``""``: nothing."""
    row = seen_by(request_id, person)
    if not disputes_read.may_open(row, person):
        return ""
    if Dispute.objects.filter(request=row, ended_at__isnull=True).exists():
        return ""
    found = disputes_read.matter_of(row, now)
    return found[0] if found else ""


def open_dispute(request_id: str, text: str, person: Person, *, now: datetime) -> str:
    """Open a dispute; return its id. See :func:`duokua.store.actions.dispute.open_dispute`."""
    return disputing.open_dispute(seen_by(request_id, person).id, text, person, now=now).id


def act_in_dispute(
    dispute_id: str,
    what: str,
    text: str,
    person: Person,
    *,
    revision: int | None = None,
    now: datetime,
) -> None:
    """Do something in a dispute; see :func:`duokua.store.actions.dispute.act`."""
    disputing.act(dispute_id, what, text, person, revision=revision, now=now)


def disputes(
    person: Person, *, state: str = "", words: str = "", mine: bool = False, now: datetime
) -> list[DisputeInfo]:
    """Return the disputes that a person may see: those that run first, soonest due on top.

    ``mine`` leaves only those in which it is their turn to act.
    """
    found = disputes_read.listed(person, state=state, words=words, mine=mine)
    return [disputes_read.dispute_info(row, now) for row in found]


def _dispute(dispute_id: str, person: Person) -> Dispute:
    row = disputes_read.seen_by(person).filter(id=dispute_id).first()
    if row is None:
        raise disputes_read.no_dispute()
    return row


def dispute(dispute_id: str, person: Person, *, now: datetime) -> DisputeInfo:
    """Return a dispute.

    :raises NotFound: there is none, or they may not know of it.
    """
    return disputes_read.dispute_info(_dispute(dispute_id, person), now)


def dispute_of(request_id: str, person: Person, *, now: datetime) -> list[DisputeInfo]:
    """Return the disputes about a request, newest first."""
    rows = disputes_read.seen_by(person).filter(request=request_id).order_by("-opened_at")
    return [disputes_read.dispute_info(row, now) for row in rows]


def dispute_entries(dispute_id: str, person: Person) -> list[EntryInfo]:
    """Return what was said and decided in a dispute, oldest first.

    :raises NotFound: there is none, or they may not know of it.
    """
    return disputes_read.entries_of(_dispute(dispute_id, person))


def dispute_acts(dispute_id: str, person: Person) -> dict[str, Text]:
    """Return what a person may do now in a dispute, with its words.

    :raises NotFound: there is none, or they may not know of it.
    """
    may = disputes_read.acts_of(_dispute(dispute_id, person), person)
    return {name: words for name, words in ACTS.items() if name in may}
