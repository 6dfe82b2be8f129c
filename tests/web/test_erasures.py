"""The steward's page of erasures: impact first, the number is never sent back, records name nobody."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from contracts import PLAIN
from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.lang.odcs import dump_contract, load_contract

Hands = Callable[..., Client]
PAGE = "/store/erasures/"


@pytest.fixture
def name(db: None, tmp_path: Path) -> str:
    """A dataset of ``dept_a``."""
    name = f"q{uuid.uuid4().hex}"
    contract = replace(load_contract(PLAIN, source="plain"), id=name, owner="dept_a")
    lake.register(dump_contract(contract), by="steward_a", now=clock.now())
    path = tmp_path / "w.csv"
    path.write_text("工号,phone,entered_at\nW77X,1,\nW2,2,\n", encoding="utf-8")
    lake.ingest(name, path, batch="first", by="steward", now=clock.now())
    return name


def look(hand: Client, name: str, number: str = "W77X") -> str:
    form = {"act": "look", "kind": "own", "subject": number, "dataset": name}
    return hand.post(PAGE, form).content.decode()


def signed(page: str) -> str:
    return page.partition('name="subject" value="')[2].partition('"')[0]


def test_impact_then_confirmation_then_the_queue(sign_in: Hands, name: str) -> None:
    hand = sign_in("steward_a")
    page = look(hand, name)
    assert "将被删除的数据" in page
    assert name in page
    assert "W77X" not in page
    form = {"act": "erase", "subject": signed(page), "dataset": name}
    form |= {"reason": "本人申请", "basis": "个人信息保护法第四十七条"}
    refused = hand.post(PAGE, form)
    assert (refused.status_code, lake.erasures(viewer="dept_a")) == (422, [])
    done = hand.post(PAGE, {**form, "sure": "yes"}, follow=True).content.decode()
    assert "已受理" in done
    (asked,) = lake.erasures(viewer="dept_a")
    assert asked.pseudonym in done
    assert asked.datasets == (name,)
    assert [job.payload for job in jobs.jobs(kind="lake.erase")] == [{"erasure": asked.id}]
    lift = {"act": "lift", "erasure": asked.id, "reason": "误报"}
    assert "已解除" in hand.post(PAGE, lift, follow=True).content.decode()


def test_what_is_wrong_is_said(sign_in: Hands, name: str) -> None:
    hand = sign_in("steward_a", "en")
    form = {"act": "look", "kind": "person", "subject": "123", "dataset": ""}
    answer = hand.post(PAGE, form)
    assert answer.status_code == 422
    assert "no valid resident identity number" in answer.content.decode()
    forged = {"act": "erase", "subject": "x:y", "dataset": name, "sure": "yes"}
    assert hand.post(PAGE, forged).status_code == 422


@pytest.mark.parametrize("person", ["developer_b", "bureau_a", "auditor_c"])
def test_nobody_else_may(sign_in: Hands, person: str) -> None:
    assert sign_in(person).get(PAGE).status_code == 403


def test_another_departments_dataset_is_not_in_question(sign_in: Hands, name: str) -> None:
    page = look(sign_in("steward_a"), "air", "x")
    assert signed(page) == ""
