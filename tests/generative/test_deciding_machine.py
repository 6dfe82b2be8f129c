"""Whatever people do with a request in whatever order: nothing is reached that the rules forbid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.kernel.limits import timer_from_json
from duokua.store.actions import decision, dispute, request_life
from duokua.store.actions import request as asking_actions
from duokua.store.facade import deciding
from duokua.store.models import Dispute, Event, Request, Step
from duokua.store.selectors.decision import GRANTED, columns_of, this_round
from duokua.store.selectors.request import request_row
from duokua.store.states.request import (
    DISPUTE_MOVES,
    PENDING,
    REQUEST_MOVES,
    STEP_MOVES,
    DisputeState,
    RequestState,
    StepState,
)
from duokua.store.values.decision import Verdict
from duokua.store.values.dispute import ACTS
from duokua.store.values.narrowing import Narrowing, widened
from duokua.store.values.request import ask_from_json, ask_to_json
from ledgers import EFFORT
from store_deciding import ASK, LIST, NOW, PEOPLE, person, settle, submitted

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = st.sampled_from(sorted(PEOPLE))
VERDICTS = st.sampled_from(
    (
        Verdict(StepState.AGREED),
        Verdict(StepState.AGREED, "同意提供"),
        Verdict(StepState.AGREED, "同意共享"),
        Verdict(StepState.NARROWED, "减少行数", narrowing=Narrowing(row_cap=10)),
        Verdict(StepState.RETURNED, "请补充依据", fields=("basis",)),
        Verdict(StepState.REFUSED, "超出所需", ground="not_needed_for_duty"),
        Verdict(StepState.REFUSED, "没有理由", ground="nothing"),
        Verdict(StepState.OPEN),
    )
)
AGREE = Verdict(StepState.AGREED)
LIKELY = (
    AGREE,
    AGREE,
    AGREE,
    Verdict(StepState.RETURNED, "请补充依据", fields=("basis",)),
    Verdict(StepState.REFUSED, "超出职责所需", ground="not_needed_for_duty"),
)
SEEN: set[str] = set()


class Life(RuleBasedStateMachine):
    """One request under everybody's hands, with each move held against the tables."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.id = ""
        self.state = RequestState.DRAFT
        self.steps: dict[int, str] = {}
        self.disputes: dict[str, str] = {}

    @initialize(high=st.booleans())
    def begin(self, high: bool) -> None:
        row = submitted(LIST, "crew_list") if high else submitted()
        self.id, self.state = row.id, RequestState.SIGNOFF
        self._look()

    def _try(self, act: Any, *words: Any, **named: Any) -> bool:
        self.now += timedelta(minutes=1)
        try:
            act(*words, now=self.now, **named)
        except (NotAllowed, Conflict, NotFound, Invalid):
            return False
        return True

    @rule(at=st.integers(0, 5), who=NAMES, verdict=VERDICTS)
    def decide(self, at: int, who: str, verdict: Verdict) -> None:
        steps = list(Step.objects.filter(request=self.id).order_by("-round", "stage", "id"))
        chosen = steps[at % len(steps)]
        before = chosen.state
        if self._try(decision.decide, chosen.id, verdict, person(who)):
            assert before == StepState.OPEN and self.state in PENDING
            assert who != "user"
            assert PEOPLE[who] == (chosen.department_id, chosen.role) or chosen.escalations

    @rule(at=st.integers(0, 2), verdict=st.sampled_from(LIKELY))
    def the_right_post_decides(self, at: int, verdict: Verdict) -> None:
        """Or the machine would seldom come far."""
        steps = Step.objects.filter(request=self.id, state=StepState.OPEN).order_by("id")
        open_ = list(steps)
        if open_:
            chosen = open_[at % len(open_)]
            post = (chosen.department_id, chosen.role)
            who = next(name for name, each in PEOPLE.items() if each == post)
            self._try(decision.decide, chosen.id, verdict, person(who))

    @rule(more=st.booleans())
    def complete(self, more: bool) -> None:
        row = request_row(self.id)
        if row.state != RequestState.RETURNED:
            return
        ask = ask_from_json(row.body, columns_of(row))
        ask = (
            replace(ask, row_cap=ask.row_cap + 5) if more else replace(ask, basis="条例第二十六条")
        )
        asking_actions.save(row, ask, now=self.now)
        self._try(asking_actions.submit, request_row(self.id), person("user"))

    @rule(who=st.sampled_from(("user", "user_head", "steward")), dice=st.integers(1, 12))
    def withdraw(self, who: str, dice: int) -> None:
        if dice == 12:  # seldom
            self._try(request_life.withdraw, request_row(self.id), person(who))

    @rule(days=st.sampled_from((1, 9, 40)))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        deciding.care_for_clocks(now=self.now)

    @rule(what=st.sampled_from(("in_use", "failed")))
    def provisioned(self, what: str) -> None:
        there = Request.objects.filter(id=self.id, state=RequestState.PROVISIONING)
        there.update(state=what)

    @rule(who=NAMES)
    def dispute(self, who: str) -> None:
        self._try(dispute.open_dispute, self.id, "履职确需该数据", person(who))

    @rule(what=st.sampled_from(sorted(ACTS)), who=NAMES)
    def act(self, what: str, who: str) -> None:
        found = Dispute.objects.filter(request=self.id).order_by("-opened_at").first()
        if found is not None:
            self._try(dispute.act, found.id, what, "我方意见如下", person(who))

    def _look(self) -> None:
        for found in Dispute.objects.filter(request=self.id):
            self.disputes[found.id] = found.state
        self.steps = dict(Step.objects.filter(request=self.id).values_list("id", "state"))

    @invariant()
    def only_known_moves(self) -> None:
        if not self.id:
            return
        now = RequestState(Request.objects.get(id=self.id).state)
        assert now == self.state or _reaches(REQUEST_MOVES, self.state, now), (self.state, now)
        self.state = now
        for row in Step.objects.filter(request=self.id):
            old = StepState(self.steps.get(row.id, StepState.WAITING))
            assert row.state == old or _reaches(STEP_MOVES, old, StepState(row.state))
            SEEN.add(f"step {row.state}")
        for found in Dispute.objects.filter(request=self.id):
            was = DisputeState(self.disputes.get(found.id, DisputeState.NEGOTIATION))
            here = DisputeState(found.state)
            assert here == was or _reaches(DISPUTE_MOVES, was, here)
            SEEN.add(f"dispute {found.state}")
        SEEN.add(f"request {now}")
        self._look()

    @invariant()
    def what_stands_fits_together(self) -> None:
        if not self.id:
            return
        row = Request.objects.select_related("listing").get(id=self.id)
        there = this_round(list(Step.objects.filter(request=row).order_by("round", "stage", "id")))
        open_ = [step for step in there if step.state == StepState.OPEN]
        assert bool(open_) or row.state not in PENDING
        if row.state in (RequestState.PROVISIONING, RequestState.IN_USE):
            assert all(step.state in GRANTED for step in there)
            columns = columns_of(row)
            assert not widened(
                ask_from_json(row.decided, columns), ask_from_json(row.body, columns)
            )
        if row.state == RequestState.RETURNED:
            clocks = [timer_from_json(step.clock) for step in open_]
            assert all(clock.stopped for clock in clocks) and row.due_at is None
        for step in there:
            assert row.requested_by not in (step.decided_by, step.acting_for)
        begun = Event.objects.filter(request=row, verb="store.request.provisioning").count()
        assert begun <= 1


