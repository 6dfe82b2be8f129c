"""Where the header of a table is: below title rows, in one row or merged from two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOOKED_AT = 40  # rows at the top that may hold the header
_GAP = re.compile(r"[\r\n\t]+")
_FIGURE = re.compile(r"[+-]?[\d.,:/%年月日 -]+")
Names = Mapping[str, str]  # a spelling, as `plain_name` gives it → the column's name


@dataclass(frozen=True, slots=True)
class Header:
    """A header found: its last row (0 is the first row read), the names, in two rows or one."""

    row: int
    names: tuple[str, ...]
    merged: bool = False


def plain_name(name: str) -> str:
    """Return the spelling in which names are compared: no full-width letters, no outer blanks."""
    return _GAP.sub("", unicodedata.normalize("NFKC", name)).strip()


def find_header(rows: Sequence[Sequence[str]], wanted: Names | None) -> Header:
    """Find the header among the first rows; ``rows`` is not empty.

    With ``wanted`` it is the row, or pair of rows, that names most of these columns; else the
    first row that looks like names.
    """
    if wanted is None:
        return _guess(rows)
    best, most = Header(0, _trimmed(rows[0])), 0
    for at, row in enumerate(rows[:LOOKED_AT]):
        options = [Header(at, _trimmed(row))]
        if at:
            options.append(Header(at, _joined(rows[at - 1], row, wanted), merged=True))
        for option in options:
            found = len({wanted[n] for n in map(plain_name, option.names) if n in wanted})
            if found > most:
                best, most = option, found
    return best


def _trimmed(row: Sequence[str]) -> tuple[str, ...]:
    """Drop empty names at the end, which a surplus delimiter leaves."""
    names = list(row)
    while len(names) > 1 and not names[-1].strip():
        names.pop()
    return tuple(names)


def _joined(upper: Sequence[str], lower: Sequence[str], wanted: Names | None) -> tuple[str, ...]:
    """Merge two header rows; an upper name reaches over the empty cells to its right."""
    names, over = [], ""
    for at in range(max(len(upper), len(lower))):
        above = upper[at].strip() if at < len(upper) else ""
        below = lower[at].strip() if at < len(lower) else ""
        over = above or over
        both = f"{over}_{below}" if over and below else below or above
        single = wanted is not None and plain_name(both) not in wanted and below
        names.append(below if single else both)
    return _trimmed(names)


def _guess(rows: Sequence[Sequence[str]]) -> Header:
    """Return the first row whose words name every column that holds anything.

    Where none does, columns that hardly any row reaches count no more: they are a stray separator.
    """
    top = rows[:LOOKED_AT]
    width = max(len(row) for row in top)
    tabular = [row for row in top if sum(bool(cell.strip()) for cell in row) > 1] or top
    for enough in (1, 1 + len(tabular) // 5):
        live = [at for at in range(width) if sum(bool(_cell(r, at)) for r in tabular) >= enough]
        found = _naming(top, live) if live else None
        if found:
            return found
    return Header(0, _trimmed(rows[0]))


def _naming(rows: Sequence[Sequence[str]], live: Sequence[int]) -> Header | None:
    """Return the first row, or pair of rows, whose words name every column of ``live``."""
    judged = [[_cell(row, at) for at in live] for row in rows]
    for at, cells in enumerate(judged):
        words = {cell for cell in cells if cell}
        if any(map(_FIGURE.fullmatch, words)):
            continue
        if len(words) == len(live):
            return Header(at, _trimmed(rows[at]))
        if len(words) > 1 and at + 1 < len(judged) and _completes(cells, judged[at + 1]):
            return Header(at + 1, _joined(rows[at], rows[at + 1], None), merged=True)
    return None


def _cell(row: Sequence[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _completes(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Tell whether the row below fills, with words, the gaps that the upper one leaves."""
    if any(map(_FIGURE.fullmatch, lower)):
        return False
    return all(below for above, below in zip(upper, lower, strict=True) if not above)
