"""How fast a file is brought in: ``python -m bench.ingest [--rows N] [--json]``.

Ten columns of every kind, as CSV and as Parquet, read, checked against the contract (types, forms,
ranges, required values, unique keys), written and committed; beside it DuckDB's own unchecked
CSV → Parquet, and the serving index. Figures go into ``bench/results/ingest.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from duokua.engine import delta
from duokua.engine.index import IndexSpec, build_index
from duokua.engine.intake import stage
from duokua.engine.parts import Part, fresh_name
from duokua.engine.rows import read_rows
from duokua.engine.upsert import plan_upsert
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level

RESULTS = Path(__file__).parent / "results" / "ingest.json"
GOAL_PER_S = 1_000_000
CHANGES = 10_000
KINDS = {
    "id": (Kind.INTEGER, "i"),
    "station": (Kind.STRING, "'S' || (i % 5000)"),
    "seen_at": (
        Kind.TIMESTAMP,
        "strftime(timestamp '2020-01-01' + to_seconds(i * 60), '%Y-%m-%d %H:%M:%S')",
    ),
    "pm25": (Kind.NUMBER, "(i % 1000) * 0.1"),
    "pm10": (Kind.NUMBER, "(i % 777) * 0.37"),
    "humidity": (Kind.INTEGER, "i % 100"),
    "flow": (Kind.INTEGER, "case when i % 10 = 0 then 'NA' else (i * 7)::varchar end"),
    "day": (Kind.DATE, "date '2020-01-01' + (i % 900)::int"),
    "valid": (Kind.BOOLEAN, "i % 2 = 0"),
    "street": (Kind.STRING, "case when i % 3 = 0 then '南山' else '西湖区' end"),
}


def contract() -> Contract:
    """Return the contract of the generated file."""
    columns = tuple(
        Column(
            name,
            kind,
            Text(name, name),
            required=name == "id",
            zone="Asia/Shanghai" if kind is Kind.TIMESTAMP else None,
        )
        for name, (kind, _) in KINDS.items()
    )
    text = Text("监测", "readings")
    return Contract(
        "readings", "1.0.0", text, text, "env", Level.L1, columns, ("id",), "station", ("", "NA")
    )


def write_csv(path: Path, rows: int) -> None:
    """Generate the file."""
    values = ", ".join(f'{value} as "{name}"' for name, (_, value) in KINDS.items())
    duckdb.connect().execute(
        f"copy (select {values} from range({rows}) as r(i)) to '{path}' (header)"
    )


def unchecked(path: Path, into: Path) -> None:
    """Convert by DuckDB alone: it guesses the types and checks nothing of a contract."""
    read = f"read_csv('{path}', nullstr = ['', 'NA'])"
    duckdb.connect(config={"threads": 2}).execute(
        f"copy (select * from {read}) to '{into}' (format parquet, compression zstd)"
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that ``work`` took and what it returned."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(rows: int, folder: Path) -> list[dict[str, Any]]:
    """Return a figure for each way."""
    told = contract()
    source, table = folder / "readings.csv", folder / "table"
    write_csv(source, rows)
    delta.ensure_table(table, told.columns)
    first, second = table / fresh_name("a"), folder / "b.parquet"
    figures = []

    def note(what: str, seconds: float) -> None:
        figures.append(
            {
                "what": what,
                "rows": rows,
                "seconds": round(seconds, 3),
                "rows_per_s": round(rows / seconds),
            }
        )

    note("csv unchecked, DuckDB alone", timed(lambda: unchecked(source, folder / "u.parquet"))[0])
    seconds, stats = timed(lambda: stage(source, told, first))
    assert stats.rows == rows
    note("csv read, checked, written", seconds)
    seconds, landing = timed(
        lambda: delta.commit(table, first, stats, columns=told.columns, batch="a", mode="append")
    )
    assert landing.landed
    figures.append(
        {"what": "commit", "rows": rows, "seconds": round(seconds, 4), "rows_per_s": None}
    )
    note("parquet read, checked, written", timed(lambda: stage(first, told, second))[0])
    figures += upserted(table, told, folder, rows)
    spec = IndexSpec(told.columns, ("id",), ("id",), "station")
    index = folder / "index.sqlite"
    seconds, built = timed(
        lambda: build_index(spec, read_rows([first], told.columns), index, subject_key=b"k")
    )
    assert built == rows
    note("serving index built", seconds)
    return figures


def upserted(table: Path, told: Contract, folder: Path, rows: int) -> list[dict[str, Any]]:
    """Return the figure of putting some rows, spread over the table, in place of their kind."""
    source, staged = folder / "changes.csv", folder / fresh_name("changes")
    every = max(1, rows // CHANGES)
    duckdb.connect().execute(
        f"copy (from read_csv('{folder / 'readings.csv'}', all_varchar = true) "
        f"where id::bigint % {every} = 0 limit {CHANGES}) to '{source}' (header)"
    )

    def land() -> delta.Landing:
        stats = stage(source, told, staged)
        planned = plan_upsert(table, delta.head(table), Part(staged, stats), told, batch="changes")
        added = tuple(
            Part(part.file.rename(table / part.file.name), part.stats) for part in planned.added
        )
        change = delta.Change(planned.version, "changes", added, planned.removed, planned.total)
        return delta.change(table, change, columns=told.columns)

    seconds, landing = timed(land)
    assert landing.landed and delta.head(table).rows == rows
    what = f"upsert of {CHANGES:,} into them"
    return [{"what": what, "rows": rows, "seconds": round(seconds, 3), "rows_per_s": None}]


def main() -> None:
    """Measure, print a table and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duokua-bench-") as name:
        figures = measure(options.rows, Path(name))
    speed = {figure["what"]: figure["rows_per_s"] for figure in figures}
    checked = speed["csv read, checked, written"]
    result = {
        "name": "ingest",
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "columns": len(KINDS),
        "goal_rows_per_s": GOAL_PER_S,
        "rows_per_s": checked,
        "reached": checked >= GOAL_PER_S,
        "ratios": {"to_unchecked": round(checked / speed["csv unchecked, DuckDB alone"], 2)},
        "rows": figures,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    if options.json:
        print(json.dumps(result))
        return
    for figure in figures:
        rate = f"{figure['rows_per_s']:>12,}/s" if figure["rows_per_s"] else ""
        print(f"{figure['what']:34}{figure['seconds']:>9.3f} s {rate}")


if __name__ == "__main__":
    main()
