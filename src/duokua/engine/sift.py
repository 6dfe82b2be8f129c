"""Parts the rows of a file: those that fit the contract land, the others stand aside (隔离区).

What stands aside is a Parquet file of its own: the row's number in the source, its raw values as
text, and each fault as column and reason code (:data:`duokua.engine.reasons.REASONS`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from duokua.engine.casts import reason_sql, value_sql
from duokua.engine.delta import TableHead
from duokua.engine.duck import DuckConnection, scan, text_literal
from duokua.engine.source import Source, quoted
from duokua.engine.verdict import numbered

_FAULT = 'struct("column" varchar, reason varchar)'


@dataclass(frozen=True, slots=True)
class Aside:
    """The rows of a file that stand aside; a row may have several faults."""

    file: Path
    rows: int
    counts: tuple[tuple[str, str, int], ...]  # column, reason, how many rows


def sift(
    duck: DuckConnection,
    source: Source,
    into: Path,
    aside: Path,
    spill: Path,
    *,
    present: TableHead | None,
    unique: bool,
) -> Aside | None:
    """Write the good rows to ``into`` and the others to ``aside``; ``None`` if no row is good.

    Of rows with the same key the first good one lands; ``unique`` is false where all of them may.
    """
    judged = spill / "judged.parquet"
    duck.execute(f"copy ({_judged(duck, source)}) to {_path(judged)} (format parquet)")
    rows = f"read_parquet({_path(judged)})"
    duck.execute(f"create temp table late as {_late(source, rows, present, unique)}")
    typed = ", ".join(
        f"typed.{quoted(column.name)} as {quoted(column.name)}"
        for column in source.contract.columns
    )
    good = f"from {rows} where len(faults) = 0 and row not in (select row from late)"  # noqa: S608
    (fine,) = duck.execute(f"select count(*) {good}").fetchall()[0]
    if not fine:
        return None
    duck.execute(
        f"copy (select {typed} {good}) to {_path(into)} (format parquet, compression zstd)"
    )
    return _set_aside(duck, rows, aside)


def _judged(duck: DuckConnection, source: Source) -> str:
    """Return the query of each row's number, raw values, typed values and faults."""
    types, columns = source.raw_types(duck), source.contract.columns
    raw, typed, faults = [], [], []
    for column in columns:
        name, kind = text_literal(column.name), types[column.name]
        raw.append(f"{name}: cast({quoted(column.name)} as varchar)")
        typed.append(f"{name}: {value_sql(column, kind, lenient=True)}")
        faults.append(f"{{'column': {name}, 'reason': {reason_sql(column, kind)}}}")
    return (
        f"select _row as row, {{{', '.join(raw)}}} as raw, {{{', '.join(typed)}}} as typed, "  # noqa: S608
        f"list_filter([{', '.join(faults)}], lambda each: each.reason is not null) as faults "
        f"from {numbered(source)}"
    )


def _late(source: Source, rows: str, present: TableHead | None, unique: bool) -> str:
    """Return the query of the rows that only their keys speak against, and why."""
    keys = source.contract.key
    typed = ", ".join(f"typed.{quoted(name)} as {quoted(name)}" for name in keys)
    fine = f"(select row, {typed} from {rows} where len(faults) = 0)"  # noqa: S608
    names = ", ".join(map(quoted, keys))
    found = []
    if unique:
        found.append(
            f"select row, 'twice' as reason from (select row, row_number() over "  # noqa: S608
            f"(partition by {names} order by row) as nth from {fine}) where nth > 1"
        )
    if present is not None and present.files:
        old = scan(present.files, keys)
        found.append(f"select row, 'exists' as reason from {fine} semi join {old} using ({names})")  # noqa: S608
    place = text_literal(", ".join(keys))
    every = " union all ".join(found) or "select 0 as row, '' as reason where false"
    fault = f"list({{'column': {place}, 'reason': reason}} order by reason)"
    return f"select row, {fault} as faults from ({every}) group by row"  # noqa: S608


def _set_aside(duck: DuckConnection, rows: str, aside: Path) -> Aside:
    both = f"list_concat(r.faults, coalesce(l.faults, cast([] as {_FAULT}[])))"
    duck.execute(
        f"copy (select r.row as row, raw, {both} as faults "  # noqa: S608
        f"from {rows} as r left join late as l on r.row = l.row "
        "where len(r.faults) > 0 or l.row is not null order by r.row) "
        f"to {_path(aside)} (format parquet, compression zstd)"
    )
    stood = f"read_parquet({_path(aside)})"
    (count,) = duck.execute(f"select count(*) from {stood}").fetchall()[0]  # noqa: S608
    return Aside(aside, count, counts(duck, stood))


def counts(duck: DuckConnection, rows: str) -> tuple[tuple[str, str, int], ...]:
    """Return how many of ``rows``, the SQL of rows that stand aside, have each fault."""
    return tuple(
        duck.execute(
            f'select fault."column", fault.reason, count(*) '  # noqa: S608
            f"from (select unnest(faults) as fault from {rows}) group by all order by all"
        ).fetchall()
    )


def _path(file: Path) -> str:
    return text_literal(str(file))
