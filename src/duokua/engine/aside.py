"""Reads what stands aside: files written by :mod:`duokua.engine.sift`, less the rows that left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duokua.engine.duck import DuckConnection, open_duck, text_literal
from duokua.engine.sift import counts

Ranges = Sequence[tuple[int, int]]  # of row numbers, both ends within
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class AsideRow:
    """A row that stands aside: its number in the source, raw values, faults (column, reason)."""

    row: int
    raw: dict[str, str | None]
    faults: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AsideCounts:
    """How many rows still stand aside, and how many of them have each fault."""

    rows: int
    counts: tuple[tuple[str, str, int], ...]  # column, reason, rows


def ranges_of(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Join neighbouring row numbers."""
    joined: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if joined and joined[-1][1] == row - 1:
            joined[-1] = (joined[-1][0], row)
        else:
            joined.append((row, row))
    return joined


def read_aside(
    file: Path,
    gone: Ranges,
    *,
    reason: str | None = None,
    column: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> Iterator[AsideRow]:
    """Yield rows behind row ``after`` in their order; those with a fault of both kinds if given."""
    match = "($reason is null or f.reason = $reason) and ($column is null or "
    match += "list_contains(string_split(f.\"column\", ', '), $column))"
    asked = {"reason": reason, "column": column, "after": after}
    with _rows(file, gone) as (duck, rows):
        sql = (
            f"select row, raw, faults from {rows} where row > $after "  # noqa: S608
            f"and len(list_filter(faults, lambda f: {match})) > 0 order by row"
        )
        found = duck.execute(sql + (f" limit {int(limit)}" if limit is not None else ""), asked)
        while chunk := found.fetchmany(_CHUNK):
            for row, raw, faults in chunk:
                yield AsideRow(row, raw, tuple((f["column"], f["reason"]) for f in faults))


def count_aside(file: Path, gone: Ranges) -> AsideCounts:
    """Count what still stands aside."""
    with _rows(file, gone) as (duck, rows):
        (count,) = duck.execute(f"select count(*) from {rows}").fetchall()[0]  # noqa: S608
        return AsideCounts(count, counts(duck, rows))


def still_aside(file: Path, gone: Ranges) -> set[int]:
    """Return the numbers of the rows that still stand aside."""
    with _rows(file, gone) as (duck, rows):
        return {row for (row,) in duck.execute(f"select row from {rows}").fetchall()}  # noqa: S608


@contextmanager
def _rows(file: Path, gone: Ranges) -> Iterator[tuple[DuckConnection, str]]:
    duck = open_duck(threads=1, directories=[file.parent])
    try:
        duck.execute(
            "create temp table gone as select unnest($first::bigint[]) as first, "
            "unnest($last::bigint[]) as last",
            {"first": [first for first, _ in gone], "last": [last for _, last in gone]},
        )
        yield (
            duck,
            f"(select * from read_parquet({text_literal(str(file))}) as r where not exists "  # noqa: S608
            "(select 1 from gone where r.row between gone.first and gone.last))",
        )
    finally:
        duck.close()
