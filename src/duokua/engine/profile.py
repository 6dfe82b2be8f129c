"""What a file without contract holds: a sample of its cells, and exact facts of all its rows.

Columns are called ``c1``, ``c2`` … here, whatever the header says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from duokua.engine.casts import TEXT, fits, reason_sql
from duokua.engine.duck import DuckConnection, open_duck, text_literal
from duokua.engine.files.peek import peek
from duokua.engine.files.refusal import EXPORT_AGAIN, refusal
from duokua.engine.files.table import ROW, Table
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind

SAMPLE_ROWS = 20_000
_FITTED_ROWS = 5_000  # exact checks of types cost microseconds a cell
_MEMORY_MB = 1024
_SEED = 20  # the same file gives the same proposal
_MOST_VALUE = 60
_RAGGED = re.compile(r"on Line: (\d+).*Expected Number of Columns: (\d+) Found: (\d+)", re.DOTALL)


# What is plainly right, so that the exact and slower check need not look at it.
_DAY = "regexp_full_match({0}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
_PLAIN = {
    Kind.INTEGER: "regexp_full_match({0}, '-?[0-9]{{1,18}}')",
    Kind.NUMBER: "regexp_full_match({0}, '-?[0-9]{{1,15}}([.][0-9]{{1,15}})?')",
    Kind.DATE: _DAY + "') and try_cast({0} as date) > date '0001-01-01'",
    Kind.TIMESTAMP: _DAY + "[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}') "
    "and try_cast({0} as timestamp) > timestamp '0001-01-02'",
}


def _plainly_right(column: Column) -> str | None:
    if column.codes:
        codes = ", ".join(text_literal(code.value) for code in column.codes)
        return f"{column.name} in ({codes})"
    if column.kind is Kind.TIMESTAMP and column.zone is None:
        return None
    form = _PLAIN.get(column.kind)
    return form.format(column.name) if form else None


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact counts of a column over all rows; ``distinct`` is an estimate."""

    filled: int
    distinct: int
    longest: int


@dataclass(frozen=True, slots=True)
class BrokenCell:
    """A cell that breaks a contract; ``row`` as the file counts it."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """All that breaks a contract: rows in all, counts by column and reason, the first cells."""

    rows: int
    counts: tuple[tuple[str, str, int], ...]
    cells: tuple[BrokenCell, ...]


@dataclass(frozen=True)
class Profile:
    """An open look at a file; every question runs on the engine."""

    duck: DuckConnection
    table: Table
    header: tuple[str, ...]
    names: tuple[str, ...]
    types: dict[str, str]  # DuckDB's, by name

    def texts(self) -> list[str]:
        """Return the names of the columns that hold text."""
        return [name for name in self.names if self.types[name] == TEXT]

    def sampled(self, name: str) -> list[str]:
        """Return the filled cells of the sample, as text."""
        rows = self.duck.execute(
            f"select cast({name} as varchar) from sample where {name} is not null"  # noqa: S608
        ).fetchall()
        return [row[0] for row in rows]

    def fitting(self, columns: Sequence[Column], passed_over: Sequence[str]) -> list[float]:
        """Return the share of the sample's cells, but for some words, that fit each column."""
        if not columns:
            return []
        words = ", ".join(text_literal(word) for word in ("", *passed_over))
        sums = []
        for each in columns:
            meant = f"{each.name} is not null and {each.name} not in ({words})"
            sums.append(f"count(*) filter (where {meant} and {reason_sql(each, TEXT)} is null)")
            sums.append(f"count(*) filter (where {meant})")
        some = f"(select * from sample limit {_FITTED_ROWS})"  # noqa: S608
        counts = self._row(f"select {', '.join(sums)} from {some}")  # noqa: S608
        return [
            fit / filled if filled else 0.0
            for fit, filled in zip(counts[::2], counts[1::2], strict=True)
        ]

    def totals(self, null_words: Sequence[str]) -> tuple[int, dict[str, Totals]]:
        """Return the number of rows and the counts of each column."""
        sums = ["count(*)"]
        for name in self.names:
            sums += [
                f"count({name})",
                f"approx_count_distinct({name})",
                f"coalesce(max(length(cast({name} as varchar))), 0)",
            ]
        row = self._row(f"select {', '.join(sums)} from {self._all(null_words)}")  # noqa: S608
        found = {name: Totals(*row[1 + 3 * at : 4 + 3 * at]) for at, name in enumerate(self.names)}
        return row[0], found

    def values(self, name: str, null_words: Sequence[str], limit: int) -> list[str]:
        """Return up to ``limit`` distinct values, the commonest first."""
        rows = self.duck.execute(
            f"select cast({name} as varchar) from {self._all(null_words)} "  # noqa: S608
            f"where {name} is not null group by {name} order by count(*) desc, 1 limit {limit}"
        ).fetchall()
        return [row[0] for row in rows]

    def distinct(self, names: Sequence[str], null_words: Sequence[str]) -> int:
        """Count the distinct combinations of some columns over all rows."""
        together = ", ".join(names)
        source = self._all(null_words)
        sql = f"select count(*) from (select distinct {together} from {source})"  # noqa: S608
        return int(self._row(sql)[0])

    def broken(self, contract: Contract, most: int) -> Broken:
        """Tell what of the file would stand aside under ``contract``, whose columns are these."""
        columns = [
            replace(column, name=name)
            for name, column in zip(self.names, contract.columns, strict=True)
        ]
        reasons = {each.name: self._reason(each) for each in columns}
        keys = [name for name, column in zip(self.names, contract.columns, strict=True)
                if column.name in contract.key]  # fmt: skip
        told = ", ".join(
            f"{{'c': '{name}', 'v': left(cast({name} as varchar), {_MOST_VALUE}), 'r': {reason}}}"
            for name, reason in reasons.items()
        )
        together, source = ", ".join(keys), self.table.numbered_sql(self.names, contract.null_words)
        self.duck.execute(
            "create or replace temp table broken as "  # noqa: S608
            "select row, t.c as name, t.v as value, t.r as reason from "
            f"(select {ROW} as row, unnest([{told}]) as t from {source}) where t.r is not null"
        )
        self.duck.execute(  # of the rows that are sound otherwise the first of each key stays
            "insert into broken "  # noqa: S608
            f"select row, '{keys[0]}', null, 'twice' from (select {ROW} as row, row_number() over "
            f"(partition by {together} order by {ROW}) as nth from {source} "
            f"where {ROW} not in (select row from broken)) where nth > 1"
        )
        return self._told(contract, most)

    def _reason(self, column: Column) -> str:
        raw = self.types[column.name]
        if not fits(column, raw):
            return f"case when {column.name} is not null then 'type' end"
        plain = _plainly_right(column) if raw == TEXT else None
        reason = reason_sql(column, raw)
        return f"case when {plain} then null else {reason} end" if plain else reason

    def _told(self, contract: Contract, most: int) -> Broken:
        title = dict(zip(self.names, (each.name for each in contract.columns), strict=True))
        counts = self.duck.execute(
            "select name, reason, count(*) from broken group by all order by 3 desc, 1, 2"
        ).fetchall()
        cells = self.duck.execute(
            f"select row, name, coalesce(value, ''), reason from broken order by row, name limit {most}"  # noqa: S608
        ).fetchall()
        rows = self._row("select count(distinct row) from broken")[0]
        return Broken(
            rows,
            tuple((title[name], reason, count) for name, reason, count in counts),
            tuple(
                BrokenCell(row, title[name], value, reason) for row, name, value, reason in cells
            ),
        )

    def _all(self, null_words: Sequence[str]) -> str:
        return self.table.sql(self.names, ("", *null_words))

    def _row(self, sql: str) -> tuple[Any, ...]:
        rows: list[tuple[Any, ...]] = self.duck.execute(sql).fetchall()
        return rows[0]


