"""A table (表格) of a panel: its columns with words, sorted, in pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from duokua.kernel.text import Language, Text
from duokua.loop.drawing.rows import Row, Rows, number, said

PAGE = 20
MOST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its name and its words."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it says, whether it is a figure, its level where it is one."""

    text: str
    number: bool = False
    level: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One page of a table; ``page`` counts from 1."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    page: int
    pages: int
    total: int
    sort: str


@dataclass(frozen=True, slots=True)
class Wording:
    """How values of coded columns are said, and which columns hold levels."""

    codes: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    levels: frozenset[str] = frozenset()
    language: Language = "zh"

    def said(self, column: str, value: object) -> str:
        """Write a value, by its code's words where it has one."""
        told = self.codes.get(column, {}).get(str(value))
        return told.in_(self.language) if told else said(value)


_PLAIN = Wording()


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
    wording: Wording = _PLAIN,
    url: Callable[[Row], str] | None = None,
) -> Table:
    """Return a page of rows, sorted by a column (``-name``: downward); else in their own order.

    ``url`` tells the page of a row, to which its first cell leads.
    """
    ordered = ordered_rows(rows, sort)
    size = min(max(size, 1), MOST_PAGE)
    pages = max(-(-len(ordered) // size), 1)
    page = min(max(page, 1), pages)
    here = ordered[(page - 1) * size : page * size]
    known = sort if sort.removeprefix("-") in rows.columns else ""
    told = tuple(_cells(row, shown, wording, url(row) if url else "") for row in here)
    return Table(tuple(shown), told, page, pages, len(ordered), known)


def _cells(row: Row, shown: Sequence[Head], wording: Wording, url: str) -> tuple[Cell, ...]:
    found = []
    for at, head in enumerate(shown):
        value = row.get(head.name)
        level = str(value or "none") if head.name in wording.levels else ""
        text = wording.said(head.name, value)
        found.append(Cell(text, number(value) is not None, level, "" if at else url))
    return tuple(found)


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
