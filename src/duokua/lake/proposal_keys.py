"""Looks for the columns that identify a row of a file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from duokua.engine.profile import Profile, Totals
from duokua.lang.contract import Column, Kind
from duokua.lang.personal import Finding

_ID_TITLE = re.compile(
    r"编号|编码|代码|序号|流水号|单号|[号码]$|id$|code$|uuid|key|\bno\b|_no$|number", re.I
)
_MORE_TITLE = re.compile(
    r"时间|日期|年|月|小时|类型|名称|time|date|year|month|hour|type|name|country", re.I
)
_SLACK = 0.8  # the estimate of distinct values may be that far off
_MOST_TRIED = 40
_MOST_COLUMNS = 3
_AT_ALL = 0.5


@dataclass(frozen=True, slots=True)
class Key:
    """Columns by position that identify a row, and how many rows they tell apart."""

    columns: tuple[int, ...]
    distinct: int


def find_key(
    profile: Profile,
    columns: Sequence[Column],
    rows: int,
    totals: dict[str, Totals],
    null_words: Sequence[str],
) -> Key | None:
    """Return the best key: one column, else two or three; the nearest one where none is exact."""
    able = [
        at
        for at, (name, column) in enumerate(zip(profile.names, columns, strict=True))
        if totals[name].filled == rows and column.kind is not Kind.NUMBER and rows
    ]
    best: Key | None = None
    for some in _tried(profile, columns, rows, totals, able):
        count = profile.distinct([profile.names[at] for at in some], null_words)
        if count == rows:
            return Key(some, count)
        if count >= _AT_ALL * rows and (best is None or count > best.distinct):
            best = Key(some, count)
    return best


def _tried(
    profile: Profile,
    columns: Sequence[Column],
    rows: int,
    totals: dict[str, Totals],
    able: list[int],
) -> list[tuple[int, ...]]:
    distinct = {at: totals[profile.names[at]].distinct for at in able}
    singles = [at for at in able if distinct[at] >= _SLACK * rows]
    found: list[tuple[int, ...]] = [
        (at,) for at in sorted(singles, key=lambda at: _rank(columns[at], at))
    ]
    wide = sorted(
        (at for at in able if distinct[at] > 1 and columns[at].kind is not Kind.BOOLEAN),
        key=lambda at: _rank(columns[at], at),
    )
    for size in range(2, _MOST_COLUMNS + 1):
        for some in itertools.combinations(wide, size):
            product = 1
            for at in some:
                product *= distinct[at]
            if product >= _SLACK * rows:
                found.append(tuple(sorted(some)))
    return found[:_MOST_TRIED]


def _rank(column: Column, at: int) -> tuple[int, int]:
    """Order columns: named like a key, a person's number, like a circumstance, others, private."""
    names = (column.title.zh, column.name)
    if column.personal == Finding.RESIDENT_ID:
        return 1, at
    if column.personal is not None:
        return 4, at
    if any(map(_ID_TITLE.search, names)):
        return 0, at
    return (2 if any(map(_MORE_TITLE.search, names)) else 3), at
