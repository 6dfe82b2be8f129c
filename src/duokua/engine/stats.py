"""Statistics of a table: exact rows and, for each column, nulls, least and greatest value.

Values are canonical (see :func:`duokua.lang.predicate.canonical`), so that they sort and travel
as JSON. They live in the commit that they describe, never beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from duokua.lang.contract import Column, Kind
from duokua.lang.predicate import Value


@dataclass(frozen=True, slots=True)
class ColumnStats:
    """Of one column; ``least`` and ``greatest`` are ``None`` when every row is null."""

    nulls: int
    least: Value | None
    greatest: Value | None


@dataclass(frozen=True, slots=True)
class TableStats:
    """Of all rows of one version."""

    rows: int
    columns: tuple[tuple[str, ColumnStats], ...]

    def of(self, name: str) -> ColumnStats:
        """Return the statistics of a column; one added later is null in every row so far."""
        return dict(self.columns).get(name) or ColumnStats(self.rows, None, None)


EMPTY = TableStats(0, ())


def merge(before: TableStats, added: TableStats) -> TableStats:
    """Return the statistics of both sets of rows together."""
    names = dict.fromkeys([*dict(before.columns), *dict(added.columns)])
    return TableStats(
        before.rows + added.rows,
        tuple((name, _merge_column(before.of(name), added.of(name))) for name in names),
    )


def _merge_column(one: ColumnStats, other: ColumnStats) -> ColumnStats:
    return ColumnStats(
        one.nulls + other.nulls,
        _pick(min, one.least, other.least),
        _pick(max, one.greatest, other.greatest),
    )


def _pick(choose: Any, *values: Value | None) -> Value | None:
    given = [value for value in values if value is not None]
    picked: Value | None = choose(given) if given else None
    return picked


def dump_stats(stats: TableStats) -> str:
    """Write as JSON text for the commit's metadata."""
    columns = {name: [each.nulls, each.least, each.greatest] for name, each in stats.columns}
    return json.dumps({"rows": stats.rows, "columns": columns}, ensure_ascii=False)


def parse_stats(text: str) -> TableStats:
    """Read what :func:`dump_stats` wrote."""
    value = json.loads(text)
    columns = ((name, ColumnStats(*each)) for name, each in value["columns"].items())
    return TableStats(value["rows"], tuple(columns))


def stats_sql(columns: Iterable[Column], source: str, more: Iterable[str] = ()) -> str:
    """Return the query whose one row :func:`stats_from_row` reads; ``source`` is a table's SQL.

    ``more`` are further aggregates that the same pass is to compute; they come last.
    """
    parts = ["count(*)"]
    for column in columns:
        name = f'"{column.name}"'
        parts.append(f"count(*) - count({name})")
        parts += [_stored(column.kind, f"{choose}({name})") for choose in ("min", "max")]
    return f"select {', '.join([*parts, *more])} from {source}"  # noqa: S608


def stats_from_row(columns: Iterable[Column], row: tuple[Any, ...]) -> TableStats:
    """Read the row of :func:`stats_sql`."""
    listed = []
    for at, column in enumerate(columns):
        nulls, least, greatest = row[1 + 3 * at : 4 + 3 * at]
        listed.append((column.name, ColumnStats(nulls, least, greatest)))
    return TableStats(row[0], tuple(listed))


def stored_sql(column: Column) -> str:
    """Return the DuckDB expression of a column in canonical form."""
    return _stored(column.kind, f'"{column.name}"')


def _stored(kind: Kind, value: str) -> str:
    match kind:
        case Kind.DATE:
            return f"strftime({value}, '%Y-%m-%d')"
        case Kind.TIMESTAMP:
            return f"strftime({value} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
        case _:
            return value


def delta_stats(columns: Iterable[Column], stats: TableStats, longest: int = 64) -> str:
    """Write as the per-file statistics of a Delta log, by which readers skip files.

    Texts over ``longest`` characters are left out, as a cut one would be no bound.
    """
    least: dict[str, Value] = {}
    greatest: dict[str, Value] = {}
    for column in columns:
        each = stats.of(column.name)
        if column.kind is Kind.BOOLEAN or each.least is None or each.greatest is None:
            continue
        if max(len(str(each.least)), len(str(each.greatest))) <= longest:
            least[column.name], greatest[column.name] = each.least, each.greatest
    nulls = {column.name: stats.of(column.name).nulls for column in columns}
    return json.dumps(
        {"numRecords": stats.rows, "minValues": least, "maxValues": greatest, "nullCount": nulls},
        ensure_ascii=False,
    )
