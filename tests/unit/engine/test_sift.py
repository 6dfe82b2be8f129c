"""What stands aside and what lands, of one file."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import PLAIN
from duokua.engine import delta
from duokua.engine.intake import Staged, stage_parted
from duokua.engine.rows import read_rows
from duokua.kernel.errors import Invalid
from duokua.lang.odcs import load_contract

EFFORT = int(os.environ.get("EFFORT", "1"))
WORKERS = load_contract(PLAIN, source="c")
HEAD = "工号,phone,entered_at\n"


def part(
    folder: Path, rows: str, present: delta.TableHead | None = None, *, unique: bool = True
) -> Staged:
    path = folder / "in.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return stage_parted(
        path,
        WORKERS,
        folder / "good.parquet",
        folder / "aside.parquet",
        present=present,
        unique=unique,
        threads=1,
    )


def landed(folder: Path) -> list[str]:
    file = folder / "good.parquet"
    return [
        row["worker_id"]
        for batch in read_rows([file], WORKERS.columns)
        for row in batch.to_pylist()
    ]


def stood(folder: Path) -> list[tuple[int, list[tuple[str, str]]]]:
    return [
        (row["row"], [(fault["column"], fault["reason"]) for fault in row["faults"]])
        for row in pq.read_table(folder / "aside.parquet").to_pylist()
    ]


def test_rows_that_break_the_contract_stand_aside_with_their_raw_values(tmp_path: Path) -> None:
    staged = part(tmp_path, "W1,5,\n,7,soon\nW2,,2026-01-01\nW3,NA,\n")
    assert landed(tmp_path) == ["W1", "W3"]
    assert stood(tmp_path) == [
        (2, [("worker_id", "missing"), ("entered_at", "timestamp")]),
        (3, [("entered_at", "timestamp")]),
    ]
    raw = pq.read_table(tmp_path / "aside.parquet").to_pylist()[0]["raw"]
    assert raw == {"worker_id": None, "phone": "7", "entered_at": "soon"}
    assert staged.stats.rows == 2
    assert staged.aside is not None
    assert (staged.aside.rows, dict(((c, r), n) for c, r, n in staged.aside.counts)) == (
        2,
        {("worker_id", "missing"): 1, ("entered_at", "timestamp"): 2},
    )


def test_a_clean_file_sets_nothing_aside(tmp_path: Path) -> None:
    assert part(tmp_path, "W1,,\nW2,,\n").aside is None
    assert not (tmp_path / "aside.parquet").exists()


def test_the_first_good_row_of_a_key_stays(tmp_path: Path) -> None:
    part(tmp_path, "W1,,bad\nW1,1,\nW2,,\nW1,2,\n")
    assert landed(tmp_path) == ["W1", "W2"]
    assert stood(tmp_path) == [(1, [("entered_at", "timestamp")]), (4, [("worker_id", "twice")])]


def test_keys_may_repeat_where_the_newest_is_to_win(tmp_path: Path) -> None:
    part(tmp_path, "W1,1,\nW1,2,\nW2,,x\n", unique=False)
    assert landed(tmp_path) == ["W1", "W1"]


def test_a_key_of_the_table_stands_aside(tmp_path: Path) -> None:
    table = tmp_path / "table"
    delta.ensure_table(table, WORKERS.columns)
    (tmp_path / "first").mkdir()
    first = part(tmp_path / "first", "W1,,\nW5,,\n")
    file = table / "a.parquet"
    (tmp_path / "first" / "good.parquet").rename(file)
    delta.commit(table, file, first.stats, columns=WORKERS.columns, batch="a", mode="append")
    part(tmp_path, "W5,,\nW6,,\nW5,,\n", delta.head(table))
    assert landed(tmp_path) == ["W6"]
    assert stood(tmp_path) == [
        (1, [("worker_id", "exists")]),
        (3, [("worker_id", "exists"), ("worker_id", "twice")]),
    ]


@pytest.mark.parametrize("rows", ["W1,,x\n,,\n", "W1,1\nW2,,\n", 'W1,"1"x,\nW2,,\n'])
def test_without_a_good_row_or_with_broken_lines_nothing_is_left(tmp_path: Path, rows: str) -> None:
    with pytest.raises(Invalid):
        part(tmp_path, rows)
    assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]


cells = st.tuples(st.sampled_from(["", *"abcdef"]), st.sampled_from(["", "5", "?"]))


@pytest.mark.slow
@settings(max_examples=30 * EFFORT, deadline=None)
@given(st.lists(cells, min_size=1, max_size=12))
def test_every_row_lands_or_stands_aside(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("sift")
    lines = [(key, "2026-01-01" if text == "?" else "") for key, text in rows]
    seen: set[str] = set()
    good = []
    for at, (key, time) in enumerate(lines, 1):
        if key and not time and key not in seen:
            seen.add(key)
            good.append((at, key))
    text = "".join(f"{key},,{time}\n" for key, time in lines)
    if not good:
        with pytest.raises(Invalid):
            part(folder, text)
        return
    staged = part(folder, text)
    assert landed(folder) == [key for _, key in good]
    assert staged.stats.rows + (staged.aside.rows if staged.aside else 0) == len(lines)
    if staged.aside:
        aside = {at for at, _ in stood(folder)}
        assert aside == set(range(1, len(lines) + 1)) - {at for at, _ in good}
