"""Cases of several departments: together, handed over, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from case_world import (
    BARE,
    act,
    do,
    fire,
    joint,
    task,
    titles,
)
from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import follow
from duokua.loop.facade import cases as facade
from duokua.loop.models import Task
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


def test_a_joint_case_follows_from_its_tasks() -> None:
    case = joint()
    states = dict(Task.objects.values_list("play", "state"))
    assert states == {"lead": "dispatched", "water": "dispatched", "sample": "waiting"}
    assert titles("stranger") == []
    act("accept", "helper", "water")
    assert case_of(rule="flood").state == "dispatched"  # the lead has not accepted
    act("accept", "fixer", "works")
    assert case_of(rule="flood").state == "accepted"
    act("dispose", "fixer", "works")
    assert case_of(rule="flood").state == "accepted"  # the others have not disposed
    act("dispose", "helper", "water")
    info = facade.case(case.number, person("stranger"), now=NOW)
    assert [t.state for t in info.tasks] == ["disposed", "disposed", "dispatched"]
    assert titles("stranger") == ["New task: Orange: A site at risk"]
    act("accept", "stranger", "sport")
    act("dispose", "stranger", "sport")
    assert case_of(rule="flood").state == "disposed"


def test_a_joint_case_is_verified_with_the_last_signature() -> None:
    joint()
    for who, department in (("fixer", "works"), ("helper", "water"), ("stranger", "sport")):
        act("accept", who, department)
        act("dispose", who, department)
    with pytest.raises(Conflict):
        do("sign", "helper_head", rule="flood")
    info = do("verify", "owner", rule="flood")
    assert info.row.state == "disposed" and info.verification.to_sign == ("water",)
    for who in ("helper", "stranger_head", "fixer_head"):  # disposed, or not asked to sign
        with pytest.raises(NotAllowed):
            do("sign", who, rule="flood")
    info = do("sign", "helper_head", rule="flood")
    assert info.row.state == "verified" and info.verification.signed == (("water", "helper_head"),)


def test_a_graver_level_brings_further_departments_in() -> None:
    joint()
    fire("worse", Level.RED, rule="flood")
    plays = set(Task.objects.values_list("play", flat=True))
    assert plays == {"lead", "water", "sample", "clear"}


def test_a_department_that_the_row_does_not_tell_is_dispatched_by_hand() -> None:
    change = found(rule="flood", row={"where": "nowhere"})
    follow([change], pack=BARE, now=NOW)
    case = case_of(rule="flood")
    assert (case.state, case.lead_id) == ("filed", "site")
    with pytest.raises(NotFound):
        do("dispatch", "helper", rule="flood", department="water")
    info = do("dispatch", "owner", rule="flood", department="sport")
    assert info.row.state == "dispatched"
    assert {t.department for t in info.tasks} == {"works", "water", "sport"}


def test_one_more_department_may_be_asked_to_help() -> None:
    fire()
    info = do("add_task", "fixer_head", department="water", title="抽水")
    assert [t.department for t in info.tasks] == ["works", "water"]
    assert "helper" and titles("helper") == ["New task: Red: A site at risk"]
    for verb in ("accept", "dispose"):
        do(verb, "fixer", task=task())
    assert case_of().state == "accepted"
    for verb in ("accept", "dispose"):
        do(verb, "helper", task=task("water"))
    assert case_of().state == "disposed"


def test_a_task_is_taken_over_and_its_limits_go_on() -> None:
    fire()
    later = NOW + timedelta(minutes=3)
    do("hand_over", "fixer", task=task(), department="water", now=later)
    with pytest.raises(Conflict):  # first it is answered
        do("accept", "fixer", task=task(), now=later)
        do("dispose", "fixer", task=task(), now=later)
    assert "To be taken over: Red: A site at risk" in titles("helper")
    with pytest.raises(NotAllowed):
        do("accept_hand_over", "fixer_2", task=task(), now=later)
    info = do("accept_hand_over", "helper", task=task(), now=later)
    assert info.row.lead == "water" and [t.state for t in info.tasks] == [
        "transferred",
        "dispatched",
    ]
    own = [
        each for each in info.clocks if each.task == info.tasks[1].id and each.state == "running"
    ]
    assert {each.kind: each.started_at for each in own} == {
        "control": NOW, "dispose": NOW, "accept": later,
    }  # fmt: skip
    assert do("accept", "helper", task=task("water")).row.state == "accepted"


def test_a_hand_over_that_nobody_wants_is_decided_by_the_command() -> None:
    fire()
    do("hand_over", "fixer", task=task(), department="water")
    do("refuse_hand_over", "helper_head", task=task())
    assert Task.objects.get().state == "disputed"
    assert any(title.startswith("A hand-over to be decided") for title in titles("chief"))
    for who in ("fixer_head", "helper_head", "owner_head"):
        with pytest.raises(NotAllowed):
            do("decide_hand_over", who, task=task(), department="water")
    with pytest.raises(Invalid):
        do("decide_hand_over", "chief", task=task(), department="sport")
    info = do("decide_hand_over", "chief", task=task(), department="water")
    assert info.row.lead == "water" and info.tasks[1].state == "dispatched"


def test_or_it_stays_where_it_was() -> None:
    fire()
    do("accept", "fixer", task=task())
    do("hand_over", "fixer", task=task(), department="water")
    do("refuse_hand_over", "helper", task=task())
    info = do("decide_hand_over", "chief", task=task(), department="works")
    assert (info.row.lead, info.row.state) == ("works", "dispatched")
    assert len(info.tasks) == 1 and not info.tasks[0].handed_to


def test_a_hand_over_is_asked_of_a_department_that_there_is() -> None:
    fire()
    do("hand_over", "fixer", task=task(), department="water")
    assert Task.objects.get().handed_to == "water"
    do("comment", "helper", "请说明情况")  # who is asked sees the case
    with pytest.raises(Invalid):
        do("hand_over", "fixer", task=task(), department="nowhere")
