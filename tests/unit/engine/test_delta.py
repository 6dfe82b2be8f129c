"""Delta tables: a batch lands once, with its statistics, whoever races."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from duokua.engine import delta
from duokua.engine.rows import read_rows
from duokua.engine.stats import ColumnStats, TableStats, merge
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from landing import COLUMNS, land, land_many


def ids_in(table: Path) -> list[int]:
    return sorted(
        each
        for batch in read_rows(delta.head(table).files, COLUMNS[:1])
        for each in batch[0].to_pylist()
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    folder = tmp_path / "table"
    delta.ensure_table(folder, COLUMNS)
    return folder


def test_a_batch_lands_once(table: Path) -> None:
    assert land(table, "a", [1, 2]) == delta.Landing(True, 1)
    assert land(table, "b", [3]) == delta.Landing(True, 2)
    assert land(table, "a", [1, 2]) == delta.Landing(False, 1)
    assert ids_in(table) == [1, 2, 3]
    assert delta.landed_in(table, "b") == 2
    assert delta.landed_in(table, "c") is None


def test_whoever_looks_seldom_sees_the_newest_though_the_past_was_forgotten_twice(
    table: Path,
) -> None:
    """The file that tells of a forgotten past may get the very number of the one before the last."""
    land(table, "a", [1])
    land(table, "b", [2])
    delta.forget_history(table)
    forgotten = table / "_delta_log" / delta.FORGOTTEN
    kept = forgotten.with_name("kept")
    os.link(forgotten, kept)  # so its number is not free for anybody
    assert ids_in(table) == [1, 2]

    def others() -> None:
        for batch in ("c", "d"):
            land(table, batch, [3 if batch == "c" else 4], "replace")
            delta.forget_history(table)
        kept.write_text(forgotten.read_text())
        kept.replace(forgotten)

    another = threading.Thread(target=others)
    another.start()
    another.join()
    assert delta.head(table).version == 4
    assert ids_in(table) == [4]


def test_statistics_add_up_and_are_replaced(table: Path) -> None:
    land(table, "a", [5, 2])
    land(table, "b", [9])
    head = delta.head(table)
    assert (head.rows, head.stats.of("id")) == (3, ColumnStats(0, 2, 9))
    assert head.stats.of("name") == ColumnStats(3, None, None)
    land(table, "c", [7], "replace")
    head = delta.head(table)
    assert (head.rows, head.stats.of("id"), len(head.files)) == (1, ColumnStats(0, 7, 7), 1)
    assert ids_in(table) == [7]


def test_a_new_column_is_null_in_old_rows(table: Path) -> None:
    land(table, "a", [1])
    wider = (*COLUMNS, Column("late", Kind.DATE, Text("l", "l")))
    delta.ensure_table(table, wider)
    head = delta.head(table)
    assert head.rows == 1
    assert head.stats.of("late") == ColumnStats(1, None, None)
    assert [row for each in read_rows(head.files, wider) for row in each.to_pylist()] == [
        {"id": 1, "name": None, "late": None}
    ]


def test_no_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        delta.head(tmp_path / "nothing")


def test_a_sum_of_statistics_ignores_empty_parts() -> None:
    empty = TableStats(0, (("id", ColumnStats(0, None, None)),))
    one = TableStats(1, (("id", ColumnStats(0, "é", "é")),))
    assert merge(empty, one) == merge(one, empty) == one


def test_two_writers_both_land_with_right_statistics(table: Path) -> None:
    count = 15
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=land_many, args=(table, name, first, count))
        for name, first in (("a", 0), ("b", 1000))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    head = delta.head(table)
    assert ids_in(table) == [*range(count), *range(1000, 1000 + count)]
    assert (head.rows, head.version) == (2 * count, 2 * count)
    assert head.stats.of("id") == ColumnStats(0, 0, 1000 + count - 1)


def test_two_writers_of_the_same_batches_land_each_once(table: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=land_many, args=(table, "same", 0, 10, part)) for part in "xy"
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    head = delta.head(table)
    assert (ids_in(table), head.rows, head.version) == ([*range(10)], 10, 10)


def test_notes_tell_what_landed_after_a_version(table: Path) -> None:
    for at in range(4):
        land(table, f"b{at}", [at])
    assert delta.notes(table, 4) == []
    assert delta.notes(table, 2) == [(3, "b2"), (4, "b3")]
    assert [version for version, _ in delta.notes(table, -1)] == [1, 2, 3, 4]
