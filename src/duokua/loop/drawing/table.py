"""A table (表格) of a panel: its columns with words, sorted, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text
from duokua.loop.drawing.rows import Row, Rows, number, said

PAGE = 20
MOST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its name and its words."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Table:
    """One page of a table; ``page`` counts from 1."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]  # of the rows' own pages; empty: none
    levels: tuple[str, ...]
    page: int
    pages: int
    total: int
    sort: str
    numeric: frozenset[str] = frozenset()


def heads(columns: Sequence[str], titles: Mapping[str, Text]) -> tuple[Head, ...]:
    """Return columns with their words; one without has its name."""
    return tuple(Head(name, titles.get(name, Text(name, name))) for name in columns)


def table(
    rows: Rows,
    shown: Sequence[Head],
    *,
    sort: str = "",
    page: int = 1,
    size: int = PAGE,
    key: str = "",
    level: str = "",
) -> Table:
    """Return a page of rows, sorted by a column (``-name``: downward); else in their own order."""
    ordered = ordered_rows(rows, sort)
    size = min(max(size, 1), MOST_PAGE)
    pages = max(-(-len(ordered) // size), 1)
    page = min(max(page, 1), pages)
    here = ordered[(page - 1) * size : page * size]
    return Table(
        heads=tuple(shown),
        rows=tuple(tuple(said(row.get(head.name)) for head in shown) for row in here),
        keys=tuple(str(row.get(key, "")) for row in here) if key else (),
        levels=tuple(str(row.get(level) or "") for row in here) if level else (),
        page=page,
        pages=pages,
        total=len(ordered),
        sort=sort if sort.removeprefix("-") in rows.columns else "",
        numeric=frozenset(
            head.name
            for head in shown
            if any(number(row.get(head.name)) is not None for row in here)
        ),
    )


def ordered_rows(rows: Rows, sort: str) -> list[Row]:
    """Return the rows by a column; those without a value come last either way."""
    name = sort.removeprefix("-")
    if name not in rows.columns:
        return list(rows.rows)
    told = [row for row in rows.rows if row.get(name) is not None]
    lacking = [row for row in rows.rows if row.get(name) is None]
    return [
        *sorted(told, key=lambda row: _place(row[name]), reverse=sort.startswith("-")),
        *lacking,
    ]


def _place(value: Any) -> tuple[int, float, str]:
    """Return what a value is sorted by; days and instants sort as they are written."""
    told = number(value)
    return (0, told, "") if told is not None else (1, 0.0, str(value))
