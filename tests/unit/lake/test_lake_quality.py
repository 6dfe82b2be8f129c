"""Quality of a dataset: measured over the newest version, kept as history, unknown when it is."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts import PLAIN
from duokua.identity import facade as identity
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Kind, Level
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.quality import Dimension, Metric, QualityRule

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
RULES = PLAIN.replace(
    "schema:\n",
    "slaProperties:\n- {property: frequency, value: 1, unit: d}\nschema:\n",
).replace(
    "    properties:\n",
    "    quality:\n"
    "      - {name: phones, metric: duplicateValues, mustBe: 0, arguments: {properties: [phone]}}\n"
    "      - {name: enough, metric: rowCount, mustBeGreaterThan: 1}\n"
    "      - type: custom\n"
    "        name: known\n"
    "        engine: duokua\n"
    '        implementation: {compare: [worker_id, "<>", phone]}\n'
    "    properties:\n",
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a lake of its own."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    return tmp_path


def ingest(folder: Path, rows: str, *, at: datetime = NOW) -> None:
    path = folder / "workers.csv"
    path.write_text("工号,phone,entered_at\n" + rows, encoding="utf-8")
    lake.ingest("site_worker", path, mode="replace", by="li", now=at)


def outcomes(info: lake.QualityInfo) -> dict[str, tuple[bool | None, int | None]]:
    return {rule.name: (rule.holds, rule.bad) for rule in info.rules}


def test_rules_are_measured_and_the_best_fix_is_named(home: Path) -> None:
    lake.register(RULES, by="li", now=NOW)
    ingest(home, "W1,1,\nW2,1,\nW3,1,\nW4,W4,\n")
    info = lake.check_quality("site_worker", now=NOW + timedelta(hours=2))
    assert outcomes(info) == {
        "phones": (False, 2),
        "enough": (True, None),
        "known": (False, 1),
        "fresh": (True, None),
        "fits_contract": (True, 0),
    }
    assert info.best == "phones"
    assert info.score is not None
    assert info.score + info.gain <= 100


def test_rows_that_stand_aside_cost_points(home: Path) -> None:
    lake.register(RULES, by="li", now=NOW)
    ingest(home, "W1,1,\nW2,2,never\nW3,3,\nW4,4,\n")
    info = lake.check_quality("site_worker", now=NOW)
    assert outcomes(info)["fits_contract"] == (False, 1)
    assert info.dimensions["conformity"] == 75
    assert info.best == "fits_contract"


def test_late_data_and_a_mended_version_show_in_the_history(home: Path) -> None:
    lake.register(RULES, by="li", now=NOW)
    ingest(home, "W1,1,\nW2,1,\n")
    first = lake.check_quality("site_worker", now=NOW)
    ingest(home, "W1,1,\nW2,2,\n", at=NOW + timedelta(hours=1))
    second = lake.check_quality("site_worker", now=NOW + timedelta(hours=1))
    late = lake.check_quality("site_worker", now=NOW + timedelta(hours=37))
    assert first.score is not None
    assert second.score == 100
    assert second.best is None
    assert late.dimensions["timeliness"] == 50
    assert lake.quality_history("site_worker") == [late, second, first]


def test_without_data_nothing_is_known(home: Path) -> None:
    lake.register(RULES, by="li", now=NOW)
    info = lake.check_quality("site_worker", now=NOW)
    assert info.score is None
    assert {rule.holds for rule in info.rules} == {None}


def test_a_dataset_that_is_not_there_has_no_quality(home: Path) -> None:
    with pytest.raises(NotFound):
        lake.check_quality("nowhere", now=NOW)


@pytest.mark.parametrize(
    ("owner", "level", "bad"),
    [("housing", "L3", 1), ("health", "L1", 1), ("health", "L3", None)],
)
def test_a_rule_does_not_tell_who_is_in_a_dataset_of_others(
    home: Path, owner: str, level: str, bad: int | None
) -> None:
    identity.ensure_department("health", "卫健委", "Health")
    other = dataclasses.replace(load_contract(PLAIN, source="x"), id="patient", owner=owner)
    closed = [each for each in other.columns if level == "L3" or not each.personal]
    other = dataclasses.replace(other, columns=tuple(closed), level=Level(level))
    lake.register(dump_contract(other), by="li", now=NOW)
    path = home / "patients.csv"
    path.write_text("工号,phone,entered_at\nW1,1,\n" if level == "L3" else "工号,entered_at\nW1,\n")
    lake.ingest("patient", path, by="li", now=NOW)
    rule = QualityRule(
        "known", Text("在册", "known"), Dimension.CONSISTENCY, Metric.ORPHAN, ("worker_id",),
        other=("patient", "worker_id"),
    )  # fmt: skip
    ours = dataclasses.replace(load_contract(PLAIN, source="x"), quality=(rule,))
    lake.register(dump_contract(ours), by="li", now=NOW)
    ingest(home, "W1,1,\nW2,2,\n")
    found = lake.check_quality("site_worker", now=NOW)
    assert outcomes(found)["known"] == (None if bad is None else False, bad)


def test_rules_for_a_column_that_no_row_has_yet(home: Path) -> None:
    lake.register(PLAIN, by="li", now=NOW)
    ingest(home, "W1,1,\nW2,2,\n")
    old = load_contract(PLAIN, source="x")
    trade = Column("trade", Kind.STRING, Text("工种", "trade"))
    rules = [
        QualityRule(name, Text("规则", "rule"), Dimension.COMPLETENESS, metric, ("trade",), **more)
        for name, metric, more in (
            ("null", Metric.NULL, {}),
            ("missing", Metric.MISSING, {}),
            ("invalid", Metric.INVALID, {"values": ("mason",)}),
            ("twice", Metric.DUPLICATE, {}),
        )
    ]
    new = dataclasses.replace(
        old, version="1.1.0", columns=(*old.columns, trade), quality=tuple(rules)
    )
    lake.register(dump_contract(new), by="li", now=NOW)
    found = outcomes(lake.check_quality("site_worker", now=NOW))
    assert {name: found[name][1] for name in ("null", "missing", "invalid", "twice")} == {
        "null": 2, "missing": 2, "invalid": 0, "twice": 0,
    }  # fmt: skip
