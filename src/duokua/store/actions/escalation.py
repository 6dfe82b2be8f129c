"""When a clock runs out (超期): the step is escalated, first to the head, then to the data bureau."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.clock import district_day
from duokua.kernel.text import Text
from duokua.kernel.working_time import end_of
from duokua.notify import facade as notify
from duokua.notify.facade import Note
from duokua.store.actions import steps
from duokua.store.actions.decision import locked
from duokua.store.actions.events import note
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.decision import step_row
from duokua.store.states.request import PENDING, StepKind, StepState
from duokua.store.values.words import both

BY = "system"
LADDER = (Role.HEAD, Role.BUREAU)  # who is told, one after the other
_MOST = 1000
audit.register({"store.step.escalated": Text("超期上报", "overdue: escalated")})


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
    if step.escalated_at is not None and now <= _next(step.escalated_at):
        return False
    escalate(row, step, now)
    return True


def _next(escalated: datetime) -> datetime:
    """Return until when the rung before had time to act."""
    days = int(law.figure("escalation", escalated)[1].value)
    return end_of(law.calendar().after(district_day(escalated), days))


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
