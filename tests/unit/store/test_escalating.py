"""Clocks that run out: escalation, once each; disputes and where they lead."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict, NotAllowed, NotFound
from duokua.notify import facade as notify
from duokua.store import facade as store
from duokua.store.actions import decision, dispute
from duokua.store.actions.escalation import escalate_due, remind_due
from duokua.store.facade import deciding
from duokua.store.models import Dispute, Event, Request
from duokua.store.selectors import law
from duokua.store.selectors.decision import timer_of
from duokua.store.states.request import DisputeState, RequestState, StepState
from duokua.store.values.decision import Verdict
from duokua.store.values.narrowing import Narrowing
from store_deciding import NOW, person, settle, step, submitted

pytestmark = pytest.mark.django_db
AGREE = Verdict(StepState.AGREED)
REFUSE = Verdict(StepState.REFUSED, comment="超出职责所需", ground="not_needed_for_duty")
LESS = Verdict(StepState.NARROWED, "不必提供进场日期", narrowing=Narrowing(frozenset({"since"})))


@pytest.fixture
def row(db: None) -> Request:
    settle()
    made = submitted()
    decide(made, "signoff", "user_head")
    decide(made, "compliance", "reviewer")
    return made


def decide(
    row: Request, kind: str, who: str, verdict: Verdict = AGREE, now: datetime = NOW
) -> None:
    decision.decide(step(row, kind).id, verdict, person(who), now=now)
    row.refresh_from_db()


def told(who: str, cause: str) -> list[str]:
    return [each.title.en for each in notify.inbox(person(who)) if each.cause == cause]


def test_a_post_is_reminded_once_at_half_and_at_most_of_its_time(row: Request) -> None:
    found = step(row, "provider")
    timer, days, cause = timer_of(found), law.calendar(), f"store.step:{found.id}"
    assert timer is not None
    half, most = timer.at(50, days), timer.at(80, days)
    assert half is not None and most is not None and found.remind_at == half
    assert remind_due(now=half) == 0
    for at, percent in ((half, 50), (most, 80)):
        after = at + timedelta(seconds=1)
        assert [remind_due(now=after), remind_due(now=after)] == [1, 0]
        assert told("steward", cause) == [f"{percent}% of the time used: Crews"]
    assert remind_due(now=most + timedelta(days=90)) == 0


def test_who_was_away_is_reminded_of_the_latest_only_and_never_of_what_stands(
    row: Request,
) -> None:
    found = step(row, "provider")
    late = found.due_at
    assert late is not None
    decide(row, "provider", "steward", Verdict(StepState.RETURNED, "请补充依据", fields=("basis",)))
    assert step(row, "provider").remind_at is None
    assert remind_due(now=late + timedelta(days=99)) == 0
    other = submitted(by="user")
    signoff = step(other, "signoff")
    assert signoff.due_at is not None
    assert remind_due(now=signoff.due_at + timedelta(days=9)) == 1
    assert told("user_head", f"store.step:{signoff.id}") == ["To be decided: Crews"]


def turn(who: str) -> list[str]:
    return [each.id for each in deciding.disputes(person(who), mine=True, now=NOW)]


def test_what_is_overdue_goes_to_the_head_then_to_the_bureau_once_each(row: Request) -> None:
    found = step(row, "provider")
    assert found.due_at is not None
    cause = f"store.step:{found.id}"
    assert escalate_due(now=found.due_at) == 0
    late = found.due_at + timedelta(seconds=1)
    with pytest.raises(NotAllowed):
        decide(row, "provider", "head")
    assert [escalate_due(now=late), escalate_due(now=late)] == [1, 0]
    assert told("head", cause) == ["Overdue: Crews"]
    assert not told("reviewer", cause)
    later = late + timedelta(days=7)
    assert [escalate_due(now=later), escalate_due(now=later + timedelta(days=99))] == [1, 0]
    assert told("reviewer", cause)
    escalated = Event.objects.filter(request=row, verb="store.step.escalated")
    assert [each.detail["to"] for each in escalated] == ["head", "bureau"]
    decide(row, "provider", "head", now=later)  # whom it was escalated to
    assert row.state == RequestState.PROVISIONING


def test_what_is_decided_or_stopped_is_not_escalated(row: Request) -> None:
    far = NOW + timedelta(days=99)
    decide(row, "provider", "steward", Verdict(StepState.RETURNED, "请补充依据"))
    assert escalate_due(now=far) == 0


def claim(row: Request, now: datetime = NOW) -> Dispute:
    return dispute.open_dispute(row.id, "履职确需该数据", person("user"), now=now)


def act(found: Dispute, what: str, who: str, now: datetime = NOW) -> None:
    dispute.act(found.id, what, "我方意见如下", person(who), now=now)
    found.refresh_from_db()


def test_only_the_applicant_disputes_and_only_what_was_decided(row: Request) -> None:
    with pytest.raises(Conflict):
        claim(row)
    decide(row, "provider", "steward", REFUSE)
    for who in ("steward", "stranger", "reviewer"):
        with pytest.raises(NotAllowed):
            dispute.open_dispute(row.id, "履职确需该数据", person(who), now=NOW)
    claim(row)
    with pytest.raises(Conflict):
        claim(row)


def test_giving_way_settles_it_and_opens_the_decision_again(row: Request) -> None:
    decide(row, "provider", "steward", REFUSE)
    found = claim(row)
    act(found, "state", "steward_2")
    act(found, "give_way", "steward")
    row.refresh_from_db()
    assert found.state == DisputeState.SETTLED and row.state == RequestState.DECIDING
    assert step(row, "provider").round == 2 and row.due_at is not None
    decide(row, "provider", "steward")
    assert row.state == RequestState.PROVISIONING


def test_dismissed_closes_and_leaves_the_refusal(row: Request) -> None:
    decide(row, "provider", "steward", REFUSE)
    found = claim(row)
    act(found, "state", "steward")
    act(found, "raise", "user")
    act(found, "dismiss", "reviewer_2")
    row.refresh_from_db()
    assert (found.state, row.state) == (DisputeState.DISMISSED, RequestState.REFUSED)
    assert found.ended_at == NOW
    with pytest.raises(Conflict):
        act(found, "uphold", "reviewer")
    with pytest.raises(Conflict):
        claim(row)  # the same refusal is not disputed twice


def test_who_decided_does_not_judge(row: Request) -> None:
    found_row = row
    decide(found_row, "provider", "steward", REFUSE)
    found = claim(row)
    with pytest.raises(NotAllowed):
        act(found, "uphold", "reviewer")  # not before it came to the bureau
    act(found, "state", "steward")
    act(found, "raise", "user")
    with pytest.raises(NotAllowed):
        act(found, "uphold", "steward")
    with pytest.raises(NotAllowed):
        act(found, "dismiss", "user")


def test_talks_are_tried_before_the_applicant_says_that_they_failed(row: Request) -> None:
    decide(row, "provider", "steward", REFUSE)
    found = claim(row)
    assert not turn("user") and turn("steward") == [found.id]
    with pytest.raises(NotAllowed):
        act(found, "raise", "user")
    act(found, "state", "user")  # speaking again oneself is no answer
    with pytest.raises(NotAllowed):
        act(found, "raise", "user")
    act(found, "state", "steward")
    assert turn("user") == [found.id] and not turn("steward")
    act(found, "raise", "user")
    assert found.state == DisputeState.COORDINATION
    assert turn("reviewer_2") == [found.id] and not turn("user")
    for who in ("user", "steward"):  # the bureau says whether coordinating failed
        with pytest.raises(NotAllowed):
            act(found, "raise", who)


def test_a_dispute_waits_on_the_home_page_of_whose_turn_it_is(row: Request) -> None:
    decide(row, "provider", "steward", REFUSE)
    found = claim(row)
    act(found, "raise", "steward")
    assert {each.kind: each.count for each in store.todos(person("reviewer_2"), now=NOW)}[
        "disputes"
    ] == 1
    assert "disputes" not in {each.kind for each in store.todos(person("user"), now=NOW)}


def test_a_stage_that_runs_out_goes_up_by_itself(row: Request) -> None:
    decide(row, "provider", "steward", REFUSE)
    found, now = claim(row), NOW
    seen = [found.state]
    for _ in range(3):
        assert found.due_at is not None
        now = found.due_at + timedelta(seconds=1)
        assert deciding.care_for_clocks(now=now)["raised"] == 1
        assert deciding.care_for_clocks(now=now)["raised"] == 0
        found.refresh_from_db()
        seen.append(found.state)
    assert seen == ["negotiation", "coordination", "government", "government"]
    act(found, "uphold", "reviewer", now)
    row.refresh_from_db()
    assert row.state == RequestState.DECIDING


def test_in_the_last_stage_the_head_of_the_government_decides(row: Request) -> None:
    identity.ensure_department(row.provider_id, "水务局", "Water", parent="district")
    decide(row, "provider", "steward", REFUSE)
    found = claim(row)
    act(found, "state", "steward")
    act(found, "raise", "user")
    with pytest.raises(NotFound):
        act(found, "uphold", "mayor")  # it has not come before the government
    act(found, "raise", "reviewer_2")
    assert found.government == "district"
    with pytest.raises(NotAllowed):
        act(found, "uphold", "reviewer_2")
    with pytest.raises(NotFound):
        act(found, "uphold", "secretary")
    act(found, "state", "reviewer_2")
    assert told("mayor", f"store.dispute:{found.id}")
    act(found, "uphold", "mayor")
    row.refresh_from_db()
    assert (found.state, row.state) == (DisputeState.UPHELD, RequestState.DECIDING)


def test_a_government_without_a_head_is_stood_in_for_by_the_bureau(row: Request) -> None:
    identity.ensure_department(row.provider_id, "水务局", "Water", parent="district")
    decide(row, "provider", "steward", REFUSE)
    found = claim(row)
    act(found, "raise", "steward")
    act(found, "raise", "reviewer_2")
    assert found.government == "district" and not turn("reviewer_2")
    identity.disable_person("mayor", by="operator", now=NOW)
    assert turn("reviewer_2") == [found.id]
    act(found, "uphold", "reviewer_2")
    assert found.state == DisputeState.UPHELD


def test_an_upheld_narrowing_is_asked_for_anew_beside_the_grant(row: Request) -> None:
    decide(row, "provider", "steward", LESS)
    Request.objects.filter(id=row.id).update(state=RequestState.IN_USE)
    found = claim(row)
    assert found.about == "narrowed"
    act(found, "state", "steward")
    act(found, "raise", "user")
    act(found, "uphold", "reviewer_2")
    assert found.follow_up is not None and found.follow_up.renews_id == row.id
    fresh = found.follow_up
    assert fresh.state == RequestState.DECIDING
    decide(fresh, "provider", "steward")
    assert fresh.state == RequestState.PROVISIONING
    assert "since" in fresh.decided["columns"]


def test_nobody_answered_in_time_is_escalated_at_once(row: Request) -> None:
    late = NOW + timedelta(days=60)
    found = claim(row, late)
    assert found.about == "overdue"
    act(found, "state", "steward", late)
    act(found, "raise", "user", late)
    act(found, "uphold", "reviewer_2", late)
    assert step(row, "provider").escalations == 1
