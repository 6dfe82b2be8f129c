"""The quality page: unknown before it is measured, measured by those who may, exported."""

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
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.quality import Dimension, Metric, QualityRule

Hands = Callable[..., Client]
PHONES = QualityRule(
    "phones", Text("电话齐全", "Phones given"), Dimension.COMPLETENESS, Metric.NULL, ("phone",)
)


@pytest.fixture
def page(db: None, tmp_path: Path) -> str:
    """The page of a dataset with two workers, one of them without a phone."""
    name = f"w{uuid.uuid4().hex}"
    plain = load_contract(PLAIN, source="plain")
    contract = replace(plain, id=name, owner="dept_a", quality=(PHONES,))
    lake.register(dump_contract(contract), by="steward_a", now=clock.now())
    path = tmp_path / "w.csv"
    path.write_text("工号,phone,entered_at\n1,13800000000,\n2,,\n", encoding="utf-8")
    lake.ingest(name, path, by="steward", now=clock.now())
    return f"/store/datasets/{name}/"


def test_what_was_not_measured_is_unknown(sign_in: Hands, page: str) -> None:
    hand = sign_in("steward_a")
    assert "尚未评估" in hand.get(page + "quality/").content.decode()
    assert "尚无规则被评估" in hand.get(page).content.decode()


def test_the_steward_measures_and_exports(sign_in: Hands, page: str) -> None:
    hand = sign_in("steward_a")
    answer = hand.post(page + "quality/", follow=True)
    assert "正在评估" in answer.content.decode()
    name = page.split("/")[-2]
    asked = [each for each in jobs.jobs(kind="lake.quality") if each.key.endswith(":asked")]
    assert [each.payload for each in asked] == [{"dataset": name}]
    lake.check_quality(name, now=clock.now())
    text = hand.get(page + "quality/").content.decode()
    assert "电话齐全" in text
    assert "不符合" in text
    assert "最值得先改" in text
    assert "Phones given" in sign_in("steward_a", "en").get(page + "quality/").content.decode()
    exported = hand.get(page + "quality/?format=csv")
    assert "电话齐全" in b"".join(exported).decode("utf-8-sig")


def test_others_look_and_do_not_touch(sign_in: Hands, page: str) -> None:
    hand = sign_in("developer_b")
    assert hand.get(page + "quality/").status_code == 200
    assert hand.post(page + "quality/").status_code == 403
