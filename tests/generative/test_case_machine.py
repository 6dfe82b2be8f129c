"""Whatever is found and done in whatever order: a case goes only where its tables let it."""

from __future__ import annotations

import json
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
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.loop.actions.cases import TAKES, Act, follow, perform
from duokua.loop.actions.cases.moving import derived
from duokua.loop.facade import acting
from duokua.loop.facade import cases as facade
from duokua.loop.models import Case, CaseEvent, Clock, Rung, Task
from duokua.loop.selectors.calendar import calendar
from duokua.loop.states.case import CASE_MOVES, ENDED, TASK_MOVES, CaseState, TaskState
from duokua.loop.states.clock import ClockState
from ledgers import EFFORT
from loop_world import ALONE, NOW, PEOPLE, answers, found, person, settle, with_playbook

pytestmark = pytest.mark.django_db(transaction=True)
PACK = with_playbook(replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=()),)))
SUBJECTS = ('["S1"]', '["S2"]')
RULES = ("danger", "flood")
NAMES = st.sampled_from(sorted(PEOPLE))
HANDS = (
    "fixer",
    "fixer_head",
    "helper",
    "helper_head",
    "stranger",
    "owner_2",
    "owner_head",
    "chief",
)
LEVELS = st.sampled_from(tuple(Level)[:4])
SAYS = st.sampled_from((Level.NONE, Level.NONE, Level.NONE, *Level))
VERBS = st.sampled_from(sorted(TAKES))
WORKED = (CaseState.DISPATCHED, CaseState.ACCEPTED, CaseState.CONTROLLED)
LIVE = (ClockState.RUNNING, ClockState.STOPPED, ClockState.MISSED)
SEEN: set[str] = set()
REFUSED = (NotAllowed, Conflict, NotFound, Invalid)


