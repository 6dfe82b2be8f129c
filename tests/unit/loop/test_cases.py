"""Who may do what with a case, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from duokua.audit import facade as audit
from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.playbook import Verification
from duokua.loop.actions.cases import Act, follow, perform
from duokua.loop.facade import cases as facade
from duokua.loop.models import Case, CaseEvent, Clock, Finding, Ruleset, Task
from duokua.loop.values.case import CaseInfo
from duokua.notify import facade as notify
from loop_world import (
    ALONE,
    NOW,
    PACK,
    adopt,
    answers,
    case_of,
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


BARE = with_playbook(replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=()),)))
JOINT = {"rule": "flood"}


def fire(
    what: str = "opened", level: Level = Level.RED, *, now: datetime = NOW, **told: Any
) -> Case:
    """Let the rule find something of the subject."""
    follow([found(level=level, what=what, now=now, **told)], pack=BARE, now=now)
    return case_of(rule=told.get("rule", "danger"))


def do(
    verb: str, who: str, text: str = "情况说明", *, task: int | None = None, rule: str = "danger",
    says: Level = Level.NONE, now: datetime = NOW, revision: int | None = None, **fields: str,
) -> CaseInfo:  # fmt: skip
    """Act on the case; its rule says ``says`` when it is asked."""
    case = case_of(rule=rule)
    act = Act(verb, task, revision, text, fields)
    number = perform(case.number, act, person(who), ask=answers(says), now=now)
    return facade.case(number, person("chief"), now=now)


def task(department: str = "works", rule: str = "danger") -> int:
    """Return the newest task of a department."""
    rows = Task.objects.filter(case=case_of(rule=rule), department=department)
    return rows.order_by("-id")[0].id


@pytest.mark.parametrize(("level", "there"), [(Level.RED, True), (Level.BLUE, False)])
def test_control_is_a_step_where_the_playbook_limits_it(level: Level, there: bool) -> None:
    fire(level=level)
    do("accept", "fixer", task=task())
    info = facade.case(case_of().number, person("fixer"), now=NOW)
    offered = {each.verb for each in info.verbs}
    assert "dispose" in offered
    assert ("control" in offered) == there
    (row,) = facade.page(person("fixer"), {}, now=NOW).rows
    assert ("control" in row.verbs) == there


def disposed(rule: str = "danger") -> Case:
    """Bring a case of one department to where it waits for verification."""
    fire(rule=rule)
    for verb in ("accept", "control", "dispose"):
        do(verb, "fixer", task=task())
    return case_of()


def titles(who: str) -> list[str]:
    """Return what stands in somebody's inbox."""
    return [message.title.en for message in notify.inbox(person(who)) if message.open]


# One case for one finding.


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


# Working on it.


def test_from_finding_to_closing() -> None:
    disposed()
    case = case_of()
    assert case.state == "disposed" and case.due_at == NOW + timedelta(hours=24)
    assert "To be verified: Red: A site at risk" in titles("owner")
    do("verify", "owner")
    info = do("close", "owner")
    assert info.row.state == "closed" and info.closed_at == NOW and info.row.due_at is None
    assert {each.state for each in info.clocks} == {"met"}
    assert titles("fixer") == titles("owner") == []
    verbs = [event.verb for event in info.timeline]
    assert verbs == ["found", "file", "dispatch", "accept", "control", "dispose", "verify", "close"]
    told = [record.verb for record in audit.find(of=case.number, limit=len(verbs))][::-1]
    assert told == [f"loop.case.{verb}" for verb in verbs]


@pytest.mark.parametrize("verb", ["claim", "accept", "control", "dispose", "hand_over"])
def test_a_task_is_worked_on_by_its_own_department_only(verb: str) -> None:
    fire()
    for who, error in (
        ("stranger", NotFound), ("stranger_head", NotFound), ("steward", NotFound),
        ("helper", NotFound), ("owner", NotAllowed), ("auditor", NotAllowed),
    ):  # fmt: skip
        with pytest.raises(error):
            do(verb, who, task=task(), department="water")


def test_what_a_colleague_has_claimed_is_theirs_unless_the_head_gives_it_to_another() -> None:
    fire()
    do("claim", "fixer", task=task())
    for verb in ("claim", "accept"):
        with pytest.raises(Conflict) as error:
            do(verb, "fixer_2", task=task())
        assert "fixer" in error.value.what.en
    with pytest.raises(Invalid):
        do("claim", "fixer_2", task=task(), person="fixer")
    do("claim", "fixer_head", task=task(), person="fixer_2")
    info = do("accept", "fixer_2", task=task())
    assert info.tasks[0].claimed_by == "fixer_2"
    with pytest.raises(Invalid):
        do("claim", "fixer_head", task=task(), person="helper")


