"""One row out of a hundred million: ``python -m bench.lookup_100m [--rows N] [--json]``.

A sorted dataset of narrow rows is committed as files of ten million, its serving index is built, and
then single rows are looked up at random places in it, and its rows counted exactly: from the log, by
a reader that opens the table anew each time. Figures go into ``bench/results/lookup_100m.json``.
The index of a hundred million rows takes some 5 GB and minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from duokua.engine import delta
from duokua.engine.index import IndexSpec, build_index, open_index
from duokua.engine.parts import fresh_name
from duokua.engine.rows import read_rows
from duokua.engine.stats import ColumnStats, TableStats
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind

RESULTS = Path(__file__).parent / "results" / "lookup_100m.json"
GOALS = {"lookup_p50_ms": 5.0, "count_p50_ms": 5.0}
FILE_ROWS = 10_000_000
LOOKUPS, COUNTS = 5_000, 50
COLUMNS = (
    Column("id", Kind.INTEGER, Text("号", "id"), required=True),
    Column("value", Kind.INTEGER, Text("值", "value")),
)


def main() -> None:
    """Measure in a folder of its own, print a table, store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duokua-bench-") as name:
        figures = measure(options.rows, Path(name))
    told = {
        "name": "lookup_100m",
        "goals": GOALS,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": options.rows,
        **figures,
    }
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    if options.json:
        print(json.dumps(told))
        return
    for what, value in figures.items():
        goal = f"   reach {GOALS[what]:g}" if what in GOALS else ""
        met = "" if what not in GOALS else " ✓" if value <= GOALS[what] else " ✗"
        print(f"{what:24}{value:>14,.3f}{goal}{met}")


def measure(rows: int, folder: Path) -> dict[str, float]:
    """Return the figures, seconds and milliseconds as their names say."""
    table, index = folder / "table", folder / "serving" / "index.sqlite"
    index.parent.mkdir()
    _commit(table, rows)
    spec = IndexSpec(COLUMNS, ("id",), (), None)
    files = delta.head(table).files
    took = _timed(lambda: build_index(spec, read_rows(files, COLUMNS), index, subject_key=b"k"))
    looked, counted = _look_up(index, rows), _count(table, rows)
    return {
        "index_s": round(took, 1),
        "index_rows_per_s": round(rows / took),
        "index_gb": round(index.stat().st_size / 1e9, 2),
        "lookup_p50_ms": round(1000 * statistics.median(looked), 3),
        "lookup_p99_ms": round(1000 * statistics.quantiles(looked, n=100)[-1], 3),
        "count_p50_ms": round(1000 * statistics.median(counted), 3),
        "count_p99_ms": round(1000 * statistics.quantiles(counted, n=100)[-1], 3),
    }


def _commit(table: Path, rows: int) -> None:
    """Write and commit the files, each with its exact statistics."""
    delta.ensure_table(table, COLUMNS)
    for first in range(0, rows, FILE_ROWS):
        last = min(first + FILE_ROWS, rows)
        batch = f"b{first}"
        file = table / fresh_name(batch)
        duckdb.connect().execute(
            f"copy (select i * 2 as id, (i * 7919) % 1000003 as value "
            f"from range({first}, {last}) as r(i)) "
            f"to '{file}' (format parquet, compression zstd)"
        )
        ids = ColumnStats(0, 2 * first, 2 * (last - 1))
        stats = TableStats(last - first, (("id", ids), ("value", ColumnStats(0, 0, 1000002))))
        delta.commit(table, file, stats, columns=COLUMNS, batch=batch, mode="append")


def _look_up(index: Path, rows: int) -> list[float]:
    """Look up rows at random places, every tenth of them one that is not there."""
    chance, reader, took = random.Random(7), open_index(index), []
    for at in range(LOOKUPS):
        place = chance.randrange(rows)
        key = 2 * place + (at % 10 == 0)
        began = time.perf_counter()
        found = reader.execute("select id, value from rows where id = ?", (key,)).fetchall()
        took.append(time.perf_counter() - began)
        if found != ([] if at % 10 == 0 else [(key, place * 7919 % 1000003)]):
            raise RuntimeError(f"{key}: {found}")
    reader.close()
    return took


def _count(table: Path, rows: int) -> list[float]:
    took = []
    for _ in range(COUNTS):
        delta.forget_open()
        began = time.perf_counter()
        counted = delta.head(table).rows
        took.append(time.perf_counter() - began)
        if counted != rows:
            raise RuntimeError(f"{counted} rows are there, not {rows}")
    return took


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