def _reaches(moves: dict[Any, tuple[Any, ...]], old: Any, new: Any) -> bool:
    """Tell whether one state follows from another by one or two moves, as one act may make."""
    return new in moves[old] or any(new in moves[each] for each in moves[old])


def test_no_order_of_acts_breaks_the_rules() -> None:
    settle()
    SEEN.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=12 * EFFORT,
            stateful_step_count=30,
            deadline=None,
            derandomize=EFFORT == 1,
            phases=(Phase.generate, Phase.shrink) if EFFORT > 1 else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    # What the tables allow beyond that is reached by the unit tests and by longer runs.
    assert {"request signoff", "request compliance", "step waiting", "step agreed"} <= SEEN, SEEN


def test_every_state_of_the_tables_can_be_reached() -> None:
    for moves, start in (
        (REQUEST_MOVES, RequestState.DRAFT),
        (STEP_MOVES, StepState.WAITING),
        (DISPUTE_MOVES, DisputeState.NEGOTIATION),
    ):
        reached, left = {start}, [start]
        while left:
            fresh = set(moves[left.pop()]) - reached  # type: ignore[index]
            reached |= fresh
            left += fresh
        assert reached == set(moves)


def test_what_is_written_of_an_asking_is_read_again() -> None:
    assert ask_to_json(ask_from_json(ask_to_json(ASK), {})) == ask_to_json(ASK)
