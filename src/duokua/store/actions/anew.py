"""Deciding anew (重新审批) after a dispute was upheld, or the provider gave way in one."""

from __future__ import annotations

from datetime import datetime

from duokua.audit import facade as audit
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.store.actions import escalation, steps
from duokua.store.actions.events import note
from duokua.store.actions.moving import change, move
from duokua.store.models import Dispute, Request, Step
from duokua.store.selectors.decision import GRANTED, steps_of, this_round
from duokua.store.states.request import LIVE, RequestState, StepKind, StepState
from duokua.store.values.dispute import OVERDUE, REFUSED

_S = RequestState
_WAY = (_S.SIGNOFF, _S.COMPLIANCE, _S.DECIDING)
audit.register(
    {
        "store.step.reopened": Text("依争议结果重新审批", "decided anew after a dispute"),
        "store.request.follow_up": Text("依争议结果重新申请", "asked for anew after a dispute"),
    }
)


def decide_anew(row: Request, dispute: Dispute, *, by: str, now: datetime) -> Request | None:
    """Let the decision that a dispute is about be taken anew; return the request that asks again.

    ``None``: the request itself goes on, or has ended otherwise in the meantime.
    """
    step = dispute.step
    if step is None:
        return None
    if dispute.about == REFUSED and row.state == _S.REFUSED:
        _reopen(row, step, by=by, now=now)
    elif dispute.about == OVERDUE:
        fresh = Step.objects.get(id=step.id)
        if fresh.state == StepState.OPEN and not fresh.escalations:
            escalation.escalate(row, fresh, now)
    elif row.state in LIVE:
        return _ask_again(row, step, by=by, now=now)
    return None


def _reopen(row: Request, step: Step, *, by: str, now: datetime) -> None:
    """Make a new round of the disputed step and of all that had not agreed."""
    there = this_round(steps_of(row.id))
    left = [s for s in there if s.stage >= step.stage and s.state not in GRANTED]
    made = [
        Step.objects.create(
            request=row, round=step.round + 1, stage=s.stage, kind=s.kind,
            department_id=s.department_id, role=s.role,
        )
        for s in left
    ]  # fmt: skip
    # What was agreed to before stands, in the new round too: its narrowings count.
    for s in there:
        if s.state in GRANTED:
            Step.objects.filter(id=s.id).update(round=step.round + 1)
    due = steps.open_stage(row, [s for s in made if s.stage == step.stage], now)
    to = steps.AT[StepKind(step.kind)]
    move(
        row, to, by=by, now=now, verb="store.step.reopened", step=step.kind,
        fields={"due_at": due, "decided_at": None},
    )  # fmt: skip


def _ask_again(row: Request, step: Step, *, by: str, now: datetime) -> Request:
    """Ask for what was asked once more beside the grant that lives; only that step decides."""
    fresh = Request.objects.create(
        id=new_id("req"), listing=row.listing, interface=row.interface, client=row.client,
        department=row.department, provider=row.provider, requested_by=row.requested_by,
        body={**row.body, "valid_from": None}, renews=row, created_at=now, submitted_at=now,
        changed_at=now,
    )  # fmt: skip
    note(fresh, "store.request.follow_up", by=by, now=now, renews=row.id)
    to = steps.AT[StepKind(step.kind)]
    for state in _WAY[: _WAY.index(to) + 1]:
        move(fresh, state, by=by, now=now, verb="store.step.reopened", step=step.kind)
    made = Step.objects.create(
        request=fresh, stage=step.stage, kind=step.kind,
        department_id=step.department_id, role=step.role,
    )  # fmt: skip
    due = steps.open_step(fresh, made, now)
    return change(fresh, {"due_at": due}, now=now)
