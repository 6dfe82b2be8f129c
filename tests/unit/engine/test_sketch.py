"""Distinct sketches: near the truth, the same however the rows are spread over files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from duokua.engine.sketch import REGISTERS, estimate, merge, sketch_file
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind

ID = Column("id", Kind.INTEGER, Text("号", "id"))
NAME = Column("name", Kind.STRING, Text("名", "name"))


def write(path: Path, ids: range, kinds: int) -> Path:
    names = [None if n % 7 == 0 else f"n{n % kinds}" for n in ids]
    pq.write_table(pa.table({"id": list(ids), "name": pa.array(names, pa.string())}), path)
    return path


def sketches(file: Path, folder: Path) -> dict[str, bytes]:
    return sketch_file(file, (ID, NAME), (), 0, folder)[0]


@pytest.mark.parametrize("count", [1, 10, 500, 2_000, 4_000, 60_000])
def test_estimates_are_within_four_standard_errors(tmp_path: Path, count: int) -> None:
    file = write(tmp_path / "f.parquet", range(1, count + 1), kinds=40)
    found = sketches(file, tmp_path)
    assert estimate(found["id"]) == pytest.approx(count, rel=0.13, abs=1)
    names = {f"n{n % 40}" for n in range(1, count + 1) if n % 7}
    assert estimate(found["name"]) == pytest.approx(len(names), abs=2)


def test_files_merge_to_the_sketch_of_all_rows(tmp_path: Path) -> None:
    whole = sketches(write(tmp_path / "w.parquet", range(5_000), 900), tmp_path)
    one = sketches(write(tmp_path / "a.parquet", range(3_000), 900), tmp_path)
    other = sketches(write(tmp_path / "b.parquet", range(2_000, 5_000), 900), tmp_path)
    for name in ("id", "name"):
        assert merge([one[name], other[name]]) == whole[name]


def test_nothing_is_nothing(tmp_path: Path) -> None:
    file = tmp_path / "n.parquet"
    pq.write_table(pa.table({"id": [1], "name": pa.array([None], pa.string())}), file)
    assert sketches(file, tmp_path)["name"] == bytes(REGISTERS)
    assert estimate(merge([])) == 0


def test_rows_are_drawn_from_the_whole_file_and_repeatably(tmp_path: Path) -> None:
    file = write(tmp_path / "f.parquet", range(1, 9_000), kinds=3)
    first = sketch_file(file, (), (ID,), 20, tmp_path)[1]
    assert len(first) == 20
    assert max(row[0] for row in first) > 1_000
    assert sketch_file(file, (), (ID,), 20, tmp_path)[1] == first