@contextmanager
def open_profile(path: Path, work: Path) -> Iterator[Profile]:
    """Open a look at ``path``; copies of foreign formats and spills go to ``work``.

    :raises Invalid: the file as a whole cannot be read, or two columns have one name.
    """
    table = peek(path, work, rows=1).table
    _check_header(path, table.header)
    names = tuple(f"c{at}" for at in range(1, len(table.header) + 1))
    folders = sorted({path.parent, table.data.parent, work})
    duck = open_duck(memory_mb=_MEMORY_MB, directories=folders, spill=work)
    try:
        yield _opened(duck, table, names)
    except duckdb.Error as error:
        raise _unreadable(path, str(error)) from error
    finally:
        duck.close()


def _unreadable(path: Path, told: str) -> Invalid:
    """Say what DuckDB met, without the line itself: it may be a person's."""
    widths = _RAGGED.search(told)
    if widths:
        line, wanted, found = map(int, widths.groups())  # of too many, the first is counted
        less = found < wanted
        what = Text(
            f"第 {line} 行的值{'少' if less else '多'}于表头的 {wanted} 列",
            f"line {line} has {'fewer' if less else 'more'} values than the header's {wanted} columns",
        )
        mend = Text("请核对该行的分隔符与引号", "check the separators and quotes of that line")
        return refusal(path, f"line {line}", what, mend)
    first = told.splitlines()[0][:200]
    what = Text(f"无法读取：{first}", f"cannot be read: {first}")
    return refusal(path, "", what, EXPORT_AGAIN)


def _check_header(path: Path, header: tuple[str, ...]) -> None:
    bare = [name.strip() for name in header]
    for at, name in enumerate(bare):
        if not name or name in bare[:at]:
            what = Text(
                f"第 {at + 1} 列{'与前面的列同名' if name else '没有列名'}",
                f"column {at + 1} {'has the name of another' if name else 'has no name'}",
            )
            mend = Text("请给每列一个不同的名称", "give each column a name of its own")
            raise refusal(path, name, what, mend)


def _opened(duck: DuckConnection, table: Table, names: tuple[str, ...]) -> Profile:
    source = table.sql(names, ("",))
    duck.execute(
        f"create temp table sample as select {', '.join(names)} from {source} "  # noqa: S608
        f"using sample reservoir({SAMPLE_ROWS} rows) repeatable ({_SEED})"
    )
    described = duck.execute("describe sample").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    return Profile(duck, table, tuple(each.strip() for each in table.header), names, types)
