"""From the cart to a submitted request: drafts, what is missing, who sees what, coming back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from duokua.exchange import facade as exchange
from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.lang.grant import Quota
from duokua.store.actions import drafting
from duokua.store.facade import asking
from duokua.store.facade.asking import Ask, Matter
from duokua.store.models import Event, Request
from duokua.store.states.request import RequestState
from store_world import NOW, put_on_show, register
from unit.store.district import person, settle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle()
    put_on_show(register("water", steward="steward"), refused=("wage",))
    exchange.create_client(
        title="窗口", department="health", by="user", now=NOW, client_id="counter"
    )


def drafted(product: str = "crew_check") -> Matter:
    made = asking.draft_request("crew", product, person("user"), now=NOW)
    return asking.requested(made, person("user"))


def completed(product: str = "crew_check", **changes: object) -> Matter:
    of = drafted(product)
    ask = Ask(
        purpose="持证核查", explanation="窗口办件时核对是否持证上岗", basis="条例第二十五条",
        scenario="政务窗口", without="只能请当事人自行举证", columns=("trade",),
        valid_until=NOW + timedelta(days=90), duty=True, disposal="不留存数据", question="fact",
        quota=Quota(calls_per_day=100),
    )  # fmt: skip
    return asking.save_step(
        of,
        replace(ask, **changes),
        person("user"),
        now=NOW,  # type: ignore[arg-type]
    )


def wheres(of: Matter) -> set[str]:
    return {fault.where for fault in asking.faults_of(of, NOW)}


def test_a_fresh_draft_lacks_what_only_the_applicant_knows() -> None:
    found = wheres(drafted(""))
    assert {"question", "option", "purpose", "basis", "duty", "disposal"} <= found
    assert "client" not in found  # the only program of the department is proposed


def test_a_complete_one_lacks_nothing() -> None:
    assert wheres(completed()) == set()


def test_items_that_are_not_shared_are_not_offered() -> None:
    of = drafted("crew_by_id")
    assert of.product is not None
    assert "wage" not in of.product.interface.columns
    asked = completed("crew_by_id", columns=("crew_no", "wage"), more="窗口需要核对全部信息才行")
    assert "columns/wage" in wheres(asked)


def test_more_than_suffices_asks_for_a_reason() -> None:
    asked = completed("crew_by_id", columns=("crew_no", "name", "phone"), plain=("name",))
    assert "more" in wheres(asked)
    told = replace(asked.info.ask, more="核验接口不含姓名，窗口须核对姓名")
    assert "more" not in wheres(asking.save_step(asked, told, person("user"), now=NOW))


def test_only_the_applicant_sees_a_draft() -> None:
    of = drafted()
    for name in ("steward", "head", "reviewer", "security", "stranger"):
        with pytest.raises(NotFound):
            asking.requested(of.info.id, person(name))


def test_who_sees_a_submitted_one() -> None:
    of = completed()
    Request.objects.filter(id=of.info.id).update(state=RequestState.SIGNOFF, submitted_at=NOW)
    for name in ("user", "steward", "head", "reviewer"):
        assert asking.requested(of.info.id, person(name)).info.id == of.info.id
    with pytest.raises(NotFound):
        asking.requested(of.info.id, person("stranger"))


def test_nobody_changes_what_another_asks() -> None:
    of = completed()
    Request.objects.filter(id=of.info.id).update(state=RequestState.RETURNED, submitted_at=NOW)
    with pytest.raises(NotAllowed):
        asking.own_draft(of.info.id, person("steward"))


def test_what_is_under_way_is_not_changed() -> None:
    of = completed()
    Request.objects.filter(id=of.info.id).update(state=RequestState.DECIDING, submitted_at=NOW)
    with pytest.raises(Conflict, match="Decision of the provider"):
        asking.save_step(of, of.info.ask, person("user"), now=NOW)


def test_an_incomplete_one_is_not_submitted() -> None:
    of = drafted()
    with pytest.raises(Invalid) as error:
        asking.submit_request(of.info.id, person("user"), now=NOW)
    assert "purpose" in {fault.where for fault in error.value.faults}
    assert Request.objects.get().state == RequestState.DRAFT


def test_withdrawing_a_draft_and_copying_it() -> None:
    of = completed()
    asking.withdraw_request(of.info.id, person("user"), reason="重复", now=NOW)
    assert asking.requested(of.info.id, person("user")).info.state == RequestState.WITHDRAWN
    assert Event.objects.latest("id").detail["reason"] == "重复"
    with pytest.raises(Conflict):
        asking.withdraw_request(of.info.id, person("user"), reason="", now=NOW)
    again = asking.copy_request(of.info.id, person("user"), now=NOW)
    ask = asking.requested(again, person("user")).info.ask
    assert (ask.purpose, ask.duty) == ("持证核查", False)


def test_a_renewal_begins_with_what_was_agreed_and_is_asked_for_once() -> None:
    of = completed()
    ends = NOW + timedelta(days=30)
    Request.objects.filter(id=of.info.id).update(
        state=RequestState.IN_USE, submitted_at=NOW, ends_at=ends, decided=None
    )
    made = asking.requested(
        asking.renew_request(of.info.id, person("user"), now=NOW), person("user")
    )
    assert made.info.renews == of.info.id
    assert made.info.ask.valid_until == drafting.a_year_from(ends)
    with pytest.raises(Conflict):
        asking.renew_request(of.info.id, person("user"), now=NOW)


def test_a_cart_becomes_a_bundle_of_drafts_that_share_words() -> None:
    put_on_show(register("water", "gang", steward="steward"))
    user = person("user")
    for listing in ("crew", "gang"):
        asking.fill_cart(listing, user, now=NOW)
    made = asking.draft_cart(user, now=NOW)
    assert asking.cart_size(user) == 0
    first = asking.requested(made[0], user)
    asking.save_step(first, replace(first.info.ask, purpose="统一用途"), user, share=True, now=NOW)
    assert asking.requested(made[1], user).info.ask.purpose == "统一用途"
    assert [line.id for line in asking.siblings(made[0], user)] == [made[1]]
    with pytest.raises(Invalid):
        asking.draft_cart(user, now=NOW)


def test_what_ended_long_ago_is_archived() -> None:
    of = completed()
    Request.objects.filter(id=of.info.id).update(
        state=RequestState.EXPIRED, changed_at=NOW - timedelta(days=200)
    )
    assert asking.archive_old_requests(by="store", now=NOW) == 1
    assert asking.archive_old_requests(by="store", now=NOW) == 0


def test_the_sample_is_made_up_and_masked() -> None:
    of = completed("crew_list", columns=("crew_no", "site", "trade", "name", "phone"))
    shown = asking.what_it_gives(of, now=NOW)
    names = [column.name for column in shown.columns]
    phones = [row[names.index("phone")] for row in shown.rows]
    assert shown.rows
    assert all(phone is None or phone[3:7] == "****" for phone in phones)
    figures = asking.what_it_gives(completed("crew_figures", columns=("trade",)), now=NOW)
    assert figures.rows


def test_lists_are_paged_sorted_and_searched() -> None:
    user = person("user")
    for at in range(30):
        asking.draft_request("crew", "", user, now=NOW + timedelta(minutes=at))
    seen: list[str] = []
    after = None
    while True:
        page = asking.request_page(user, {}, sort="-changed", after=after)
        seen += [row.id for row in page.rows]
        if (after := page.next) is None:
            break
    assert len(seen) == len(set(seen)) == page.total == 30
    assert asking.request_page(user, {"q": "班组"}, sort=None, after=None).total == 30
    assert asking.request_page(user, {"group": "in_use"}, sort=None, after=None).total == 0
    assert asking.request_page(person("stranger"), {}, sort=None, after=None).total == 0
