"""Who may work on a case and verify it, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from case_world import (
    BARE,
    disposed,
    do,
    fire,
    task,
    titles,
)
from duokua.audit import facade as audit
from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.playbook import Verification
from duokua.loop.actions.cases import follow
from duokua.loop.facade import cases as facade
from duokua.loop.models import Ruleset, Task
from loop_world import (
    ALONE,
    NOW,
    PACK,
    adopt,
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
