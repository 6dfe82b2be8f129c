"""Brings a file into typed Parquet under a contract: all of it, or nothing and the reasons.

The fast way writes with strict casts and then checks the result in one pass over typed columns.
Only when something is wrong is the file read again, slowly, to name rows, columns and values.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from duokua.engine.casts import value_sql, violations
from duokua.engine.delta import TableHead
from duokua.engine.duck import DuckConnection, open_duck, scan, text_literal
from duokua.engine.lock import workshop
from duokua.engine.source import Source, listed, open_source, quoted
from duokua.engine.stats import TableStats, stats_from_row, stats_sql
from duokua.engine.verdict import explain
from duokua.lang.contract import Contract

Progress = Callable[[int, int], None]
_POLL_S = 0.2
_MEMORY_MB = 1536
_MISFIT = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
)


class _Broken(Exception):
    """The fast way has met something that the contract forbids."""


def stage(
    path: Path,
    contract: Contract,
    into: Path,
    *,
    present: TableHead | None = None,
    progress: Progress | None = None,
    threads: int = 2,
) -> TableStats:
    """Write ``path`` as the Parquet file ``into`` and return its statistics.

    Keys must be unique in the file and, with ``present``, not be in that version of the table.
    ``progress`` is told rows done and rows in all, both estimated while a CSV is read.

    :raises Invalid: the file breaks the contract; nothing is left at ``into``.
    """
    source = open_source(path, contract)
    old = present.files if present else ()
    folders = {path.parent, into.parent, *(file.parent for file in old)}
    with workshop(into.parent) as spill:
        duck = open_duck(
            threads=threads,
            memory_mb=_MEMORY_MB,
            directories=sorted(folders),
            spill=spill,
            progress=True,
        )
        try:
            return _stage(duck, source, into, present, progress)
        except (*_MISFIT, _Broken):
            into.unlink(missing_ok=True)
            explain(duck, source, present)
            raise
        finally:
            duck.close()


def _stage(
    duck: DuckConnection,
    source: Source,
    into: Path,
    present: TableHead | None,
    progress: Progress | None,
) -> TableStats:
    contract = source.contract
    types = source.raw_types(duck)
    values = ", ".join(
        f"{value_sql(column, types[column.name])} as {quoted(column.name)}"
        for column in contract.columns
    )
    copy = (
        f"copy (select {values} from {source.relation()}) "  # noqa: S608
        f"to {text_literal(str(into))} (format parquet, compression zstd)"
    )
    _watched(duck, copy, source.rows, progress)
    stats = _measure(duck, contract, into)
    _check_keys(duck, contract, into, stats, present)
    if progress:
        progress(stats.rows, stats.rows)
    return stats


def _watched(duck: DuckConnection, sql: str, rows: int, progress: Progress | None) -> None:
    """Run ``sql``, telling its progress from a thread beside it."""
    if progress is None:
        duck.execute(sql)
        return
    done = threading.Event()

    def tell() -> None:
        while not done.wait(_POLL_S):
            share = max(0.0, duck.query_progress()) / 100
            progress(math.floor(rows * share), rows)

    watcher = threading.Thread(target=tell, name="ingest-progress", daemon=True)
    watcher.start()
    try:
        duck.execute(sql)
    finally:
        done.set()
        watcher.join()


def _measure(duck: DuckConnection, contract: Contract, file: Path) -> TableStats:
    """Return the statistics of the staged file after checking what casts cannot tell."""
    broken = [
        f"count(*) filter (where {condition})"
        for column in contract.columns
        for _, condition in violations(column, quoted(column.name))
    ]
    source = scan([file])
    sums = " + ".join(["0", *broken])
    if _one(duck, f"select {sums} from {source}")[0]:  # noqa: S608
        raise _Broken("violations")
    stats = stats_from_row(contract.columns, _one(duck, stats_sql(contract.columns, source)))
    if stats.rows == 0:
        raise _Broken("no rows")
    if any(column.required and stats.of(column.name).nulls for column in contract.columns):
        raise _Broken("missing")
    return stats


def _check_keys(
    duck: DuckConnection,
    contract: Contract,
    file: Path,
    stats: TableStats,
    present: TableHead | None,
) -> None:
    keys = listed(contract.key)
    fresh = scan([file], contract.key)
    repeated = f"select 1 from {fresh} group by {keys} having count(*) > 1 limit 1"  # noqa: S608
    if duck.execute(repeated).fetchall():
        raise _Broken("twice")
    if present is None or not may_overlap(contract.key, stats, present.stats):
        return
    old = scan(present.files, contract.key)
    known = f"select 1 from {fresh} semi join {old} using ({keys}) limit 1"  # noqa: S608
    if duck.execute(known).fetchall():
        raise _Broken("exists")


def may_overlap(key: Sequence[str], fresh: TableStats, present: TableStats) -> bool:
    """Tell from the ranges alone whether the same key can be in both."""
    if not present.rows or not fresh.rows:
        return False
    for name in key:
        one, other = fresh.of(name), present.of(name)
        if one.least is None or other.least is None:
            return False
        if one.greatest < other.least or other.greatest < one.least:  # type: ignore[operator]
            return False
    return True


def _one(duck: DuckConnection, sql: str) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = duck.execute(sql).fetchall()
    return rows[0]
