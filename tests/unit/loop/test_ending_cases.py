"""Cases that end otherwise, stand still, are exercises; what is offered is allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from case_world import (
    BARE,
    do,
    fire,
    task,
    titles,
)
from duokua.kernel.errors import Conflict, Invalid, NotAllowed
from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import follow
from duokua.loop.facade import cases as facade
from duokua.loop.models import Case, CaseEvent
from loop_world import (
    NOW,
    case_of,
    found,
    person,
    settle,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    settle(BARE)


def test_a_red_false_alarm_is_decided_by_the_command() -> None:
    fire()
    for who, error in (
        ("fixer_head", NotAllowed),
        ("owner_head", NotAllowed),
        ("fixer", NotAllowed),
    ):
        with pytest.raises(error):
            do("false_alarm", who)
    with pytest.raises(Invalid):
        do("false_alarm", "chief", text="")
    info = do("false_alarm", "chief", "传感器故障")
    assert info.row.state == "false_alarm" and info.row.due_at is None
    assert {each.state for each in info.clocks} == {"void"}


def test_others_by_a_head() -> None:
    fire(level=Level.YELLOW)
    with pytest.raises(NotAllowed):
        do("false_alarm", "fixer")
    assert do("false_alarm", "fixer_head").row.state == "false_alarm"


def test_what_cannot_be_judged_ends_with_a_reason() -> None:
    fire(level=Level.YELLOW)
    assert do("cannot_judge", "owner_head", "现场已拆除").row.state == "cannot_judge"


def test_a_merged_case_goes_on_in_another() -> None:
    fire()
    other = found('["S2"]')
    follow([other], pack=BARE, now=NOW)
    goal = case_of('["S2"]')
    with pytest.raises(Invalid):
        do("merge", "owner_head", into=case_of().number)
    with pytest.raises(Invalid):
        do("merge", "owner_head", into="NO-1")
    info = do("merge", "owner_head", into=goal.number)
    assert info.row.state == "merged" and info.merged_into == goal.number
    assert fire("opened").state == "merged" and Case.objects.count() == 2
    assert CaseEvent.objects.filter(case=goal, verb__in=("merged_here", "found_again")).count() == 2


def test_a_suspended_case_stands_with_its_clocks() -> None:
    fire(level=Level.ORANGE)
    do("accept", "fixer", task=task())
    until = (NOW + timedelta(days=2)).isoformat()
    for who in ("fixer", "fixer_2"):
        with pytest.raises(NotAllowed):
            do("suspend", who, until=until)
    for wrong in ("", "soon", NOW.isoformat(), (NOW + timedelta(days=400)).isoformat()):
        with pytest.raises(Invalid):
            do("suspend", "fixer_head", until=wrong)
    info = do("suspend", "fixer_head", "等待专家", until=until)
    assert info.row.state == "suspended" and info.row.due_at is None
    assert {each.state for each in info.clocks} == {"met", "stopped"}
    for verb, who in (("control", "fixer"), ("dispose", "fixer"), ("false_alarm", "chief")):
        with pytest.raises(Conflict):
            do(verb, who, task=task() if who == "fixer" else None)
    later = NOW + timedelta(days=1)
    info = do("resume", "fixer_head", now=later)
    assert info.row.state == "accepted" and info.row.due_at == later + timedelta(hours=1)


def test_a_limit_is_extended_once_for_a_reason_by_whoever_does_not_have_the_task() -> None:
    fire(level=Level.ORANGE)
    do("claim", "fixer_head", task=task())
    told = {"task": task(), "clock": "dispose", "span": "12h"}
    for who in ("fixer", "fixer_head"):
        with pytest.raises(NotAllowed):
            do("extend", who, **told)
    with pytest.raises(Invalid):
        do("extend", "owner_head", text="", **told)
    for wrong in ({"clock": "verify"}, {"span": "long"}):
        with pytest.raises(Invalid):
            do("extend", "owner_head", **{**told, **wrong})
    with pytest.raises(Conflict):
        do("extend", "owner_head", **{**told, "span": "2wd"})
    info = do("extend", "owner_head", "专家未到", **told)
    clock = next(each for each in info.clocks if each.kind == "dispose")
    assert clock.due_at == NOW + timedelta(hours=36) and clock.extended == "12h"
    with pytest.raises(Conflict):
        do("extend", "chief", **told)


def test_an_exercise_counts_nowhere() -> None:
    fire()
    with pytest.raises(NotAllowed):
        do("drill", "fixer")
    info = do("drill", "chief")
    assert info.row.drill and info.number != case_of().number
    assert facade.board(person("chief"), now=NOW).open == 1
    assert facade.counts(person("chief"), now=NOW).open == 1
    assert any(title.startswith("Exercise: ") for title in titles("fixer"))


def test_reading_it_is_not_writing_in_it() -> None:
    fire()
    with pytest.raises(NotAllowed):
        do("comment", "auditor")
    do("comment", "owner", "已电话了解")
    with pytest.raises(Invalid):
        do("comment", "owner", "")
    with pytest.raises(Invalid):
        do("comment", "owner", "长" * 3000)
    with pytest.raises(Invalid):
        do("explode", "chief")


def test_every_verb_that_is_offered_is_accepted_or_asks_for_something() -> None:
    """What the page offers, the act allows: the same rules on both sides."""
    fire()
    for step in ("", "accept", "control", "dispose"):
        if step:
            do(step, "fixer", task=task())
        for who in ("fixer", "fixer_head", "owner", "owner_head", "chief", "auditor"):
            for verb in facade.case(case_of().number, person(who), now=NOW).verbs:
                if verb.verb in ("evidence", "drill"):
                    continue
                with pytest.raises((Conflict, Invalid)):  # allowed, but of another revision
                    do(verb.verb, who, text="", task=verb.task, revision=999)