class Life(RuleBasedStateMachine):
    """Cases of two rules and two subjects under everybody's hands."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.states: dict[int, str] = {}
        self.tasks: dict[int, str] = {}
        self.levels: dict[int, int] = {}
        self.events = 0

    @initialize()
    def begin(self) -> None:
        self.find(SUBJECTS[0], "danger", Level.RED, "opened")

    @rule(
        subject=st.sampled_from(SUBJECTS), of=st.sampled_from(RULES), level=LEVELS,
        what=st.sampled_from(("opened", "worse", "better", "cleared", "seen")),
    )  # fmt: skip
    def find(self, subject: str, of: str, level: Level, what: str) -> None:
        self.now += timedelta(minutes=1)
        if what == "cleared" and not Case.objects.filter(subject=subject, rule=of).exists():
            return
        change = found(subject, level, rule=of, what=what, now=self.now)
        follow([change], pack=PACK, now=self.now)

    @rule(at=st.integers(0, 3), verb=VERBS, who=NAMES, pick=st.integers(0, 4), says=SAYS)
    def act(self, at: int, verb: str, who: str, pick: int, says: Level) -> None:
        cases = list(Case.objects.order_by("-id")[:4])
        case = cases[at % len(cases)]
        tasks = list(Task.objects.filter(case=case).order_by("id"))
        task = tasks[pick % len(tasks)].id if tasks and pick < 4 else None
        self._try(case, verb, who, task, says, self._fields(verb, case, pick))

    def _fields(self, verb: str, case: Case, pick: int) -> dict[str, str]:
        other = Case.objects.exclude(id=case.id).order_by("-id").first()
        rung = Rung.objects.filter(clock__case=case).order_by("-id").first()
        return {
            "department": ("works", "water", "sport", "site")[pick % 4], "title": "增派",
            "until": (self.now + timedelta(hours=5)).isoformat(), "span": ("2h", "1wd")[pick % 2],
            "clock": ("accept", "control", "dispose", "verify")[pick % 4],
            "into": other.number if other else "", "rung": str(rung.id) if rung else "",
        }  # fmt: skip

    def _try(
        self, case: Case, verb: str, who: str, task: int | None, says: Level,
        fields: dict[str, str],
    ) -> bool:  # fmt: skip
        self.now += timedelta(minutes=1)
        act = Act(verb, task, None, "情况说明", fields)
        try:
            perform(case.number, act, person(who), ask=answers(says), now=self.now)
        except REFUSED:
            return False
        SEEN.add(f"did {verb}")
        if verb in ("verify", "close"):
            assert says == Level.NONE or Case.objects.get(id=case.id).reopened > case.reopened
        return True

    @rule(at=st.integers(0, 3), who=st.sampled_from(HANDS), pick=st.integers(0, 40), says=SAYS)
    def what_is_offered_is_done(self, at: int, who: str, pick: int, says: Level) -> None:
        cases = list(Case.objects.order_by("-live", "-id")[:4])
        case = cases[at % len(cases)]
        try:
            verbs = facade.case(case.number, person(who), now=self.now).verbs
        except NotFound:
            return
        verbs = tuple(verb for verb in verbs if verb.verb in TAKES)
        if verbs:
            verb = verbs[pick % len(verbs)]
            self._try(case, verb.verb, who, verb.task, says, self._fields(verb.verb, case, pick))

    @rule(at=st.integers(0, 3), says=SAYS)
    def whoever_should_goes_on(self, at: int, says: Level) -> None:
        """Or the machine would seldom come far."""
        cases = list(Case.objects.filter(live=True).order_by("-id")[:4])
        if not cases:
            return
        case = cases[at % len(cases)]
        hands = {"works": "fixer", "water": "helper", "sport": "stranger", "site": "owner"}
        for task in Task.objects.filter(case=case):
            next_ = {"dispatched": "accept", "accepted": "control", "controlled": "dispose"}
            if task.state in next_ and task.role == "handler":
                who = task.claimed_by or hands[task.department_id]
                self._try(case, next_[task.state], who, task.id, says, {})
        self._try(case, "verify", "owner_2", None, says, {})
        self._try(case, "sign", "helper_head", None, says, {})
        if at == 3:
            self._try(case, "close", "owner_2", None, says, {})

    @rule(minutes=st.sampled_from((3, 20, 200, 4_000)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        acting.care(self.now)
        assert not Clock.objects.filter(
            state__in=(ClockState.RUNNING, ClockState.MISSED), next_at__lte=self.now
        ).exists()

    @invariant()
    def only_known_moves(self) -> None:
        for case in Case.objects.all():
            now, was = CaseState(case.state), self.states.get(case.id)
            if was is not None:
                assert _reaches(CASE_MOVES, CaseState(was), now), (was, now)
            self.states[case.id] = now
            SEEN.add(f"case {now}")
        for task in Task.objects.all():
            here, before = TaskState(task.state), self.tasks.get(task.id)
            if before is not None:
                assert _reaches(TASK_MOVES, TaskState(before), here), (before, here)
            self.tasks[task.id] = here
            SEEN.add(f"task {here}")

    @invariant()
    def one_open_case_for_a_rule_and_a_subject(self) -> None:
        open_ = list(Case.objects.filter(live=True).values_list("rule", "subject", "drill"))
        assert len(open_) == len(set(open_))
        for case in Case.objects.all():
            assert case.live == (case.state not in ENDED)

    @invariant()
    def a_case_follows_from_its_tasks(self) -> None:
        for case in Case.objects.filter(state__in=WORKED):
            tasks = list(Task.objects.filter(case=case))
            assert derived(case, tasks) == case.state
            leads = [t for t in tasks if t.lead and t.state not in ("transferred", "void")]
            assert len(leads) == 1 and case.lead_id == leads[0].department_id

    @invariant()
    def clocks_are_never_lost(self) -> None:
        days = calendar()
        for case in Case.objects.all():
            clocks = list(Clock.objects.filter(case=case))
            live = [c for c in clocks if c.ended_at is None and c.state in LIVE]
            if case.state in ENDED:
                assert not live and case.due_at is None
                continue
            if case.state == CaseState.SUSPENDED:
                assert all(timer_from_json(c.timer).stopped for c in live)
                assert case.due_at is None
                continue
            dues = [timer_from_json(c.timer).due(days) for c in live]
            assert case.due_at == min((d for d in dues if d is not None), default=None)
            working = Task.objects.filter(
                case=case, state__in=("dispatched", "accepted", "controlled", "disputed")
            )
            for task in working:
                kinds = [c.kind for c in live if c.task_id == task.id]
                assert kinds.count("dispose") == 1, (task.state, kinds)
                assert task.state != "dispatched" or kinds.count("accept") == 1
            if case.state == CaseState.DISPOSED and not case.verification.get("by"):
                assert [c.kind for c in live] == ["verify"]

    @invariant()
    def a_level_falls_only_by_verification(self) -> None:
        fresh = CaseEvent.objects.filter(id__gt=self.events)
        lowered = set(
            fresh.filter(verb__in=("not_verified", "reopen")).values_list("case", flat=True)
        )
        for case in Case.objects.all():
            assert case.severity == SEVERITY[Level(case.level)]
            assert case.severity >= self.levels.get(case.id, -9) or case.id in lowered
            self.levels[case.id] = case.severity
        self.events = max(CaseEvent.objects.values_list("id", flat=True), default=0)

    @invariant()
    def nobody_verifies_their_own(self) -> None:
        for case in Case.objects.exclude(verification={}):
            told = case.verification
            did = set(Task.objects.filter(case=case).values_list("disposed_by", flat=True)) - {""}
            assert told.get("by") not in did
            assert not did & set(told.get("signed", {}).values())

    def teardown(self) -> None:
        self.events = 0


def _reaches(moves: dict[Any, frozenset[Any]], old: Any, new: Any) -> bool:
    """Tell whether one state follows from another by up to three moves, as one act may make."""
    known = {old}
    for _ in range(3):
        known |= {each for state in known for each in moves[state]}
    return new in known


def test_whatever_happens_the_tables_hold() -> None:
    SEEN.clear()

    class Fresh(Life):
        """A life that begins with an empty loop."""

        def __init__(self) -> None:
            super().__init__()
            from django.core.management import call_command

            call_command("flush", interactive=False, verbosity=0)
            settle(PACK)

    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=3 * EFFORT + 1, stateful_step_count=40, deadline=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate], print_blob=True,
        ),
    )  # fmt: skip
    print(json.dumps(sorted(SEEN)))
    assert any(word.startswith("did ") for word in SEEN)  # else nothing was held against anything
