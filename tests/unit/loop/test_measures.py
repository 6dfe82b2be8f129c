"""Figures of how cases are handled, drawn from what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import Act, follow, perform
from duokua.loop.facade import indicators as facade
from duokua.loop.models import Task
from loop_world import ALONE, NOW, answers, case_of, found, person, settle, with_playbook

pytestmark = pytest.mark.django_db
PACK = with_playbook(replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=()),)))
PERIOD = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=1)}


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    settle(PACK)


def do(verb: str, who: str, subject: str, hours: float, says: Level = Level.NONE) -> None:
    """Act on the case of a subject so many hours after the beginning."""
    case = case_of(subject)
    task = Task.objects.get(case=case).id if verb in ("accept", "dispose") else None
    act = Act(verb, task, None, "情况说明")
    now = NOW + timedelta(hours=hours)
    perform(case.number, act, person(who), ask=answers(says), now=now)


def test_the_figures_follow_from_the_timelines() -> None:
    names = [f'["S{n}"]' for n in range(4)]
    follow([found(name) for name in names], pack=PACK, now=NOW)
    one, two, three, _ = names
    for subject, hours in ((one, 1.0), (two, 3.0)):
        do("accept", "fixer", subject, hours)
        do("dispose", "fixer", subject, hours + 1)
    do("verify", "owner", one, 4)
    do("close", "owner", one, 6)
    do("verify", "owner", two, 6, Level.RED)
    do("false_alarm", "chief", three, 1)
    do("drill", "chief", one, 8)
    told = {each.id: each for each in facade.measures(person("chief"), **PERIOD)}
    assert (told["closed_loop"].numerator, told["closed_loop"].denominator) == (1, 3)
    assert told["to_accept"].value == 2.0 and told["to_accept"].unit == "h"
    assert told["to_dispose"].value == 2.0 and told["to_dispose"].denominator == 1
    assert told["to_close"].value == 6.0
    assert told["reopened"].value == 0.5
    assert told["precision"].value == 0.5
    assert told["automatic"].value == 1.0
    rows = facade.table(person("chief"), "department", **PERIOD)
    assert [(row.key, row.cases) for row in rows] == [("works", 4)]
    assert facade.table(person("chief"), "pack", **PERIOD)[0].key == "test_site"


def test_who_sees_no_case_sees_no_figure() -> None:
    follow([found()], pack=PACK, now=NOW)
    told = facade.measures(person("stranger"), **PERIOD)
    assert all(each.value is None and not each.denominator for each in told)
    assert facade.measures(person("fixer"), department="works", **PERIOD)[0].denominator == 1
    assert facade.measures(person("fixer"), department="water", **PERIOD)[0].denominator == 0
