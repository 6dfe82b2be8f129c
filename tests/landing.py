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


def land(
    table: Path, batch: str, ids: list[int], mode: delta.Mode = "append", part: str = ""
) -> delta.Landing:
    """Write the rows and commit them."""
    file = table / f"part-{batch}{part}.parquet"
    arrays = {"id": pa.array(ids), "name": pa.nulls(len(ids), pa.string())}
    pq.write_table(pa.table(arrays), file)
    stats = stats_of(ids)
    return delta.commit(table, file, stats, columns=COLUMNS, batch=batch, mode=mode, note=batch)


def land_many(table: Path, name: str, first: int, count: int, part: str = "") -> None:
    """Land batches of one row each."""
    for at in range(count):
        land(table, f"{name}{at}", [first + at], part=part)
