"""An index made from the one before is the index that would have been built anew."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine import index as building
from duokua.engine import renewal
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from engines import Cell, batch_of

EFFORT = int(os.environ.get("EFFORT", "1"))
TITLE = Text("t", "t")
COLUMNS = (
    Column("id", Kind.INTEGER, TITLE, required=True),
    Column("name", Kind.STRING, TITLE, required=True),
    Column("value", Kind.NUMBER, TITLE),
    Column("flag", Kind.BOOLEAN, TITLE),
)
SPECS = [
    IndexSpec(COLUMNS, ("id",), (), "name", ("value",)),
    IndexSpec(COLUMNS, ("name", "id"), ("id",), None),
    IndexSpec(COLUMNS, ("id",), ("name",), "value"),
]
VALUES = st.tuples(
    st.sampled_from(["a", "b", "王", ""]), st.none() | st.integers(-2, 2), st.none() | st.booleans()
)
STATES = st.lists(st.dictionaries(st.integers(0, 12), VALUES, min_size=1), min_size=2, max_size=3)


def rows_of(state: dict[int, tuple[str, int | None, bool | None]]) -> list[dict[str, Cell]]:
    return [
        {
            "id": at,
            "name": f"{name}{at}",
            "value": None if value is None else float(value),
            "flag": flag,
        }
        for at, (name, value, flag) in state.items()
    ]


def content(path: Path) -> tuple[list[object], list[object], list[object]]:
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        schema = connection.execute("select name, sql from sqlite_master order by name").fetchall()
        rows = connection.execute("select * from rows").fetchall()
    return schema, rows, pq.read_table(export_path(path)).to_pylist()


@settings(max_examples=8 * EFFORT, deadline=None)
@given(STATES, st.sampled_from(SPECS))
def test_it_does_not_matter_what_was_before(
    states: list[dict[int, tuple[str, int | None, bool | None]]], spec: IndexSpec
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), None
        for number, state in enumerate(states):
            batch = batch_of(COLUMNS, rows_of(state))
            renewed, anew = folder / f"r{number}.sqlite", folder / f"a{number}.sqlite"
            assert build_index(spec, [batch], renewed, subject_key=b"k", before=before) == len(
                state
            )
            build_index(spec, [batch], anew, subject_key=b"k")
            assert content(renewed) == content(anew)
            before = renewed


def make(path: Path, ids: range, value: float, before: Path | None = None) -> Path:
    rows: list[dict[str, Cell]] = [
        {"id": at, "name": f"n{at}", "value": value if at == 1 else 0.5, "flag": None} for at in ids
    ]
    build_index(SPECS[0], [batch_of(COLUMNS, rows)], path, subject_key=b"k", before=before)
    return path


def test_few_changes_are_written_into_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make(tmp_path / "1.sqlite", range(50), 1.0)
    told = first.read_bytes()
    monkeypatch.setattr(building, "_fill", None)  # writing every row is not called
    second = make(tmp_path / "2.sqlite", range(60), 2.0, first)
    assert len(content(second)[1]) == 60
    assert first.read_bytes() == told


@pytest.mark.parametrize("why", ["many", "gone", "lost"])
def test_it_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    first = make(tmp_path / "1.sqlite", range(50), 1.0)
    if why == "many":
        monkeypatch.setattr(renewal, "_LEAST", 5)
    elif why == "lost":
        export_path(first).unlink()
    monkeypatch.setattr(renewal, "_apply", None)
    ids = {"many": range(70), "gone": range(1, 50), "lost": range(50)}[why]
    second = make(tmp_path / "2.sqlite", ids, 1.0, first)
    assert len(content(second)[1]) == len(ids)


def test_what_was_replaced_is_not_left_between_the_rows(tmp_path: Path) -> None:
    def named(path: Path, name: str, before: Path | None = None) -> Path:
        rows: list[dict[str, Cell]] = [
            {"id": at, "name": f"{name}{at}", "value": None, "flag": None} for at in range(3)
        ]
        build_index(SPECS[0], [batch_of(COLUMNS, rows)], path, subject_key=b"k", before=before)
        return path

    first = named(tmp_path / "1.sqlite", "张三丰")
    second = named(tmp_path / "2.sqlite", "李四", first)
    assert "张三丰".encode() in first.read_bytes()
    assert "张三丰".encode() not in second.read_bytes()
