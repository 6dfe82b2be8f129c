"""Brings a file into typed Parquet under a contract.

The fast way writes with strict casts and then checks the result in one pass over typed columns.
Only when something is wrong is the file read again, slowly: its good rows are parted from those
that stand aside, or, where all or nothing is wanted, rows, columns and values are named.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from duokua.engine.casts import value_sql, violations
from duokua.engine.delta import TableHead
from duokua.engine.duck import PARQUET, DuckConnection, open_duck, scan, text_literal, warm_duck
from duokua.engine.lock import workshop
from duokua.engine.parts import stats_of
from duokua.engine.ranges import may_overlap
from duokua.engine.sift import Aside, sift
from duokua.engine.source import Source, listed, open_source, quoted
from duokua.engine.stats import TableStats, stats_from_row, stats_sql
from duokua.engine.verdict import check_lines, explain
from duokua.lang.contract import Contract, Kind

Progress = Callable[[int, int], None]
_POLL_S = 0.2
_MEMORY_MB = 1536
_SMALL_BYTES = 1 << 20
_SPARSE = 16  # numbers for each row, above which a bit for each number is no gain
_MOST_BITS = 1 << 29  # 64 MiB for each thread
_MISFIT = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
)


class _Broken(Exception):
    """The fast way has met something that the contract forbids."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is ready to land, and the rows of its source that stand aside."""

    stats: TableStats
    aside: Aside | None


def stage(
    path: Path,
    contract: Contract,
    into: Path,
    *,
    present: TableHead | None = None,
    progress: Progress | None = None,
    threads: int = 2,
) -> TableStats:
    """Write all rows of ``path`` as the Parquet file ``into`` and return its statistics.

    Keys must be unique in the file and, with ``present``, not be in that version of the table.
    ``progress`` is told rows done and rows in all, both estimated while a CSV is read.

    :raises Invalid: the file breaks the contract; nothing is left at ``into``.
    """
    return stage_parted(
        path, contract, into, None, present=present, progress=progress, threads=threads
    ).stats


def stage_parted(
    path: Path,
    contract: Contract,
    into: Path,
    aside: Path | None,
    *,
    present: TableHead | None = None,
    unique: bool = True,
    progress: Progress | None = None,
    threads: int = 2,
) -> Staged:
    """Write the good rows of ``path`` to ``into``, the others to ``aside`` where that is given.

    With ``unique`` false, keys may be there several times.

    :raises Invalid: the file cannot be read, no row of it is good, or, without ``aside``, some row
        is not; nothing is left at either place.
    """
    old = present.files if present else ()
    folders = {path.parent, into.parent, *(file.parent for file in old)}
    if aside is not None:
        folders.add(aside.parent)
    with workshop(into.parent) as spill:
        source = open_source(path, contract, spill)

        def staged(duck: DuckConnection) -> Staged:
            return _staged(_Work(duck, source, into, present, unique, progress), aside, spill)

        if path.stat().st_size <= _SMALL_BYTES:
            with suppress(duckdb.OutOfMemoryException), warm_duck(folders) as duck:
                return staged(duck)
        duck = open_duck(
            threads=threads,
            memory_mb=_MEMORY_MB,
            directories=sorted(folders),
            spill=spill,
            progress=True,
        )
        try:
            return staged(duck)
        finally:
            duck.close()


@dataclass(frozen=True, slots=True)
class _Work:
    duck: DuckConnection
    source: Source
    into: Path
    present: TableHead | None
    unique: bool
    progress: Progress | None


def _staged(work: _Work, aside: Path | None, spill: Path) -> Staged:
    try:
        return Staged(_whole(work), None)
    except (*_MISFIT, _Broken):
        work.into.unlink(missing_ok=True)
        recoded = work.source.recoded(spill)
        if recoded is not None:
            return _staged(replace(work, source=recoded), aside, spill)
        parted = None if aside is None else _parted(work, aside, spill)
        if parted is not None:
            return parted
        explain(work.duck, work.source, work.present, unique=work.unique)
        raise


def _whole(work: _Work) -> TableStats:
    """Write every row, as fast as can be: most files have their values in the plain forms."""
    try:
        _copy(work, plain=True)
    except _MISFIT:
        _copy(work, plain=False)
    stats = _measure(work.duck, work.source.contract, work.into)
    if work.unique:
        _check_keys(work.duck, work.source.contract, work.into, stats, work.present)
    if work.progress:
        work.progress(stats.rows, stats.rows)
    return stats


def _copy(work: _Work, *, plain: bool) -> None:
    source = work.source
    types = source.raw_types(work.duck)
    values = ", ".join(
        f"{value_sql(column, types[column.name], plain=plain)} as {quoted(column.name)}"
        for column in source.contract.columns
    )
    rows = source.plain_relation() if plain else source.relation()
    copy = (
        f"copy (select {values} from {rows}) "  # noqa: S608
        f"to {text_literal(str(work.into))} ({PARQUET})"
    )
    _watched(work.duck, copy, source.rows, work.progress)


def _parted(work: _Work, aside: Path, spill: Path) -> Staged | None:
    """Write the good rows and those that stand aside; ``None`` if no row is good."""
    try:
        check_lines(work.duck, work.source)
        stood = sift(
            work.duck,
            work.source,
            work.into,
            aside,
            spill,
            present=work.present,
            unique=work.unique,
        )
        if stood is None:
            return None
        stats = _measure(work.duck, work.source.contract, work.into)
    except BaseException:
        work.into.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)
        raise
    if work.progress:
        work.progress(stats.rows, stats.rows)
    return Staged(stats, stood)


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
    row = _one(duck, stats_sql(contract.columns, scan([file]), [" + ".join(["0", *broken])]))
    stats = stats_from_row(contract.columns, row)
    if row[-1]:
        raise _Broken("violations")
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
    if not _numbered(duck, contract, fresh, stats):
        repeated = f"select 1 from {fresh} group by {keys} having count(*) > 1 limit 1"  # noqa: S608
        if duck.execute(repeated).fetchall():
            raise _Broken("twice")
    if present is None or not may_overlap(contract.key, stats, present.stats):
        return
    kept = stats_of(present.files[0].parent, present.files, contract.columns)
    near = [
        old
        for old, known in zip(present.files, kept, strict=True)
        if may_overlap(contract.key, stats, known)
    ]
    if not near:
        return
    old = scan(near, contract.key)
    known = f"select 1 from {fresh} semi join {old} using ({keys}) limit 1"  # noqa: S608
    if duck.execute(known).fetchall():
        raise _Broken("exists")


def _numbered(duck: DuckConnection, contract: Contract, fresh: str, stats: TableStats) -> bool:
    """Tell whether the key is one of near numbers, each there once: a bit for each tells it.

    That takes a tenth of the time of grouping; ``False`` says nothing.
    """
    column = contract.by_name[contract.key[0]]
    known = stats.of(column.name)
    if len(contract.key) > 1 or not isinstance(known.least, int) or column.kind != Kind.INTEGER:
        return False
    assert isinstance(known.greatest, int)  # noqa: S101 - where there is a least, there is a greatest
    span = known.greatest - known.least + 1
    if not stats.rows <= span <= min(stats.rows * _SPARSE, _MOST_BITS):
        return False
    name = quoted(column.name)
    bits = f"bitstring_agg({name}, ({known.least})::bigint, ({known.greatest})::bigint)"
    return bool(_one(duck, f"select bit_count({bits}) from {fresh}")[0] == stats.rows)  # noqa: S608


def _one(duck: DuckConnection, sql: str) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = duck.execute(sql).fetchall()
    return rows[0]
