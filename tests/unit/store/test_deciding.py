"""Deciding on requests: the route, who may, agreeing, narrowing, returning, refusing, clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, Invalid, NotAllowed
from duokua.kernel.limits import timer_from_json
from duokua.lang.grant import Quota
from duokua.lang.predicate import Compare
from duokua.store.actions import decision
from duokua.store.facade import asking, deciding
from duokua.store.models import Event, Request, Step
from duokua.store.selectors.decision import steps_of, waiting_for
from duokua.store.states.request import RequestState, StepState
from duokua.store.values.decision import Verdict
from duokua.store.values.narrowing import Narrowing
from people import delegate
from store_deciding import ASK, LIST, NOW, person, settle, step, submitted

pytestmark = pytest.mark.django_db
AGREE = Verdict(StepState.AGREED)
REFUSE = Verdict(StepState.REFUSED, comment="超出职责所需", ground="not_needed_for_duty")
RETURN = Verdict(StepState.RETURNED, comment="请补充法律依据", fields=("basis",))


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle()


def decide(
    row: Request, kind: str, who: str, verdict: Verdict = AGREE, now: datetime = NOW
) -> Request:
    return decision.decide(step(row, kind).id, verdict, person(who), now=now)


def through(row: Request, *kinds: str) -> None:
    who = {"signoff": "user_head", "compliance": "reviewer", "provider": "steward",
           "security": "security", "bureau": "reviewer_2"}  # fmt: skip
    for kind in kinds:
        decide(row, kind, who[kind])


def state(row: Request) -> str:
    row.refresh_from_db()
    return row.state


def kinds(row: Request) -> list[tuple[int, str]]:
    return [(each.stage, each.kind) for each in steps_of(row.id)]


def test_a_conditional_request_goes_through_three_stages() -> None:
    row = submitted()
    assert kinds(row) == [(1, "signoff"), (2, "compliance"), (3, "provider")]
    assert state(row) == RequestState.SIGNOFF
    through(row, "signoff")
    assert state(row) == RequestState.COMPLIANCE
    through(row, "compliance")
    assert state(row) == RequestState.DECIDING
    assert row.due_at is not None
    through(row, "provider")
    assert state(row) == RequestState.PROVISIONING
    assert row.decided == row.body and row.decided_at == NOW and row.due_at is None
    assert [job.kind for job in jobs.jobs(kind="store.provision")] == ["store.provision"]


def test_a_high_level_is_countersigned_side_by_side() -> None:
    row = submitted(LIST, "crew_list")
    assert kinds(row)[2:] == [(3, "provider"), (3, "security"), (3, "bureau")]
    through(row, "signoff", "compliance", "security", "provider")
    assert state(row) == RequestState.DECIDING
    through(row, "bureau")
    assert state(row) == RequestState.PROVISIONING


def test_nobody_decides_their_own_request_nor_through_a_delegation() -> None:
    row = submitted(by="user_head")
    with pytest.raises(NotAllowed, match="own request"):
        decide(row, "signoff", "user_head")
    delegate("user_head", "user", "head")
    deputy = person("user", clock.now())
    assert deputy.acting
    with pytest.raises(NotAllowed, match="own request"):
        decision.decide(step(row, "signoff").id, AGREE, deputy, now=NOW)
    assert not waiting_for(person("user_head")).exists()
    assert not waiting_for(deputy).exists()
    decide(row, "signoff", "user_head_2")
    assert state(row) == RequestState.COMPLIANCE


def test_a_delegate_decides_in_the_name_of_the_post() -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    delegate("steward", "head", "steward")
    deputy = person("head", clock.now())
    assert waiting_for(deputy).count() == 1
    decision.decide(step(row, "provider").id, AGREE, deputy, now=NOW)
    assert (step(row, "provider").decided_by, step(row, "provider").acting_for) == (
        "head",
        "steward",
    )
    assert Event.objects.filter(request=row, acting_for="steward").exists()


@pytest.mark.parametrize("who", ["stranger", "user", "auditor", "security", "head"])
def test_others_do_not_decide(who: str) -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    with pytest.raises(NotAllowed):
        decide(row, "provider", who)


def test_one_person_has_one_voice_in_a_stage() -> None:
    from duokua.identity import facade as identity

    row = submitted(LIST, "crew_list")
    through(row, "signoff", "compliance")
    identity.ensure_post("security", "bureau", "bureau", now=NOW)
    decide(row, "security", "security")
    with pytest.raises(NotAllowed, match="another decision"):
        decide(row, "bureau", "security")
    assert not waiting_for(person("security")).exists()


def test_the_second_of_two_is_told_by_whom_it_was_decided() -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    decide(row, "provider", "steward")
    with pytest.raises(Conflict, match="steward decided it at 2026-05-06 12:00: Agreed"):
        decide(row, "provider", "steward_2")


def test_a_decision_counts_for_what_was_looked_at_only() -> None:
    row = submitted()
    seen = step(row, "signoff")
    with pytest.raises(Conflict):
        decision.decide(seen.id, AGREE, person("user_head"), revision=seen.revision - 1, now=NOW)


def test_a_later_stage_does_not_come_before_its_turn() -> None:
    with pytest.raises(Conflict, match="Not yet its turn"):
        decide(submitted(), "provider", "steward")


def test_narrowing_leaves_less_and_both_narrowings_count() -> None:
    row = submitted(LIST, "crew_list")
    through(row, "signoff", "compliance")
    one = Narrowing(without=frozenset({"name"}), quota=Quota(calls_per_day=100))
    two = Narrowing(only=Compare("site", "eq", "A"), row_cap=50, quota=Quota(calls_per_day=300))
    decide(row, "provider", "steward", Verdict(StepState.NARROWED, "只给必要字段", narrowing=one))
    decide(row, "security", "security", Verdict(StepState.NARROWED, "只给本工地", narrowing=two))
    through(row, "bureau")
    row.refresh_from_db()
    agreed = asking.requested(row.id, person("user")).info.agreed
    assert agreed is not None
    assert agreed.columns == ("crew_no", "site", "trade")
    assert agreed.quota.calls_per_day == 100 and agreed.row_cap == 50
    assert agreed.row_filter == Compare("site", "eq", "A")
    assert agreed.valid_until == ASK.valid_until


@pytest.mark.parametrize(
    ("narrowing", "where"),
    [
        (Narrowing(), "narrowing"),
        (Narrowing(quota=Quota(calls_per_day=501)), "quota/calls_per_day"),
        (Narrowing(row_cap=1001), "row_cap"),
        (Narrowing(valid_until=NOW + timedelta(days=91)), "valid_until"),
        (Narrowing(without=frozenset({"wage"})), "columns"),
        (Narrowing(without=frozenset({"crew_no"})), "columns"),
        (Narrowing(without=frozenset({"crew_no", "site", "trade", "since"})), "columns"),
    ],
)
def test_what_does_not_narrow_is_refused(narrowing: Narrowing, where: str) -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    with pytest.raises(Invalid) as error:
        decide(
            row, "provider", "steward", Verdict(StepState.NARROWED, "收窄一些", narrowing=narrowing)
        )
    assert where in {fault.where for fault in error.value.faults}


def test_a_refusal_needs_a_ground_and_a_reason() -> None:
    row = submitted()
    with pytest.raises(Invalid) as error:
        decide(row, "signoff", "user_head", Verdict(StepState.REFUSED, ground="because"))
    assert {fault.where for fault in error.value.faults} == {"comment", "ground"}
    decide(row, "signoff", "user_head", REFUSE)
    assert state(row) == RequestState.REFUSED
    assert {each.state for each in steps_of(row.id)} == {StepState.REFUSED, StepState.VOID}


def test_the_clock_stops_while_a_request_is_completed() -> None:
    row = submitted(LIST, "crew_list")
    through(row, "signoff", "compliance")
    due = step(row, "provider").due_at
    decide(row, "provider", "steward", RETURN)
    assert state(row) == RequestState.RETURNED and row.due_at is None
    assert timer_from_json(step(row, "security").clock).stopped
    with pytest.raises(Conflict):
        decide(row, "security", "security")
    later = NOW + timedelta(days=7)
    of = asking.own_draft(row.id, person("user"))
    asking.save_step(of, replace(of.info.ask, basis="条例第二十六条"), person("user"), now=later)
    asking.submit_request(row.id, person("user"), now=later)
    assert state(row) == RequestState.DECIDING
    assert step(row, "provider").state == StepState.OPEN
    after = step(row, "provider").due_at
    assert due is not None and after is not None and after > due
    assert [each.round for each in steps_of(row.id)] == [1] * 5
    for kind, who in (("provider", "steward"), ("security", "security"), ("bureau", "reviewer_2")):
        decide(row, kind, who, now=later)
    assert state(row) == RequestState.PROVISIONING


def test_asking_for_more_after_a_return_is_decided_anew() -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    decide(row, "provider", "steward", RETURN)
    of = asking.own_draft(row.id, person("user"))
    more = replace(of.info.ask, columns=(*of.info.ask.columns, "name"), basis="条例第二十六条")
    asking.save_step(of, more, person("user"), now=NOW)
    asking.submit_request(row.id, person("user"), now=NOW)
    assert state(row) == RequestState.SIGNOFF
    old = Step.objects.filter(request=row, round=1)
    assert {each.state for each in old} == {StepState.VOID}
    assert [each.kind for each in Step.objects.filter(request=row, round=2).order_by("id")] == [
        "signoff", "compliance", "provider", "security", "bureau",
    ]  # fmt: skip


def test_each_thing_to_be_completed_is_changed_or_answered() -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    missing = ("basis", "scenario", "attachments")
    decide(
        row, "provider", "steward", Verdict(StepState.RETURNED, "请补充依据与场景", fields=missing)
    )
    of = asking.own_draft(row.id, person("user"))
    asking.save_step(of, replace(of.info.ask, basis="条例第二十六条"), person("user"), now=NOW)
    told = {each.field: each.changed for each in asking.to_complete(row.id, person("user"))}
    assert told == {"basis": True, "scenario": False, "attachments": False}
    with pytest.raises(Invalid) as refused:
        asking.submit_request(row.id, person("user"), now=NOW)
    assert [fault.where for fault in refused.value.faults] == ["scenario", "attachments"]
    with pytest.raises(Invalid):
        asking.submit_request(row.id, person("user"), reply="字" * 1001, now=NOW)
    assert state(row) == RequestState.RETURNED
    asking.submit_request(row.id, person("user"), reply=" 场景无变化，无附件 ", now=NOW)
    assert state(row) == RequestState.DECIDING
    last = Event.objects.filter(request=row, verb="store.request.resubmitted").latest("id")
    assert last.detail["reason"] == "场景无变化，无附件"
    assert asking.to_complete(row.id, person("user")) == []


def test_who_reviewed_does_not_countersign() -> None:
    row = submitted(LIST, "crew_list")
    through(row, "signoff", "compliance")
    spoken = Step.objects.get(request=row, kind="compliance").decided_by
    with pytest.raises(NotAllowed):
        decide(row, "bureau", spoken)
    waiting = {line.request for line in deciding.inbox(person(spoken), {}, now=NOW)}
    assert row.id not in waiting
    assert row.id in {line.request for line in deciding.inbox(person("reviewer_2"), {}, now=NOW)}


def test_a_question_is_answered_while_the_clock_runs() -> None:
    row = submitted()
    decision.ask(step(row, "signoff").id, "用于哪个窗口？", person("user_head"), now=NOW)
    with pytest.raises(NotAllowed):
        decision.answer(row.id, "人社窗口", person("user_head"), now=NOW)
    decision.answer(row.id, "人社窗口", person("user"), now=NOW)
    told = [each.detail["reason"] for each in Event.objects.filter(request=row, verb__contains="er")
            if "reason" in each.detail]  # fmt: skip
    assert "人社窗口" in told


def test_the_provider_extends_once_and_in_time() -> None:
    row = submitted()
    through(row, "signoff", "compliance")
    due = step(row, "provider").due_at
    decision.extend(step(row, "provider").id, "须会商相关科室", person("steward"), now=NOW)
    after = step(row, "provider").due_at
    assert due is not None and after is not None and after > due
    with pytest.raises(Conflict):
        decision.extend(step(row, "provider").id, "还须会商", person("steward"), now=NOW)


def test_clocks_carry_their_source_and_mark() -> None:
    row = submitted()
    through(row, "signoff")
    told = step(row, "compliance").clock
    assert (told["parameter"], told["mark"]) == ("compliance_review", "V")
    assert (told["amount"], told["unit"]) == (2, "wd")
    assert step(row, "compliance").due_at == datetime(2026, 5, 8, 15, 59, 59, tzinfo=UTC)
