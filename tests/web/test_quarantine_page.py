"""The quarantine page: for the owner's steward only; rows are corrected, brought back, dismissed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contracts import PLAIN
from duokua.audit import facade as audit
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.lang.odcs import dump_contract, load_contract

Hands = Callable[..., Client]
ROWS = "W1,1,2026-01-01 08:00\nW2,2,never\nW3,3,soon\nW1,4,\n"


@pytest.fixture
def name(db: None, tmp_path: Path) -> str:
    """A dataset of ``dept_a`` with one row that landed and three that stand aside."""
    name = f"q{uuid.uuid4().hex}"
    contract = replace(load_contract(PLAIN, source="plain"), id=name, owner="dept_a")
    lake.register(dump_contract(contract), by="steward_a", now=clock.now())
    path = tmp_path / "w.csv"
    path.write_text("工号,phone,entered_at\n" + ROWS, encoding="utf-8")
    lake.ingest(name, path, batch="first", by="steward", now=clock.now())
    return name


def page(name: str) -> str:
    return f"/store/datasets/{name}/quarantine/"


def test_the_owner_sees_what_is_wrong_and_that_is_kept(sign_in: Hands, name: str) -> None:
    hand = sign_in("steward_a")
    text = hand.get(page(name) + "?batch=first").content.decode()
    for said in ("never", "不是时间", "主键在文件中重复", "更正后重新汇聚"):
        assert said in text
    assert "隔离区" in hand.get(f"/store/datasets/{name}/").content.decode()
    (seen,) = [each for each in audit.find(of=name) if each.verb == "data.quarantine.seen"]
    assert seen.by == "steward_a"
    filtered = hand.get(page(name) + "?batch=first&column=worker_id").content.decode()
    assert "never" not in filtered


@pytest.mark.parametrize(("person", "status"), [("developer_b", 403), ("bureau_a", 403)])
def test_nobody_else_does(sign_in: Hands, name: str, person: str, status: int) -> None:
    assert sign_in(person).get(page(name)).status_code == status
    assert "quarantine/" not in sign_in(person).get(f"/store/datasets/{name}/").content.decode()


def test_corrected_rows_come_back(sign_in: Hands, name: str) -> None:
    hand = sign_in("steward_a")
    told = b"".join(hand.get(page(name) + "?batch=first&format=csv").streaming_content).decode()
    mended = told.replace("never", "2026-01-02 08:00")
    file = SimpleUploadedFile("mended.csv", mended.encode())
    answer = hand.post(page(name), {"act": "replay", "batch": "first", "file": file}, follow=True)
    assert "已汇聚 1 行；仍有 2 行在隔离区" in answer.content.decode()
    assert lake.describe(name).rows == 2
    assert "never" not in hand.get(page(name)).content.decode()


def test_a_file_of_another_shape_is_refused_in_words(sign_in: Hands, name: str) -> None:
    file = SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
    answer = sign_in("steward_a").post(
        page(name), {"act": "replay", "batch": "first", "file": file}
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert lake.describe(name).rows == 1


def test_rows_are_dismissed_for_a_reason(sign_in: Hands, name: str) -> None:
    hand = sign_in("steward_a")
    order = {"act": "dismiss", "batch": "first", "row": ["2"]}
    assert hand.post(page(name), order | {"reason": " "}).status_code == 422
    assert hand.post(page(name), order | {"reason": "重复"}).status_code == 302
    (stood,) = lake.quarantines(name, viewer="dept_a")
    assert stood.left == 2
    assert hand.post(page(name), {"act": "dismiss", "batch": "first", "reason": "x"}).status_code
    (stood,) = lake.quarantines(name, viewer="dept_a")
    assert stood.left == 2  # none was chosen


def test_nothing_aside_is_said(sign_in: Hands, db: None) -> None:
    assert "没有隔离的行" in sign_in("steward_a").get(page("worker")).content.decode()
