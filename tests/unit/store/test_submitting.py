"""Submitting a request, a whole cart, and what was returned; withdrawing what is under way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from duokua.audit import facade as audit
from duokua.kernel.errors import Conflict, Invalid
from duokua.notify import facade as notify
from duokua.store.facade import asking
from duokua.store.models import Event, Request, Step
from duokua.store.states.request import RequestState, StepState
from store_deciding import ASK, person, settle, submitted
from store_world import NOW, put_on_show, register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle()


def test_submitting_opens_the_sign_off_and_tells_the_head() -> None:
    row = submitted()
    assert row.state == RequestState.SIGNOFF
    assert row.submitted_at == NOW
    first = Step.objects.get(request=row, state=StepState.OPEN)
    assert (first.department_id, first.role) == ("health", "head")
    assert notify.inbox(person("user_head"))
    assert audit.find(verb="store.request.submitted", of=row.id)
    assert Event.objects.filter(request=row, verb="store.request.submitted").count() == 1


def test_it_is_submitted_once() -> None:
    row = submitted()
    with pytest.raises(Conflict, match="Sign-off"):
        asking.submit_request(row.id, person("user"), now=NOW)
    assert Step.objects.filter(request=row, state=StepState.OPEN).count() == 1


def test_of_two_who_hold_the_same_draft_one_submits() -> None:
    from duokua.store.actions import request as actions

    made = asking.draft_request("crew", "crew_by_id", person("user"), now=NOW)
    asking.save_step(asking.requested(made, person("user")), ASK, person("user"),
                     client="counter", now=NOW)  # fmt: skip
    first, second = (Request.objects.select_related("listing").get(id=made) for _ in range(2))
    actions.submit(first, person("user"), now=NOW)
    with pytest.raises(Conflict):
        actions.submit(second, person("user"), now=NOW)
    assert Event.objects.filter(request=made, verb="store.request.submitted").count() == 1


def test_withdrawing_takes_the_decision_from_whoever_has_it() -> None:
    row = submitted()
    asking.withdraw_request(row.id, person("user_head"), reason="不再需要", now=NOW)
    row.refresh_from_db()
    assert (row.state, row.due_at) == (RequestState.WITHDRAWN, None)
    assert not Step.objects.filter(request=row).exclude(state=StepState.VOID).exists()
    assert not [each for each in notify.inbox(person("user_head")) if each.cleared_at is None]


def test_what_was_returned_is_completed_and_resubmitted() -> None:
    row = submitted()
    Step.objects.filter(request=row, state=StepState.OPEN).update(state=StepState.RETURNED)
    Request.objects.filter(id=row.id).update(state=RequestState.RETURNED)
    of = asking.own_draft(row.id, person("user"))
    asking.save_step(
        of, replace(of.info.ask, scenario="补充：政务服务中心"), person("user"), now=NOW
    )
    asking.submit_request(row.id, person("user"), now=NOW)
    row.refresh_from_db()
    assert row.state == RequestState.SIGNOFF
    assert row.submitted_at == NOW
    assert Event.objects.filter(request=row, verb="store.request.resubmitted").exists()


def test_a_cart_is_submitted_as_a_whole_or_not_at_all() -> None:
    put_on_show(register("water", "gang", steward="steward"))
    user = person("user")
    for listing in ("crew", "gang"):
        asking.fill_cart(listing, user, product=f"{listing}_by_id", now=NOW)
    first, second = asking.draft_cart(user, now=NOW)
    asking.save_step(asking.requested(first, user), ASK, user, client="counter", now=NOW)
    with pytest.raises(Invalid) as error:
        asking.submit_all(first, user, now=NOW)
    assert all(fault.where.startswith(second) for fault in error.value.faults)
    assert {row.state for row in Request.objects.all()} == {RequestState.DRAFT}
    assert not Step.objects.exists()
    asking.save_step(asking.requested(second, user), ASK, user, client="counter", now=NOW)
    assert asking.submit_all(first, user, now=NOW) == sorted([first, second])
    assert {row.state for row in Request.objects.all()} == {RequestState.SIGNOFF}
