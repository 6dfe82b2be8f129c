"""Few files in place of many: whatever was landed and merged in between, the rows are the same."""

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
from duokua.engine.compact import plan_compaction
from duokua.engine.duck import open_duck
from duokua.engine.parts import Part, batch_mark, fresh_name, mark_of, measured, stats_of
from duokua.engine.rows import read_rows
from duokua.engine.upsert import plan_upsert
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level

EFFORT = int(os.environ.get("EFFORT", "1"))
TITLE = Text("t", "t")
COLUMNS = (
    Column("id", Kind.INTEGER, TITLE, required=True),
    Column("part", Kind.STRING, TITLE, required=True),
    Column("share", Kind.NUMBER, TITLE),
    Column("seen", Kind.DATE, TITLE),
)
TYPES = (pa.int64(), pa.string(), pa.float64(), pa.date32())
CONTRACT = Contract("t", "1.0.0", TITLE, TITLE, "d", Level.L1, COLUMNS, ("id", "part"))
TARGET = 8
Key = tuple[int, str]
Value = tuple[float | None, int | None]  # days since 1970


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a folder of its own, and a folder for what is not in it yet."""

    folder: Path
    staging: Path

    def land(self, batch: str, rows: dict[Key, Value], *, upsert: bool = True) -> None:
        staged = self.staging / fresh_name(batch)
        lines = [(*key, *value) for key, value in rows.items()]
        arrays = [
            pa.array([line[at] for line in lines], pa.int32() if at == 3 else kind).cast(kind)
            for at, kind in enumerate(TYPES)
        ]
        names = [column.name for column in COLUMNS]
        pq.write_table(pa.table(arrays, names), staged)
        duck = open_duck(directories=[self.staging], threads=1)
        part = Part(staged, measured(duck, staged, COLUMNS))
        duck.close()
        head = delta.head(self.folder)
        if upsert:
            self.commit(plan_upsert(self.folder, head, part, CONTRACT, batch=batch, threads=1))
        else:
            moved = Part(staged.rename(self.folder / staged.name), part.stats)
            delta.commit(
                self.folder, moved.file, part.stats, columns=COLUMNS, batch=batch, mode="append"
            )

    def commit(self, planned: delta.Change) -> None:
        moved = tuple(
            Part(each.file.rename(self.folder / each.file.name), each.stats)
            for each in planned.added
        )
        change = delta.Change(planned.version, planned.batch, moved, planned.removed, planned.total)
        delta.change(self.folder, change, columns=COLUMNS)

    def compact(self, batch: str, *, kept: Sequence[str] = (), target: int = TARGET) -> bool:
        planned = plan_compaction(
            self.folder,
            delta.head(self.folder),
            CONTRACT,
            self.staging,
            batch=batch,
            kept=frozenset(batch_mark(name) for name in kept),
            target=target,
            threads=1,
        )
        if planned is not None:
            self.commit(planned)
        return planned is not None

    def lines(self, file: Path) -> list[tuple[object, ...]]:
        return [
            tuple(row.values()) for batch in read_rows([file], COLUMNS) for row in batch.to_pylist()
        ]

    def rows(self) -> list[tuple[object, ...]]:
        return sorted(
            (line for file in delta.head(self.folder).files for line in self.lines(file)),
            key=lambda line: line[:2],
        )


def make(folder: Path) -> Table:
    table = Table(folder / "table", folder / "staging")
    delta.ensure_table(table.folder, COLUMNS)
    table.staging.mkdir()
    return table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return make(tmp_path)


def some(*ids: int) -> dict[Key, Value]:
    return {(each, "a"): (each / 2, None) for each in ids}


def test_neighbours_become_files_of_about_the_target_in_key_order(table: Table) -> None:
    for at in range(12):
        table.land(f"b{at}", some(100 - 2 * at, 99 - 2 * at))
    before = table.rows()
    assert len(delta.rows_of_files(table.folder)) == 12
    assert table.compact("c")
    head = delta.head(table.folder)
    ranges: list[tuple[int, int]] = []
    for file in head.files:
        lines = table.lines(file)
        assert len(lines) == TARGET
        assert lines == sorted(lines, key=lambda line: line[:2])
        ranges.append((lines[0][0], lines[-1][0]))
    assert sorted(ranges) == [(77, 84), (85, 92), (93, 100)]
    assert table.rows() == before
    codec = pq.ParquetFile(head.files[0]).metadata.row_group(0).column(0).compression
    assert codec == "ZSTD"
    assert not table.compact("again")  # each is of the target's size


def test_files_of_one_batch_stay_of_that_batch(table: Table) -> None:
    table.land("a", some(1, 2))
    [old] = delta.head(table.folder).files
    twin = old.with_name(f"part-{mark_of(old)}-{'1' * 32}.parquet")
    table.land("x", some(5, 6))
    [other] = [file for file in delta.head(table.folder).files if file != old]
    other.rename(table.staging / twin.name)  # as an older release may have parted a batch
    duck = open_duck(directories=[table.staging], threads=1)
    part = Part(table.staging / twin.name, measured(duck, table.staging / twin.name, COLUMNS))
    duck.close()
    head = delta.head(table.folder)
    table.commit(delta.Change(head.version, "t", (part,), (other,), head.stats))
    assert table.compact("c")
    [merged] = delta.head(table.folder).files
    assert mark_of(merged) == batch_mark("a")
    assert [line[0] for line in table.lines(merged)] == [1, 2, 5, 6]


def test_batches_kept_apart_and_large_files_stay(table: Table) -> None:
    table.land("a", some(1))
    table.land("b", some(2))
    table.land("c", some(3))
    table.land("large", some(*range(10, 15)))
    assert table.compact("m", kept=["b"])
    marks = [mark_of(file) for file in delta.head(table.folder).files]
    assert sorted(marks, key=str) == sorted([None, batch_mark("b"), batch_mark("large")], key=str)


def test_a_file_without_a_column_added_later(table: Table) -> None:
    table.land("a", some(1))
    table.land("b", some(2))
    [one, _] = delta.head(table.folder).files
    pq.write_table(pq.read_table(one).drop_columns(["seen"]), one)
    before = table.rows()
    assert table.compact("c")
    assert table.rows() == before
    assert delta.head(table.folder).stats.of("seen").nulls == 2


def test_a_file_that_lost_rows_is_not_merged(table: Table) -> None:
    table.land("a", some(1, 2))
    table.land("b", some(3))
    files = delta.head(table.folder).files
    [two] = [file for file in files if len(table.lines(file)) == 2]
    pq.write_table(pq.read_table(two).slice(1), two)
    with pytest.raises(ArithmeticError):
        table.compact("c")
    assert delta.head(table.folder).files == files
    assert list(table.staging.iterdir()) == []


keys = st.tuples(st.integers(-3, 6), st.sampled_from(["a", "b", "龘"]))
values = st.tuples(
    st.none() | st.floats(allow_nan=False, width=32), st.none() | st.integers(-4000, 40000)
)
steps = st.lists(
    st.dictionaries(keys, values, min_size=1, max_size=5) | st.integers(2, 20),
    min_size=1,
    max_size=8,
)


@pytest.mark.campaign
@pytest.mark.timeout(300 + 300 * EFFORT)
@settings(max_examples=40 * EFFORT, deadline=None)
@given(steps)
def test_no_compaction_ever_changes_the_rows(
    tmp_path_factory: pytest.TempPathFactory, taken: list[dict[Key, Value] | int]
) -> None:
    table, model = make(tmp_path_factory.mktemp("compact")), dict[Key, Value]()
    for turn, step in enumerate([*taken, 10**6]):
        if isinstance(step, dict):
            table.land(f"b{turn}", step, upsert=not model.keys().isdisjoint(step))
            model |= step
        else:
            before = delta.head(table.folder)
            table.compact(f"c{turn}", target=step)
            after = delta.head(table.folder)
            assert len(after.files) <= len(before.files)
            assert (after.rows, dict(after.stats.columns)) == (
                before.rows,
                dict(before.stats.columns),
            )
        told = {(row[0], row[1]): row[2:] for row in table.rows()}
        assert len(table.rows()) == len(model) == delta.head(table.folder).rows
        assert {key: _plain(row) for key, row in told.items()} == model
    head = delta.head(table.folder)
    assert len(head.files) <= 1
    assert sum(each.rows for each in stats_of(table.folder, head.files, COLUMNS)) == len(model)


def _plain(row: tuple[object, ...]) -> Value:
    share, seen = row
    assert share is None or isinstance(share, float)
    days = None if seen is None else pa.scalar(seen, pa.date32()).cast(pa.int32()).as_py()
    return share, days
