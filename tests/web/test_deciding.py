"""Deciding through the pages: the inbox, the card, returning, refusing, a dispute, the law."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from duokua.identity.facade import Role
from duokua.identity.models import User
from duokua.store.models import Dispute, Request, Step
from duokua.store.states.request import RequestState, StepState
from store_deciding import LIST, NOW, PEOPLE, settle, step, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(db: None) -> Iterator[Request]:
    settle()
    yield submitted(replace(LIST, valid_until=NOW + timedelta(days=900)), "crew_list")


@pytest.fixture
def enter(row: Request) -> Callable[..., Client]:
    def browser(name: str, language: str = "zh-hans") -> Client:
        assert name in PEOPLE
        client = Client()
        client.force_login(User.objects.get(username=name))
        client.cookies["language"] = language
        return client

    return browser


def decide(browser: Client, row: Request, kind: str, act: str, **form: object) -> int:
    found = step(row, kind)
    told = {"act": act, "revision": found.revision, **form}
    return browser.post(f"/store/steps/{found.id}/decide/", told).status_code


def test_from_the_inbox_to_provisioning(row: Request, enter: Callable[..., Client]) -> None:
    head = enter("user_head")
    assert row.id in head.get("/store/inbox/").content.decode()
    page = head.get(f"/store/requests/{row.id}/").content.decode()
    assert "部门内签批" in page and 'name="act" value="agree"' in page
    assert decide(head, row, "signoff", "agree") == 302
    assert row.id not in head.get("/store/inbox/").content.decode()
    assert decide(enter("reviewer"), row, "compliance", "agree") == 302
    assert decide(enter("security"), row, "security", "agree") == 302
    assert decide(enter("reviewer_2"), row, "bureau", "agree") == 302
    narrow = {
        "comment": "不必提供姓名",
        "keep": ["crew_no", "site", "trade"],
        "quota_calls_per_day": "9",
    }
    assert decide(enter("steward"), row, "provider", "narrow", **narrow) == 302
    row.refresh_from_db()
    assert row.state == RequestState.PROVISIONING
    assert row.decided["columns"] == ["crew_no", "site", "trade"]
    assert row.decided["quota"]["calls_per_day"] == 9


def test_the_second_is_told_who_was_first(row: Request, enter: Callable[..., Client]) -> None:
    first, second = enter("user_head"), enter("user_head_2")
    seen = step(row, "signoff")
    form = {"act": "agree", "revision": seen.revision}
    assert first.post(f"/store/steps/{seen.id}/decide/", form).status_code == 302
    answer = second.post(f"/store/steps/{seen.id}/decide/", form)
    assert answer.status_code == 409
    assert "user_head 已于" in answer.content.decode()


def test_a_refusal_without_a_ground_is_told_on_the_page(
    row: Request, enter: Callable[..., Client]
) -> None:
    head = enter("user_head", "en")
    assert decide(head, row, "signoff", "refuse", comment="not needed") == 409
    assert decide(head, row, "signoff", "narrow", comment="less", row_cap="many") == 409
    row.refresh_from_db()
    assert row.state == RequestState.SIGNOFF


@pytest.mark.parametrize(("who", "status"), [("steward", 403), ("user", 403), ("stranger", 404)])
def test_others_decide_nothing(
    row: Request, enter: Callable[..., Client], who: str, status: int
) -> None:
    assert decide(enter(who), row, "signoff", "agree") == status
    assert step(row, "signoff").state == StepState.OPEN


def test_returned_asked_and_answered(row: Request, enter: Callable[..., Client]) -> None:
    head, user = enter("user_head"), enter("user")
    assert decide(head, row, "signoff", "ask", comment="用于哪个窗口？") == 302
    page = user.get(f"/store/requests/{row.id}/").content.decode()
    assert "用于哪个窗口？" in page and "答复审批人的询问" in page
    told = user.post(f"/store/requests/{row.id}/answer/", {"comment": "人社窗口"})
    assert told.status_code == 302
    assert decide(head, row, "signoff", "return", comment="请补充依据", missing=["basis"]) == 302
    row.refresh_from_db()
    assert row.state == RequestState.RETURNED
    assert "请补充依据" in user.get(f"/store/requests/{row.id}/").content.decode()


def test_a_dispute_through_all_its_stages(row: Request, enter: Callable[..., Client]) -> None:
    decide(enter("user_head"), row, "signoff", "agree")
    decide(enter("reviewer"), row, "compliance", "agree")
    refusal = {"comment": "超出职责所需", "ground": "not_needed_for_duty"}
    assert decide(enter("steward"), row, "provider", "refuse", **refusal) == 302
    user = enter("user")
    assert "提出争议" in user.get(f"/store/requests/{row.id}/").content.decode()
    opened = user.post(f"/store/requests/{row.id}/dispute/", {"text": "履职确需"})
    assert opened.status_code == 302
    there = opened.headers["Location"]

    def act(who: str, what: str) -> int:
        revision = Dispute.objects.get().revision
        form = {"act": what, "text": "我方意见如下", "revision": revision}
        return enter(who).post(there, form).status_code

    assert act("user", "raise") == 403
    assert "对方尚未答复" in user.get(there).content.decode()
    assert act("steward", "state") == 302
    assert act("steward", "uphold") == 403
    assert act("user", "raise") == 302
    assert act("reviewer_2", "raise") == 302
    assert act("reviewer_2", "uphold") == 302
    row.refresh_from_db()
    assert row.state == RequestState.DECIDING
    again = Step.objects.get(request=row, kind="provider", round=2)
    assert again.state == StepState.OPEN
    assert decide(enter("steward"), row, "provider", "refuse", **refusal) == 409  # the same ground
    assert decide(enter("steward"), row, "provider", "agree") == 302
    for who in ("user", "steward", "reviewer", "auditor"):
        assert Dispute.objects.get().id in enter(who, "en").get("/store/disputes/").content.decode()
    assert enter("stranger").get(there).status_code == 404


def test_several_are_agreed_to_only_if_they_are_unconditional(
    row: Request, enter: Callable[..., Client]
) -> None:
    found, head = step(row, "signoff"), enter("user_head")
    answer = head.post("/store/inbox/", {"step": [f"{found.id}:{found.revision}", "nonsense"]})
    assert "有条件共享须逐件审批" in answer.content.decode()
    assert step(row, "signoff").state == StepState.OPEN
    row.listing.__class__.objects.filter(id="crew").update(share_class="unconditional")
    answer = head.post("/store/inbox/", {"step": [f"{found.id}:{found.revision}"]})
    assert "1 件中已同意 1 件" in answer.content.decode()
    assert step(row, "signoff").state == StepState.AGREED


@pytest.mark.parametrize("path", ["inbox", "disputes", "law"])
def test_lists_are_exported(row: Request, enter: Callable[..., Client], path: str) -> None:
    head = enter("user_head")
    assert head.get(f"/store/{path}/?export=csv").content.startswith("\ufeff".encode())
    assert json.loads(head.get(f"/store/{path}/?export=json").content)


def test_figures_nobody_checked_are_shown_as_such(
    row: Request, enter: Callable[..., Client]
) -> None:
    page = enter("user").get("/store/law/").content.decode()
    assert page.count("M · 待核实") == 9  # eight figures and the legend
    assert "条例" in page
    assert enter("user").get("/store/law/?day=1999-01-01").context["lines"] == []
    assert Role.HEAD in enter("user_head").get("/store/inbox/").context["person"].roles
