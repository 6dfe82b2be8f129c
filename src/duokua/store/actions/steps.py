"""The steps of a request (审批环节): who gets them, opening a stage, stopping and resuming clocks.

Every function here works within the caller's transaction, on a request whose row is locked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.limits import WORKING, Limit, Timer, timer_to_json
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.notify import facade as notify
from duokua.notify.facade import Note, Weight
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.decision import timer_of
from duokua.store.states.request import RequestState, StepKind, StepState
from duokua.store.values.words import both

POSTS: dict[StepKind, Role] = {
    StepKind.SIGNOFF: Role.HEAD,
    StepKind.COMPLIANCE: Role.BUREAU,
    StepKind.PROVIDER: Role.STEWARD,
    StepKind.SECURITY: Role.SECURITY,
    StepKind.BUREAU: Role.BUREAU,
}
WARNED = (50, 80)  # percent of its time at which a post is reminded
AT: dict[StepKind, RequestState] = {
    StepKind.SIGNOFF: RequestState.SIGNOFF,
    StepKind.COMPLIANCE: RequestState.COMPLIANCE,
    StepKind.PROVIDER: RequestState.DECIDING,
    StepKind.SECURITY: RequestState.DECIDING,
    StepKind.BUREAU: RequestState.DECIDING,
}


def lay_out(
    row: Request, stages: Iterable[Iterable[StepKind]], *, round: int, now: datetime
) -> list[Step]:
    """Make the steps of a round; nobody is asked yet."""
    return [
        Step.objects.create(
            request=row,
            round=round,
            stage=number,
            kind=kind,
            department_id=seat(kind, row, now),
            role=POSTS[kind],
        )
        for number, kinds in enumerate(stages, 1)
        for kind in kinds
    ]


def seat(kind: StepKind, row: Request, now: datetime) -> str:
    """Return in which department the post of a step sits.

    The sign-off is the asking department's, else the nearest one's above it that has a head who did
    not ask; the decision is the provider's. Security officer and bureau sit at the provider or
    wherever the district has them. A post that nobody holds waits there until somebody does.
    """
    if kind == StepKind.PROVIDER:
        return row.provider_id
    role = POSTS[kind]
    if kind == StepKind.SIGNOFF:
        wanted, default = _upward(row.department_id), row.department_id
    else:
        wanted, default = [row.provider_id, *identity.departments()], row.provider_id
    held = frozenset(identity.departments_with(role, now, but=row.requested_by))
    return next((code for code in wanted if code in held), default)


def _upward(department: str) -> list[str]:
    parents = {each.code: each.parent for each in identity.department_tree()}
    found: list[str] = []
    at: str | None = department
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return found


def open_stage(row: Request, steps: Iterable[Step], now: datetime) -> datetime | None:
    """Open the steps of a stage, start their clocks, tell their posts; return when one is due."""
    dues = [open_step(row, step, now) for step in steps]
    return min((due for due in dues if due is not None), default=None)


def open_step(row: Request, step: Step, now: datetime) -> datetime | None:
    """Open one step with a fresh clock and tell its post; return when it is due."""
    parameter, value = law.figure(step.kind, now)
    step.state, step.opened_at, step.revision = StepState.OPEN, now, step.revision + 1
    step.clock, step.warned = {"parameter": parameter.id, "mark": str(value.mark)}, 0
    set_clock(step, Timer(Limit(int(value.value), WORKING), now))
    step.save()
    tell_turn(row, step, now)
    return step.due_at


def set_clock(step: Step, timer: Timer) -> None:
    """Give a step a clock that was started, stopped, resumed or extended."""
    kept = {name: (step.clock or {})[name] for name in ("parameter", "mark")}
    days = law.calendar()
    step.clock = {**kept, **timer_to_json(timer)}
    step.due_at = timer.due(days)
    step.remind_at = next_reminder(step, timer, days)


def next_reminder(step: Step, timer: Timer, days: Calendar) -> datetime | None:
    """Return when the post of a step is next reminded of its time; ``None``: no more."""
    ahead = next((percent for percent in WARNED if percent > step.warned), None)
    return None if ahead is None else timer.at(ahead, days)


def stop(steps: Iterable[Step], now: datetime) -> None:
    """Stop the clocks (停表) of steps while the applicant completes the request."""
    for step in steps:
        timer = timer_of(step)
        if timer is not None and not timer.stopped:
            set_clock(step, timer.stop(now, "returned"))
            step.save(update_fields=["clock", "due_at", "remind_at"])
        notify.clear(turn(step), now=now)


def resume(row: Request, steps: Iterable[Step], now: datetime) -> datetime | None:
    """Let the clocks of steps run again and ask their posts; return when the first one is due."""
    dues = []
    for step in steps:
        timer = timer_of(step)
        if timer is not None and timer.stopped:
            set_clock(step, timer.resume(now))
        step.state, step.revision = StepState.OPEN, step.revision + 1
        step.save()
        tell_turn(row, step, now)
        dues.append(step.due_at)
    return min((due for due in dues if due is not None), default=None)


def void(steps: Iterable[Step], now: datetime) -> None:
    """Note that nobody has to decide steps any more."""
    for step in steps:
        step.state, step.due_at, step.revision = StepState.VOID, None, step.revision + 1
        step.remind_at = None
        step.save(update_fields=["state", "due_at", "remind_at", "revision"])
        notify.clear(turn(step), now=now)


def turn(step: Step) -> str:
    """Return the cause under which the post of a step is told."""
    return f"store.step:{step.id}"


def title_of(row: Request) -> Text:
    """Return the title of what a request asks for."""
    return Text(row.listing.title_zh, row.listing.title_en)


def page_of(row: Request) -> str:
    """Return the address of a request's page."""
    return f"/store/requests/{row.id}/"


def tell_turn(row: Request, step: Step, now: datetime, *, used: int = 0) -> None:
    """Tell the post of a step that it is its turn, or that ``used`` percent of its time is over."""
    title, kind = title_of(row), both(StepKind(step.kind))
    said = Text(f"待审批：{title.zh}", f"To be decided: {title.en}")
    late = Text(f"审批时限已用 {used}%：{title.zh}", f"{used}% of the time used: {title.en}")
    note = Note(
        cause=turn(step),
        title=late if used else said,
        body=kind,
        department=step.department_id,
        role=step.role,
        link=page_of(row),
    )
    notify.tell(note, now=now)


def tell_applicant(row: Request, what: Text, why: str, now: datetime) -> None:
    """Tell whoever asked what became of their request."""
    title = title_of(row)
    note = Note(
        cause=f"store.request:{row.id}",
        title=Text(f"{what.zh}：{title.zh}", f"{what.en}: {title.en}"),
        body=Text(why, why),
        person=row.requested_by,
        weight=Weight.NOTE,
        link=page_of(row),
    )
    notify.tell(note, now=now)
