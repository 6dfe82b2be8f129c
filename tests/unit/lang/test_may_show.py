"""Which values may be shown outside a governed call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import PLAIN
from duokua.lang.contract import Level
from duokua.lang.odcs import load_contract


@pytest.mark.parametrize(
    ("name", "may"),
    [("entered_at", True), ("phone", False), ("worker_id", False), ("nowhere", False)],
)
def test_persons_and_subjects_stay_shut(name: str, may: bool) -> None:
    assert load_contract(PLAIN, source="c.yaml").may_show(name) is may


@pytest.mark.parametrize(
    ("level", "may"), [("L1", True), ("L2", True), ("L3", False), ("L4", False)]
)
def test_the_level_decides(level: str, may: bool) -> None:
    plain = load_contract(PLAIN, source="c.yaml")
    columns = tuple(replace(column, level=Level[level]) for column in plain.columns)
    assert replace(plain, columns=columns, level=Level.L4).may_show("entered_at") is may
