"""Batches that come twice, late or in another order end in the same table."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import flow_contract
from duokua.engine import delta
from duokua.identity import facade as identity
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.lake import places

EFFORT = int(os.environ.get("EFFORT", "1"))
NOW = clock.now()
Row = tuple[int, float | None, str | None]

pytestmark = [pytest.mark.campaign, pytest.mark.django_db]
_NUMBERS = count()
_VALUES = st.tuples(
    st.none() | st.integers(0, 3).map(float), st.none() | st.sampled_from(["甲", "乙", "b"])
)
_BATCHES = st.lists(st.dictionaries(st.integers(0, 5), _VALUES, min_size=1), min_size=2, max_size=3)


def written(rows: dict[int, tuple[float | None, str | None]]) -> str:
    lines = [
        f"{at},{'' if value is None else value},{name or ''}" for at, (value, name) in rows.items()
    ]
    return "id,value,name\n" + "\n".join(lines) + "\n"


def newest(batches: list[dict[int, tuple[float | None, str | None]]]) -> list[Row]:
    """Return the newest row of each key; of two as new as each other, the greater."""
    best: dict[int, tuple[tuple[bool, float], tuple[bool, str]]] = {}
    for rows in batches:
        for at, (value, name) in rows.items():
            told = (value is not None, value or 0.0), (name is not None, name or "")
            best[at] = max(best.get(at, told), told)
    return [
        (at, value[1] if value[0] else None, name[1] if name[0] else None)
        for at, (value, name) in sorted(best.items())
    ]


def table(dataset: str) -> list[Row]:
    head = delta.head(places.table(dataset))
    found = duckdb.read_parquet([str(file) for file in head.files], union_by_name=True)
    rows: list[Row] = found.project("id, value, name").order("id").fetchall()
    assert head.rows == len(rows)
    return rows


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("water", "水务局", "Water")
    return tmp_path


@pytest.mark.timeout(3600)
@settings(
    max_examples=100 * EFFORT,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_BATCHES, st.data())
def test_every_order_ends_in_the_same_table(
    home: Path, batches: list[dict[int, tuple[float | None, str | None]]], data: st.DataObject
) -> None:
    dataset = f"flow{next(_NUMBERS)}"
    lake.register(flow_contract().replace('"flow"', f'"{dataset}"'), by="op", now=NOW)
    again = data.draw(st.lists(st.sampled_from(range(len(batches))), max_size=2), "again")
    order = data.draw(st.permutations([*range(len(batches)), *again]), "order")
    seen = set[int]()
    for number in order:
        path = home / f"b{number}.csv"
        path.write_text(written(batches[number]))
        done = lake.ingest(
            dataset, path, batch=f"b{number}", mode="upsert", newest_by="value", by="op", now=NOW
        )
        assert done.landed == (number not in seen)
        seen.add(number)
        assert table(dataset) == newest([batches[each] for each in seen])


@settings(
    max_examples=20 * EFFORT,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.timeout(3600)
@given(st.permutations([0, 1, 2, 0, 2]))
def test_appends_in_any_order_end_in_the_same_rows(home: Path, order: list[int]) -> None:
    dataset = f"flow{next(_NUMBERS)}"
    lake.register(flow_contract().replace('"flow"', f'"{dataset}"'), by="op", now=NOW)
    for number in order:
        path = home / f"a{number}.csv"
        path.write_text(written({2 * number + at: (float(number), "甲") for at in range(2)}))
        lake.ingest(dataset, path, batch=f"a{number}", by="op", now=NOW)
    assert table(dataset) == [(at, float(at // 2), "甲") for at in range(6)]
    assert lake.describe(dataset).rows == 6