def test_whoever_acts_on_what_they_did_not_see_is_told_who_was_first() -> None:
    fire()
    seen = Task.objects.get(id=task()).revision
    do("accept", "fixer", task=task(), revision=seen)
    with pytest.raises(Conflict) as error:
        do("control", "fixer_head", task=task(), revision=seen)
    assert "fixer" in error.value.what.en


@pytest.mark.parametrize("verb", ["control", "dispose", "verify", "close", "reopen", "resume"])
def test_nothing_is_done_out_of_turn(verb: str) -> None:
    fire()
    who = "fixer" if verb in ("control", "dispose") else "owner_head"
    with pytest.raises(Conflict):
        do(verb, who, task=task() if who == "fixer" else None)


def test_what_the_pack_does_not_let_a_role_do_is_not_done() -> None:
    roles = (replace(PACK.manifest.roles[0], can=("accept",)),)
    pack = replace(BARE, manifest=replace(PACK.manifest, version="1.2.0", roles=roles))
    Ruleset.objects.update(active=False)
    adopt(pack)
    follow([found()], pack=pack, now=NOW)
    do("accept", "fixer", task=task())
    with pytest.raises(NotAllowed):
        do("dispose", "fixer", task=task())
    do("dispose", "fixer_head", task=task())  # the head answers for all of it


# Verification.


@pytest.mark.parametrize("who", ["fixer", "fixer_2", "fixer_head", "auditor"])
def test_whoever_is_not_of_the_owner_does_not_verify(who: str) -> None:
    disposed()
    with pytest.raises(NotAllowed):
        do("verify", who)


def test_nobody_verifies_what_they_disposed_of() -> None:
    mine = replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=(), department="$owner"),))
    pack = replace(with_playbook(mine), manifest=replace(PACK.manifest, version="1.3.0"))
    Ruleset.objects.update(active=False)
    adopt(pack)
    follow([found()], pack=pack, now=NOW)
    for verb in ("accept", "dispose"):
        do(verb, "owner", task=task("site"))
    with pytest.raises(NotAllowed):
        do("verify", "owner")
    assert do("verify", "owner_2").row.state == "verified"


def test_while_the_rule_fires_it_is_not_verified_but_begins_again() -> None:
    case = disposed()
    info = do("verify", "owner", says=Level.RED)
    assert info.row.state == "dispatched" and info.row.reopened == 1 and info.row.escalated == 1
    assert info.tasks[0].state == "dispatched" and not info.tasks[0].disposed_by
    assert {each.kind for each in info.clocks if each.state == "running"} == {
        "accept", "control", "dispose",
    }  # fmt: skip
    assert any(title.startswith("Reopened (1)") for title in titles("fixer_head"))
    assert any(title.startswith("Reopened (1)") for title in titles("chief"))
    assert case_of().id == case.id


def test_what_cannot_be_judged_is_neither_verified_nor_closed() -> None:
    disposed()
    with pytest.raises(Conflict):
        do("verify", "owner", says=Level.UNKNOWN)
    assert case_of().state == "disposed"
    do("verify", "owner")
    for says in (Level.UNKNOWN, Level.BLUE):
        with pytest.raises(Conflict):
            do("close", "owner", says=says)
    assert case_of().state == "verified"


def test_it_has_to_be_clear_for_as_long_as_the_playbook_says() -> None:
    hold = replace(BARE.playbooks["stop_work"], verify=Verification("no_finding", span("2h")))
    pack = replace(with_playbook(hold), manifest=replace(PACK.manifest, version="1.4.0"))
    Ruleset.objects.update(active=False)
    adopt(pack)
    follow([found()], pack=pack, now=NOW)
    for verb in ("accept", "dispose"):
        do(verb, "fixer", task=task())
    with pytest.raises(Conflict):
        do("verify", "owner", now=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=3)
    assert do("verify", "owner", now=later).row.state == "verified"


def test_reopening_by_hand_needs_a_reason_and_goes_up() -> None:
    disposed()
    do("verify", "owner")
    do("close", "owner")
    with pytest.raises(Invalid):
        do("reopen", "owner", text="")
    info = do("reopen", "owner", "现场复查仍有隐患")
    assert (info.row.state, info.row.reopened, info.closed_at) == ("dispatched", 1, None)


# Joint cases.


def joint() -> Case:
    """Open a case of three departments, one after another where the playbook says so."""
    return fire(level=Level.ORANGE, rule="flood")


def act(verb: str, who: str, department: str, **told: Any) -> CaseInfo:
    """Act on a department's task of the joint case."""
    return do(verb, who, task=task(department, "flood"), rule="flood", **told)


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


# Hand-over.


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


# Ending otherwise, standing still.


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
