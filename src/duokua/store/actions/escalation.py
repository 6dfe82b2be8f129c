"""Clocks of steps: reminders while they run; run out (超期), the step is escalated.

First the head of the department is told, then the data bureau.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.limits import WORKING, Limit, Timer
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.facade import Note
from duokua.store.actions import steps
from duokua.store.actions.decision import locked
from duokua.store.actions.events import note
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.decision import step_row, timer_of
from duokua.store.states.request import PENDING, StepKind, StepState
from duokua.store.values.words import both

BY = "system"
LADDER = (Role.HEAD, Role.BUREAU)  # who is told, one after the other
_MOST = 1000
audit.register({"store.step.escalated": Text("超期上报", "overdue: escalated")})


def remind_due(*, now: datetime) -> int:
    """Remind the posts of steps of which half the time is over, or most of it; return how many."""
    rows = Step.objects.filter(
        state=StepState.OPEN, remind_at__lt=now, request__state__in=PENDING
    ).order_by("remind_at")
    return sum(_remind(step_id, now) for step_id in rows.values_list("id", flat=True)[:_MOST])


@transaction.atomic
def _remind(step_id: int, now: datetime) -> bool:
    row = locked(step_row(step_id).request_id)
    step, days = step_row(step_id), law.calendar()
    timer = timer_of(step)
    due = step.remind_at is not None and step.remind_at < now
    if timer is None or step.state != StepState.OPEN or not due:
        return False  # somebody decided it at this moment
    used = timer.used(now, days)
    ahead = next(percent for percent in steps.WARNED if percent > step.warned)
    step.warned = max((percent for percent in steps.WARNED if used >= percent), default=ahead)
    step.remind_at = steps.next_reminder(step, timer, days)
    step.save(update_fields=["warned", "remind_at"])
    if not timer.overdue(now, days):  # what is overdue is escalated
        steps.tell_turn(row, step, now, used=step.warned)
    return True


def escalate_due(*, now: datetime) -> int:
    """Escalate every step whose clock has run out, each rung once; return how many."""
    rows = Step.objects.filter(
        state=StepState.OPEN, due_at__lt=now, escalations__lt=len(LADDER),
        request__state__in=PENDING,
    )  # fmt: skip
    ids = list(rows.order_by("due_at").values_list("id", flat=True)[:_MOST])
    return sum(_escalate(step_id, now) for step_id in ids)


@transaction.atomic
def _escalate(step_id: int, now: datetime) -> bool:
    row = locked(step_row(step_id).request_id)
    step = step_row(step_id)
    late = step.due_at is not None and step.due_at < now and row.state in PENDING
    if step.state != StepState.OPEN or not late or step.escalations >= len(LADDER):
        return False  # somebody decided it at this moment
    if step.escalated_at is not None and not _had_time(step.escalated_at, now):
        return False
    escalate(row, step, now)
    return True


def _had_time(escalated: datetime, now: datetime) -> bool:
    """Tell whether the rung before has had its time to act."""
    days = int(law.figure("escalation", escalated)[1].value)
    return Timer(Limit(days, WORKING), escalated).overdue(now, law.calendar())


def escalate(row: Request, step: Step, now: datetime) -> None:
    """Tell the next rung that a step is overdue; a rung that decides itself is passed over."""
    role = LADDER[step.escalations]
    step.escalations, step.escalated_at = step.escalations + 1, now
    step.save(update_fields=["escalations", "escalated_at"])
    for department in _departments(role, step, now):
        _tell(row, step, role, department, now)
    note(row, "store.step.escalated", by=BY, now=now, step=step.kind, to=role.value)


def _departments(role: Role, step: Step, now: datetime) -> list[str]:
    if role is Role.HEAD:
        return [step.department_id]
    return identity.departments_with(role, now)


def _tell(row: Request, step: Step, role: Role, department: str, now: datetime) -> None:
    title, kind = steps.title_of(row), both(StepKind(step.kind))
    office = identity.departments().get(step.department_id, Text(step.department_id, ""))
    note_ = Note(
        cause=steps.turn(step),  # is cleared with the decision
        title=Text(f"审批超期：{title.zh}", f"Overdue: {title.en}"),
        body=Text(f"{office.zh}的“{kind.zh}”已超期", f"{kind.en} at {office.en} is overdue"),
        department=department,
        role=role,
        link=steps.page_of(row),
    )
    notify.tell(note_, now=now)
