"""Lands small batches in a Delta table; a module of its own so that child processes can."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine import delta
from duokua.engine.stats import ColumnStats, TableStats
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind

COLUMNS = (
    Column("id", Kind.INTEGER, Text("i", "i"), required=True),
    Column("name", Kind.STRING, Text("n", "n")),
)


def stats_of(ids: list[int]) -> TableStats:
    nothing = ColumnStats(len(ids), None, None)
    return TableStats(len(ids), (("id", ColumnStats(0, min(ids), max(ids))), ("name", nothing)))


def land(table: Path, batch: str, ids: list[int], mode: delta.Mode = "append") -> delta.Landing:
    file = table / f"part-{batch}.parquet"
    arrays = {"id": pa.array(ids), "name": pa.nulls(len(ids), pa.string())}
    pq.write_table(pa.table(arrays), file)
    return delta.commit(table, file, stats_of(ids), columns=COLUMNS, batch=batch, mode=mode)


def land_many(table: Path, name: str, first: int, count: int) -> None:
    for at in range(count):
        land(table, f"{name}{at}", [first + at])
