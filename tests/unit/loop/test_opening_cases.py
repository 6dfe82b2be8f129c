"""One case for one finding: opened, worse, found again, not to be judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from case_world import (
    BARE,
    disposed,
    do,
    fire,
    task,
    titles,
)
from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import follow
from duokua.loop.facade import cases as facade
from duokua.loop.models import Case, CaseEvent, Clock, Finding, Task
from loop_world import (
    ALONE,
    NOW,
    found,
    person,
    settle,
    span,
    with_playbook,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    settle(BARE)


def test_a_finding_opens_one_case_with_its_task_and_clocks() -> None:
    case = fire()
    info = facade.case(case.number, person("fixer"), now=NOW)
    assert case.number == "TEST_SITE-20260506-0001"
    assert (info.row.lead, info.owner, info.row.state) == ("works", "site", "dispatched")
    assert info.row.state_name.en == "Waiting for action"  # the scenario's own word
    assert [each.limit for each in info.clocks] == ["5m", "15m", "2h"]
    assert case.due_at == NOW + timedelta(minutes=5)
    assert [event.verb for event in info.timeline] == ["found", "file", "dispatch"]
    assert info.steps[0].text.en == "Call"
    assert Finding.objects.get(id=info.finding).case == case.id
    assert titles("fixer") == ["New task: Red: A site at risk"]
    assert {"claim", "accept"} <= set(info.row.verbs)


def test_finding_it_again_opens_no_second_case() -> None:
    first = fire()
    for what in ("seen", "opened", "worse", "better", "cleared", "opened"):
        assert fire(what).id == first.id
    assert Case.objects.count() == 1


def test_several_events_of_one_subject_in_one_run_are_one_case() -> None:
    flood = partial(found, rule="flood")
    told = [flood(level=Level.YELLOW), flood('["S2"]'), flood(level=Level.RED, what="worse")]
    follow(told, pack=BARE, now=NOW)
    assert {case.subject: case.level for case in Case.objects.all()} == {
        '["S1"]': "red", '["S2"]': "red",
    }  # fmt: skip


def test_what_is_found_of_many_is_told_once_for_each_post() -> None:
    follow([found(f'["S{n}"]') for n in range(30)], pack=BARE, now=NOW)
    assert Case.objects.count() == 30 and Task.objects.count() == 30
    assert len(set(Case.objects.values_list("number", flat=True))) == 30
    assert titles("fixer") == ["30 new cases, the gravest: Red: A site at risk"]


def test_the_level_rises_with_the_rule_and_falls_only_by_verification() -> None:
    fire(level=Level.YELLOW)
    before = Clock.objects.get(kind="dispose").due_at
    case = fire("worse", Level.RED, now=NOW + timedelta(minutes=1))
    clock = Clock.objects.get(kind="dispose")
    assert case.level == "red" and clock.due_at == NOW + timedelta(hours=2) != before
    assert fire("better", Level.BLUE).level == "red"
    assert fire("cleared").level == "red"
    for verb in ("accept", "dispose"):
        do(verb, "fixer", task=task())
    info = do("verify", "owner", says=Level.YELLOW)
    assert info.row.level == Level.YELLOW and info.row.state == "dispatched"
    assert info.timeline[-1].verb == "not_verified" and info.row.reopened == 1


def test_found_again_in_time_the_same_case_goes_on_and_later_a_new_one() -> None:
    first = disposed()
    do("verify", "owner")
    do("close", "owner")
    fire("cleared")
    soon = NOW + timedelta(days=6)
    case = fire(now=soon)
    assert case.id == first.id and case.reopened == 1 and case.state == "dispatched"
    assert case.escalated == 1 and case.closed_at is None
    assert Task.objects.get(case=case).state == "dispatched"
    for verb in ("accept", "dispose"):
        do(verb, "fixer", task=task(), now=soon)
    do("verify", "owner", now=soon)
    do("close", "owner", now=soon)
    fire("cleared", now=soon)
    assert fire(now=soon + timedelta(days=8)).id != first.id


def test_what_cannot_be_judged_is_nobodys_task_unless_the_playbook_says_so() -> None:
    follow([found(level=Level.UNKNOWN)], pack=BARE, now=NOW)
    assert not Case.objects.exists()
    lost = replace(ALONE, clocks={**ALONE.clocks, Level.UNKNOWN: {"accept": span("1h")}})
    follow([found('["S2"]', Level.UNKNOWN)], pack=with_playbook(lost), now=NOW)
    assert Case.objects.get().level == "unknown"


def test_an_open_case_stays_as_it_is_while_the_rule_cannot_judge() -> None:
    fire(level=Level.ORANGE)
    case = fire("worse", Level.UNKNOWN)
    assert case.level == "orange"
    assert CaseEvent.objects.filter(case=case, verb="unknown").exists()
