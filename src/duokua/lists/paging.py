"""Sorted lists in keyset pages (分页): pure functions over frozen rows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

Row = TypeVar("Row")
SortValue = str | int | float
PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list and the mark after which the next one begins."""

    rows: tuple[Row, ...]
    next: str | None
    total: int
    sort: str


def mark(value: SortValue, identity: str) -> str:
    """Write the place of a row as a text that fits a query string."""
    return base64.urlsafe_b64encode(json.dumps([value, identity]).encode()).decode().rstrip("=")


def read_mark(text: str | None) -> tuple[SortValue, str] | None:
    """Read a mark; ``None`` for one that nobody has given out."""
    try:
        padded = (text or "") + "=" * (-len(text or "") % 4)
        value, identity = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, binascii.Error):
        return None
    fine = isinstance(value, str | int | float) and isinstance(identity, str)
    return (value, identity) if fine else None


def read_instant(text: str | None) -> tuple[datetime, str] | None:
    """Read the mark of a list in the order of time; ``None`` for one that nobody has given out."""
    place = read_mark(text)
    try:
        at = datetime.fromisoformat(str(place[0])) if place else None
    except ValueError:
        return None
    return (at, place[1]) if place and at is not None and at.tzinfo is not None else None


def page(
    rows: Sequence[Row],
    *,
    sorts: Mapping[str, Callable[[Row], SortValue]],
    identity: Callable[[Row], str],
    sort: str | None,
    after: str | None,
    size: int = PAGE_ROWS,
) -> Page[Row]:
    """Return the page after ``after`` in the order ``sort`` (``-name`` for descending).

    Rows are ordered by value and then by identity, so that no row is shown twice or left out.
    """
    name = (sort or "").removeprefix("-")
    if name not in sorts:
        name, sort = next(iter(sorts)), next(iter(sorts))
    down = (sort or "").startswith("-")
    key = sorts[name]

    def place(row: Row) -> tuple[SortValue, str]:
        return key(row), identity(row)

    ordered = sorted(rows, key=place, reverse=down)
    start = _start(ordered, place, read_mark(after), down)
    shown = tuple(ordered[start : start + size])
    more = start + size < len(ordered)
    return Page(shown, mark(*place(shown[-1])) if more else None, len(rows), f"{'-' * down}{name}")


def _start(
    ordered: Sequence[Row],
    place: Callable[[Row], tuple[SortValue, str]],
    after: tuple[SortValue, str] | None,
    down: bool,
) -> int:
    if after is None:
        return 0
    for index, row in enumerate(ordered):
        here = place(row)
        if type(here[0]) is not type(after[0]):
            return 0  # a mark of another order
        if (here < after) if down else (here > after):
            return index
    return len(ordered)
