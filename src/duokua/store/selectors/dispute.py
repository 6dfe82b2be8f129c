"""Reads of disputes: who is on which side, who may do what, lists."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.clock import district_day
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.store.models import Dispute, DisputeEntry, Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.decision import steps_of, this_round
from duokua.store.selectors.request_list import visible_to
from duokua.store.states.request import (
    LIVE,
    PENDING,
    DisputeState,
    RequestState,
    StepKind,
    StepState,
)
from duokua.store.values.dispute import CLOCKS, NARROWED, OVERDUE, REFUSED, DisputeInfo, EntryInfo

_S = DisputeState
RUNNING = tuple(CLOCKS)
_MOST = 1000  # that run at once


def no_dispute() -> NotFound:
    """Return the error that a dispute is absent, or not to be seen by whoever asks."""
    return NotFound(
        Text("没有这一争议", "there is no such dispute"),
        Text("请在争议列表中查找", "look among the disputes"),
    )


def seen_by(person: Person) -> QuerySet[Dispute]:
    """Return the disputes about requests that a person may see."""
    rows = Dispute.objects.filter(request__in=visible_to(person).values("id"))
    return rows.select_related(
        "request", "request__listing", "request__department", "request__provider", "step"
    )


def listed(
    person: Person, *, state: str = "", words: str = "", mine: bool = False
) -> list[Dispute]:
    """Return what a person sees: those that run first, the soonest due on top.

    ``mine`` leaves only those in which it is their turn.
    """
    rows = seen_by(person)
    if mine:
        rows = rows.filter(id__in=[each.id for each in waiting(person)])
    if state == "running":
        rows = rows.filter(ended_at__isnull=True)
    elif state in set(DisputeState):
        rows = rows.filter(state=state)
    if words := words.strip()[:100].replace("\0", ""):
        rows = rows.filter(
            Q(id=words)
            | Q(request=words)
            | Q(request__listing__title_zh__icontains=words)
            | Q(request__listing__title_en__icontains=words)
        )
    return list(
        rows.order_by(F("ended_at").desc(nulls_first=True), F("due_at").asc(nulls_last=True), "id")
    )


def matter_of(row: Request, now: datetime) -> tuple[str, Step] | None:
    """Return what the applicant may dispute now, and the decision that it is about."""
    # A sign-off is the asking department's own affair.
    there = [s for s in this_round(steps_of(row.id)) if s.kind != StepKind.SIGNOFF]
    if row.state == RequestState.REFUSED:
        found = [(REFUSED, s) for s in there if s.state == StepState.REFUSED]
    elif row.state in LIVE:
        found = [(NARROWED, s) for s in there if s.state == StepState.NARROWED]
    elif row.state in PENDING:
        late = (s for s in there if s.state == StepState.OPEN and s.due_at and s.due_at < now)
        found = [(OVERDUE, s) for s in late]
    else:
        found = []
    disputed = set(Dispute.objects.filter(request=row).values_list("step", "about"))
    fresh = [(about, s) for about, s in found if (s.id, about) not in disputed]
    return fresh[-1] if fresh else None


def may_open(row: Request, person: Person) -> bool:
    """Tell whether a person speaks for the applicant: who asked, or the head of the department."""
    return person.username == row.requested_by or person.holds(Role.HEAD, row.department_id)


def answers(row: Dispute, person: Person) -> bool:
    """Tell whether a person speaks for the side whose decision it is about."""
    if row.step is None:
        return person.holds(Role.STEWARD, row.request.provider_id)
    roles = (Role(row.step.role), Role.HEAD)
    return any(person.holds(role, row.step.department_id) for role in roles)


def government_of(row: Dispute, now: datetime) -> str:
    """Return whose head decides the last stage: the root above the provider, if it has a head."""
    code = identity.topmost(row.request.provider_id)
    if code == row.request.provider_id:
        return ""
    return code if identity.people_with(Role.HEAD, code, now) else ""


def judges(row: Dispute, person: Person) -> bool:
    """Tell whether a person may decide it at its stage, having had no part in what it is about.

    The bureau coordinates; the government's head decides. Without one, also when the post has become
    vacant since, the bureau enters that, too.
    """
    if row.state == _S.GOVERNMENT and row.government and _held(row.government):
        return _apart(row, person, Role.HEAD, row.government)
    return _apart(row, person, Role.BUREAU)


def _held(government: str) -> bool:
    return bool(identity.people_with(Role.HEAD, government, clock.now()))


def _apart(row: Dispute, person: Person, role: Role, department: str | None = None) -> bool:
    """Tell whether a person holds a post and had no part, nor whoever they act for."""
    step, request = row.step, row.request
    part = {request.requested_by, row.opened_by}
    if step is not None:
        part |= {step.decided_by, step.acting_for}
    part.discard("")
    own = role in person.roles and department in (None, person.department)
    given = next(
        (
            each.for_person
            for each in person.acting
            if each.role == role and department in (None, each.department)
        ),
        None,
    )
    if own:
        return person.username not in part
    return given is not None and not {person.username, given} & part


def acts_of(row: Dispute, person: Person) -> frozenset[str]:
    """Return what a person may do now in a dispute, as the keys of ``values.dispute.ACTS``."""
    if row.ended_at is not None:
        return frozenset()
    found: set[str] = set()
    asks, gives, judge = (
        may_open(row.request, person),
        answers(row, person),
        judges(row, person),
    )
    if asks or gives or judge or _apart(row, person, Role.BUREAU):
        found.add("state")
    if asks:
        found |= {"withdraw"}
    if row.state in (_S.NEGOTIATION, _S.COORDINATION):
        found |= {"accept"} if asks else set()
        found |= {"give_way"} if gives else set()
    if row.state == _S.NEGOTIATION and (gives or (asks and answered(row))):
        found |= {"raise"}
    if row.state in (_S.COORDINATION, _S.GOVERNMENT) and judge:
        found |= {"uphold", "dismiss"}
        found |= {"raise"} if row.state == _S.COORDINATION else set()
    return frozenset(found)


def answered(row: Dispute) -> bool:
    """Tell whether the other side has spoken; before that the applicant cannot say that talks failed."""
    others = DisputeEntry.objects.filter(dispute=row, state=_S.NEGOTIATION)
    return others.exclude(Q(department=row.request.department_id) | Q(by=row.opened_by)).exists()


def waiting(person: Person) -> list[Dispute]:
    """Return the running disputes in which it is a person's turn to act, the soonest due on top.

    In talks that is the side whose decision it is about, and the applicant once it has answered;
    later whoever coordinates or decides.
    """
    running = seen_by(person).filter(ended_at__isnull=True)
    rows = running.order_by(F("due_at").asc(nulls_last=True), "id")[:_MOST]
    return [row for row in rows if _turn(row, person)]


def _turn(row: Dispute, person: Person) -> bool:
    if row.state != _S.NEGOTIATION:
        return judges(row, person)
    return may_open(row.request, person) if answered(row) else answers(row, person)


def dispute_info(row: Dispute, now: datetime) -> DisputeInfo:
    """Return a dispute as a value."""
    request, days = row.request, law.calendar()
    running, mark = row.ended_at is None, ""
    if running:
        mark = str(law.figure(CLOCKS[_S(row.state)], row.stage_at or row.opened_at)[1].mark)
    left = None
    if running and row.due_at is not None:
        left = max(0, days.between(district_day(now), district_day(row.due_at)))
    return DisputeInfo(
        id=row.id,
        request=request.id,
        title=Text(request.listing.title_zh, request.listing.title_en),
        about=row.about,
        step_kind=row.step.kind if row.step else "",
        state=row.state,
        revision=row.revision,
        department=request.department_id,
        department_name=Text(request.department.name_zh, request.department.name_en),
        provider=request.provider_id,
        provider_name=Text(request.provider.name_zh, request.provider.name_en),
        government=row.government,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        due_at=row.due_at,
        overdue=running and row.due_at is not None and row.due_at < now,
        left=left,
        mark=mark,
        ended_at=row.ended_at,
        follow_up=row.follow_up_id,
    )


def entries_of(row: Dispute) -> list[EntryInfo]:
    """Return what was said and decided, oldest first."""
    names = identity.departments()
    return [
        EntryInfo(
            e.at, e.by, e.department_id,
            names.get(e.department_id, Text(e.department_id, "")), e.state, e.text,
        )
        for e in DisputeEntry.objects.filter(dispute=row).order_by("id")
    ]  # fmt: skip
