"""Rows put in place of those with the same key, over files that are touched no more than needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine import delta
from duokua.engine.duck import open_duck
from duokua.engine.parts import Part, fresh_name, is_of, measured, stats_of
from duokua.engine.rows import read_rows
from duokua.engine.stats import EMPTY, merge
from duokua.engine.upsert import plan_upsert
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level

EFFORT = int(os.environ.get("EFFORT", "1"))
TITLE = Text("t", "t")
COLUMNS = (
    Column("id", Kind.INTEGER, TITLE, required=True),
    Column("seen", Kind.INTEGER, TITLE),
    Column("name", Kind.STRING, TITLE),
)
CONTRACT = Contract("t", "1.0.0", TITLE, TITLE, "d", Level.L1, COLUMNS, ("id",))
Row = tuple[int, int | None, str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a folder of its own, and a folder for what is not in it yet."""

    folder: Path
    staging: Path

    def land(self, batch: str, rows: Sequence[Row], newest_by: str | None = None) -> delta.Landing:
        staged = self.staging / fresh_name(batch)
        table = pa.table(
            {
                column.name: pa.array([row[at] for row in rows], kind)
                for at, (column, kind) in enumerate(
                    zip(COLUMNS, (pa.int64(), pa.int64(), pa.string()), strict=True)
                )
            }
        )
        pq.write_table(table, staged)
        duck = open_duck(directories=[self.staging], threads=1)
        part = Part(staged, measured(duck, staged, COLUMNS))
        duck.close()
        head = delta.head(self.folder)
        planned = plan_upsert(
            self.folder, head, part, CONTRACT, batch=batch, newest_by=newest_by, threads=1
        )
        moved = tuple(
            Part(each.file.rename(self.folder / each.file.name), each.stats)
            for each in planned.added
        )
        change = delta.Change(planned.version, batch, moved, planned.removed, planned.total)
        return delta.change(self.folder, change, columns=COLUMNS, note=batch)

    def rows(self) -> list[Row]:
        files = delta.head(self.folder).files
        return sorted(
            (row["id"], row["seen"], row["name"])
            for batch in read_rows(files, COLUMNS)
            for row in batch.to_pylist()
        )

    def check_statistics(self) -> None:
        """What the head tells is what a count of the rows tells, and what the parts add up to."""
        head, rows = delta.head(self.folder), self.rows()
        assert head.rows == len(rows)
        for at, column in enumerate(COLUMNS):
            given_ = [row[at] for row in rows if row[at] is not None]
            told = head.stats.of(column.name)
            assert told.nulls == len(rows) - len(given_)
            assert (told.least, told.greatest) == (
                (min(given_), max(given_)) if given_ else (None, None)  # type: ignore[type-var]
            )
        total = EMPTY
        for stats in stats_of(self.folder, head.files, COLUMNS):
            total = merge(total, stats)
        assert total.rows == head.rows


def make(folder: Path) -> Table:
    table = Table(folder / "table", folder / "staging")
    delta.ensure_table(table.folder, COLUMNS)
    table.staging.mkdir()
    return table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return make(tmp_path)


def test_rows_are_replaced_by_key_and_the_others_stay(table: Table) -> None:
    table.land("a", [(1, 1, "a"), (2, 1, "b")])
    table.land("b", [(2, 2, "B"), (3, 2, "c")])
    assert table.rows() == [(1, 1, "a"), (2, 2, "B"), (3, 2, "c")]
    table.check_statistics()


def test_files_without_a_matching_key_are_not_touched(table: Table) -> None:
    table.land("low", [(1, 1, None), (5, 1, None)])
    table.land("high", [(10, 1, None), (15, 1, None)])
    before = set(delta.head(table.folder).files)
    table.land("gap", [(3, 1, None)])  # within a range, but no key of it
    table.land("beyond", [(99, 1, None)])
    assert before < set(delta.head(table.folder).files)
    table.land("hit", [(5, 2, None)])
    after = set(delta.head(table.folder).files)
    assert {file for file in before if is_of(file, "high")} <= after
    assert not {file for file in before if is_of(file, "low")} <= after
    assert sum(is_of(file, "low") for file in after) == 1  # what stays is still of its batch
    table.check_statistics()


def test_an_old_version_can_still_be_read(table: Table) -> None:
    table.land("a", [(1, 1, "a"), (2, 1, "b")])
    old = delta.head(table.folder)
    table.land("b", [(1, 2, "A")])
    found = [row for batch in read_rows(old.files, COLUMNS) for row in batch.to_pylist()]
    assert [row["name"] for row in found] == ["a", "b"]


def test_a_file_that_keeps_no_row_goes(table: Table) -> None:
    table.land("a", [(1, 1, "a")])
    table.land("b", [(1, 2, "b")])
    assert len(delta.head(table.folder).files) == 1
    assert table.rows() == [(1, 2, "b")]


def test_lost_statistics_are_counted_again(table: Table) -> None:
    table.land("a", [(1, 1, "a"), (2, None, None)])
    for kept in (table.folder / "_stats").iterdir():
        kept.write_text("{", encoding="utf-8")
    table.land("b", [(2, 2, "b")])
    table.check_statistics()


def test_an_older_row_never_wins(table: Table) -> None:
    table.land("new", [(1, 9, "new"), (2, None, "none")], "seen")
    table.land("old", [(1, 3, "old"), (2, 1, "some"), (3, 1, "c"), (3, 2, "C")], "seen")
    assert table.rows() == [(1, 9, "new"), (2, 1, "some"), (3, 2, "C")]
    files = delta.head(table.folder).files
    table.land("again", [(1, 9, "new"), (3, 1, "c")], "seen")  # nothing of it is newer
    assert delta.head(table.folder).files == files
    assert delta.landed_in(table.folder, "again") is not None
    table.check_statistics()


def test_a_plan_for_another_version_is_refused(table: Table) -> None:
    planned = delta.Change(5, "x", (), (), EMPTY)
    with pytest.raises(Conflict):
        delta.change(table.folder, planned, columns=COLUMNS)


row = st.tuples(
    st.integers(0, 5), st.none() | st.integers(0, 3), st.none() | st.sampled_from(["a", "b"])
)
batches = st.lists(st.lists(row, min_size=1, max_size=5), min_size=1, max_size=4)


@pytest.mark.campaign
@pytest.mark.timeout(300 + 300 * EFFORT)
@settings(max_examples=100 * EFFORT, deadline=None)
@given(batches, st.data())
def test_duplicate_late_and_reordered_batches_end_in_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, sent: list[list[Row]], data: st.DataObject
) -> None:
    doubled = data.draw(st.lists(st.sampled_from(range(len(sent))), max_size=2))
    order = data.draw(st.permutations([*range(len(sent)), *doubled]))
    table = make(tmp_path_factory.mktemp("orders"))
    for turn, at in enumerate(order):
        table.land(f"{at} again in {turn}", sent[at], "seen")

    def rank(one: Row) -> tuple[bool, int, bool, str]:
        return (one[1] is not None, one[1] or 0, one[2] is not None, one[2] or "")

    best: dict[int, Row] = {}
    for one in (each for batch in sent for each in batch):
        if one[0] not in best or rank(one) > rank(best[one[0]]):
            best[one[0]] = one
    assert table.rows() == sorted(best.values())
    table.check_statistics()
