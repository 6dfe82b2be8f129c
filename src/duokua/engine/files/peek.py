"""A look at a file without a contract: what it is and its first rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from duokua.engine.duck import open_duck
from duokua.engine.files.delimited import delimited_rows
from duokua.engine.files.formats import Format
from duokua.engine.files.reading import read_table
from duokua.engine.files.table import Table

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Peek:
    """What a look at a file has found; ``table.sql(table.labels())`` reads all of its rows."""

    format: Format
    encoding: str | None  # of a text format
    delimiter: str | None  # of delimited text
    header: tuple[str, ...]
    rows: tuple[Row, ...]  # every value as text, as wide as the header
    approx_rows: int
    header_row: int  # of the file, from 1; 0 where the format has none
    table: Table


def peek(path: Path, work: Path, rows: int = 1000) -> Peek:
    """Return the header and the first ``rows`` rows of ``path``; ``work`` is for copies.

    :raises Invalid: the file as a whole cannot be read.
    """
    table = read_table(path, work)
    found = _parquet_rows(table, rows) if table.parquet else delimited_rows(table, rows)
    width = len(table.header)
    return Peek(
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        header=table.header,
        rows=tuple(_row(cells, width) for cells in islice(found, rows)),
        approx_rows=table.rows,
        header_row=table.header_row,
        table=table,
    )


def _row(cells: Iterable[str | None], width: int) -> Row:
    found = [None if cell is None else cell.strip() for cell in cells][:width]
    return tuple(found + [None] * (width - len(found)))


def _parquet_rows(table: Table, limit: int) -> list[tuple[str | None, ...]]:
    duck = open_duck(threads=1, directories=[table.data.parent])
    try:
        sql = table.sql(table.labels())
        rows: list[tuple[str | None, ...]] = duck.execute(
            f"select cast(columns(*) as varchar) from {sql} limit {limit}"  # noqa: S608
        ).fetchall()
        return rows
    finally:
        duck.close()
