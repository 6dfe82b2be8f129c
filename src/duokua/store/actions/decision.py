"""Deciding (审批) on a request, stage by stage: agree, narrow, return, refuse; ask; extend.

Whoever decides first locks the request's row (on SQLite every transaction is alone anyway), so of
two who decide the same step one wins and the other is told by whom and when it was decided; and
two who decide two steps of one stage at once come one after the other, so the stage is not missed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity.facade import Person
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Conflict, NotAllowed
from duokua.kernel.limits import WORKING, Limit
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.store.actions import provision, steps, verdicts
from duokua.store.actions.events import note
from duokua.store.actions.moving import change, move, taken
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.asking import matter
from duokua.store.selectors.decision import (
    GRANTED,
    barred,
    columns_of,
    duty_of,
    standing,
    step_row,
    steps_of,
    this_round,
    timer_of,
    weight_of,
)
from duokua.store.selectors.request import no_request
from duokua.store.signals import request_began
from duokua.store.states.request import PENDING, RequestState, StepKind, StepState
from duokua.store.values.decision import Verdict
from duokua.store.values.narrowing import narrowing_to_json, widened
from duokua.store.values.request import ask_from_json, ask_to_json
from duokua.store.values.route import route
from duokua.store.values.words import both

VERBS = {
    StepState.AGREED: "store.step.agreed",
    StepState.NARROWED: "store.step.narrowed",
    StepState.RETURNED: "store.step.returned",
    StepState.REFUSED: "store.step.refused",
}
audit.register(
    {
        "store.step.agreed": Text("审批同意", "agreed to"),
        "store.step.narrowed": Text("审批部分同意", "agreed to in part"),
        "store.step.returned": Text("退回补正", "returned for completion"),
        "store.step.refused": Text("审批不同意", "refused"),
        "store.step.asked": Text("审批人询问", "a question to the applicant"),
        "store.step.answered": Text("申请人答复", "an answer of the applicant"),
        "store.step.extended": Text("审批延期", "the time to decide was extended"),
        "store.step.resumed": Text("继续审批", "the decision goes on"),
        "store.step.anew": Text("内容变更，重新审批", "more is asked for: decided anew"),
    }
)


def locked(request_id: str) -> Request:
    """Return a request's row, which nobody else changes until the transaction ends.

    :raises NotFound: there is none.
    """
    rows = Request.objects.select_for_update(of=("self",)).select_related("listing")
    row = rows.filter(id=request_id).first()
    if row is None:
        raise no_request(request_id)
    return row


@transaction.atomic
def begin(request: Request, *, by: str, now: datetime) -> Request:
    """Make the steps of a request that was submitted, or go on where it had been returned.

    If what was resubmitted goes beyond what somebody agreed to, all decide anew.

    :raises Invalid: this cannot be asked for.
    """
    there = this_round(steps_of(request.id))
    returned = [step for step in there if step.state == StepState.RETURNED]
    if not there:
        return _start(request, 1, by=by, now=now)
    if not returned or _beyond(request, there):
        undone = (StepState.WAITING, StepState.OPEN, StepState.RETURNED)
        steps.void([step for step in there if step.state in (*undone, *GRANTED)], now)
        return _start(request, there[0].round + 1, by=by, now=now)
    stage = [s for s in there if s.stage == returned[-1].stage]
    again = [s for s in stage if s.state in (StepState.OPEN, StepState.RETURNED)]
    due = steps.resume(request, again, now)
    left = ask_to_json(standing(request, there))
    fields: dict[str, Any] = {"due_at": due}
    if any(step.state == StepState.NARROWED for step in there):
        fields["decided"] = left
    to = steps.AT[StepKind(returned[-1].kind)]
    return move(request, to, by=by, now=now, verb="store.step.resumed", fields=fields)


def _start(request: Request, round: int, *, by: str, now: datetime) -> Request:
    stages = route(weight_of(matter(request)))
    made = steps.lay_out(request, stages, round=round, now=now)
    request_began.send(sender=Request, request_id=request.id)
    due = steps.open_stage(request, [step for step in made if step.stage == 1], now)
    fields = {"due_at": due, "decided": None}
    if request.state == RequestState.SIGNOFF:
        return change(request, fields, now=now)
    return move(
        request, RequestState.SIGNOFF, by=by, now=now, verb="store.step.anew", fields=fields
    )


def _beyond(request: Request, there: list[Step]) -> bool:
    """Tell whether more is asked for now than what somebody agreed to."""
    columns = columns_of(request)
    now = ask_from_json(request.body, columns)
    for step in there:
        if step.state not in GRANTED:
            continue
        told = step.asked
        if told is None or any(
            told[name] != getattr(request, name) for name in ("interface", "client")
        ):
            return True
        then = ask_from_json(told["body"], columns)
        if then.purpose != now.purpose or widened(now, then):
            return True
    return False


@transaction.atomic
def decide(
    step_id: int, verdict: Verdict, person: Person, *, revision: int | None = None, now: datetime
) -> Request:
    """Decide one step; ``revision`` is that of the step which the person looked at.

    :raises NotFound: there is no such step.
    :raises NotAllowed: it is not this person's to decide.
    :raises Invalid: something that the verdict needs is missing or wrong.
    :raises Conflict: it was decided already, it tells by whom and when; or it is not its turn.
    """
    row = locked(step_row(step_id).request_id)
    step = step_row(step_id)
    acting_for = _voice(row, step, person)
    _need_open(row, step, revision)
    there = this_round(steps_of(row.id))
    verdicts.check(verdict, row, step, standing(row, there), now)
    _write(step, verdict, row, person.username, acting_for, now)
    there = this_round(steps_of(row.id))
    detail = {"step": step.kind, "reason": verdict.comment.strip()}
    act = _Act(row, there, step, verdict, person.username, acting_for, now, detail)
    if verdict.state == StepState.RETURNED:
        return act.give_back()
    if verdict.state == StepState.REFUSED:
        return act.refuse()
    return act.grant()


def _voice(row: Request, step: Step, person: Person) -> str:
    acting_for = duty_of(step, person)
    if acting_for is None:
        raise NotAllowed(
            Text("这一环节不由您审批", "this decision is not yours"),
            Text("请由该岗位人员审批", "leave it to whoever holds the post"),
        )
    why = barred(step, person, acting_for, row.requested_by)
    if why is not None:
        raise NotAllowed(why, Text("请由他人审批", "leave it to somebody else"))
    return acting_for


def _need_open(row: Request, step: Step, revision: int | None) -> None:
    if step.state != StepState.OPEN or revision not in (None, step.revision):
        raise _shut(step)
    if row.state not in PENDING:
        raise taken(row)


def _shut(step: Step) -> Conflict:
    words = both(StepState(step.state))
    look = Text("请刷新页面，查看办理记录", "reload the page and look at its timeline")
    if step.decided_at is None or step.state == StepState.OPEN:
        return Conflict(
            Text(
                f"该环节现为“{words.zh}”，内容已变", f"this stands at “{words.en}” and has changed"
            ),
            look,
        )
    at = step.decided_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return Conflict(
        Text(f"{step.decided_by} 已于 {at} 办理：{words.zh}",
             f"{step.decided_by} decided it at {at}: {words.en}"),
        look,
    )  # fmt: skip


def _write(
    step: Step, verdict: Verdict, row: Request, by: str, acting_for: str, now: datetime
) -> None:
    """Write the decision, unless somebody else was first."""
    narrowed = verdict.state == StepState.NARROWED
    done = Step.objects.filter(id=step.id, state=StepState.OPEN, revision=step.revision).update(
        state=verdict.state,
        revision=step.revision + 1,
        decided_at=now,
        decided_by=by,
        acting_for=acting_for,
        comment=verdict.comment.strip(),
        ground=verdict.ground,
        fields=list(verdict.fields),
        narrowed=narrowing_to_json(verdict.narrowing) if narrowed else None,
        asked={"body": row.body, "interface": row.interface, "client": row.client},
    )
    if not done:
        raise _shut(step_row(step.id))


class _Act:
    """What follows from a decision that was just written."""

    def __init__(
        self, row: Request, there: list[Step], step: Step, verdict: Verdict, by: str,
        acting_for: str, now: datetime, detail: dict[str, Any],
    ) -> None:  # fmt: skip
        self.row, self.there, self.verdict, self.by = row, there, verdict, by
        self.step = next(each for each in there if each.id == step.id)
        self.acting_for, self.now, self.detail = acting_for, now, detail
        self.verb = VERBS[verdict.state]
        notify.clear(steps.turn(self.step), now=now)

    def give_back(self) -> Request:
        """Return the request; the clocks of the whole stage stop."""
        peers = [s for s in self.there if s.stage == self.step.stage]
        steps.stop([s for s in peers if s.state in (StepState.OPEN, StepState.RETURNED)], self.now)
        told = {**self.detail, "missing": list(self.verdict.fields)}
        self._move(RequestState.RETURNED, {"due_at": None}, told)
        self._tell(Text("退回补正", "Returned for completion"))
        return self.row

    def refuse(self) -> Request:
        """End the request; nobody else has to decide it."""
        undone = (StepState.WAITING, StepState.OPEN)
        steps.void([s for s in self.there if s.state in undone], self.now)
        told = {**self.detail, "ground": self.verdict.ground}
        self._move(RequestState.REFUSED, {"due_at": None, "decided_at": self.now}, told)
        self._tell(Text("不同意", "Refused"))
        return self.row

    def grant(self) -> Request:
        """Go on to the next stage once this one is complete, and to provisioning after the last."""
        left = ask_to_json(standing(self.row, self.there))
        narrowed = any(s.state == StepState.NARROWED for s in self.there)
        fields: dict[str, Any] = {"decided": left if narrowed else None}
        peers = [s for s in self.there if s.stage == self.step.stage]
        if any(s.state not in GRANTED for s in peers):
            open_ = [s.due_at for s in peers if s.state == StepState.OPEN and s.due_at]
            change(self.row, {**fields, "due_at": min(open_, default=None)}, now=self.now)
            self._note()
            return self.row
        after = [s for s in self.there if s.state == StepState.WAITING]
        if after:
            return self._next(after, fields)
        done = {"decided": left, "decided_at": self.now, "due_at": None}
        change(self.row, done, now=self.now)
        self._note()
        self._tell(Text("已同意", "Agreed"))
        return provision.start(self.row, by=self.by, now=self.now, acting_for=self.acting_for)

    def _next(self, after: list[Step], fields: dict[str, Any]) -> Request:
        stage = min(s.stage for s in after)
        opened = [s for s in after if s.stage == stage]
        due = steps.open_stage(self.row, opened, self.now)
        to = steps.AT[StepKind(opened[0].kind)]
        return self._move(to, {**fields, "due_at": due}, self.detail)

    def _move(self, to: RequestState, fields: dict[str, Any], told: dict[str, Any]) -> Request:
        return move(
            self.row, to, by=self.by, now=self.now, verb=self.verb, fields=fields,
            acting_for=self.acting_for, **told,
        )  # fmt: skip

    def _note(self) -> None:
        note(
            self.row, self.verb, by=self.by, now=self.now, acting_for=self.acting_for, **self.detail
        )

    def _tell(self, what: Text) -> None:
        steps.tell_applicant(self.row, what, self.verdict.comment.strip(), self.now)


@transaction.atomic
def ask(step_id: int, text: str, person: Person, *, now: datetime) -> None:
    """Ask the applicant something (询问); the clock runs on.

    :raises NotAllowed: the decision is not this person's.
    :raises Invalid: nothing is asked.
    :raises Conflict: it is decided.
    """
    row = locked(step_row(step_id).request_id)
    step = step_row(step_id)
    acting_for = _voice(row, step, person)
    _need_open(row, step, None)
    told = verdicts.words("question", text)
    note(
        row, "store.step.asked", by=person.username, now=now, acting_for=acting_for,
        step=step.kind, reason=told,
    )  # fmt: skip
    steps.tell_applicant(row, Text("审批人询问", "A question on your request"), told, now)


@transaction.atomic
def answer(request_id: str, text: str, person: Person, *, now: datetime) -> None:
    """Answer what was asked of the applicant; the posts that decide now are told.

    :raises NotAllowed: somebody else asked for it.
    :raises Invalid: nothing is said.
    :raises Conflict: nobody has to decide it now.
    """
    row = locked(request_id)
    if row.requested_by != person.username:
        raise NotAllowed(
            Text("只有申请人可以答复", "only the applicant may answer"),
            Text("请联系申请人", "ask the applicant"),
        )
    if row.state not in PENDING:
        raise taken(row)
    note(
        row,
        "store.step.answered",
        by=person.username,
        now=now,
        reason=verdicts.words("answer", text),
    )
    for step in this_round(steps_of(row.id)):
        if step.state == StepState.OPEN:
            steps.tell_turn(row, step, now)


@transaction.atomic
def extend(step_id: int, reason: str, person: Person, *, now: datetime) -> None:
    """Extend (延期) the provider's time to decide, once, by what the law pack allows.

    :raises NotAllowed: the decision is not this person's.
    :raises Invalid: no reason is given.
    :raises Conflict: it is decided, is overdue, was extended before, or no extension is allowed.
    """
    row = locked(step_row(step_id).request_id)
    step = step_row(step_id)
    acting_for = _voice(row, step, person)
    _need_open(row, step, None)
    told = verdicts.words("reason", reason)
    timer, days = timer_of(step), int(law.figure("extension", now)[1].value)
    late = timer is None or timer.overdue(now, law.calendar())
    if timer is None or late or timer.extension or step.kind != StepKind.PROVIDER:
        raise Conflict(
            Text("不能延期：已延期、已超期或该环节不可延期",
                 "no extension: it was extended, is overdue, or this decision cannot be"),
            Text("请尽快审批", "decide it as soon as you can"),
        )  # fmt: skip
    steps.set_clock(step, timer.extend(Limit(days, WORKING), told))
    step.revision += 1
    step.save()
    dues = [
        s.due_at for s in this_round(steps_of(row.id)) if s.state == StepState.OPEN and s.due_at
    ]
    change(row, {"due_at": min(dues, default=None)}, now=now)
    note(
        row, "store.step.extended", by=person.username, now=now, acting_for=acting_for,
        step=step.kind, reason=told, days=days,
    )  # fmt: skip
