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
    width = max(len(_trimmed(row)) for row in rows[:LOOKED_AT])
    for at, row in enumerate(rows[:LOOKED_AT]):
        names = _trimmed(row)
        filled = [name for name in names if name.strip()]
        if any(map(_FIGURE.fullmatch, filled)):
            continue
        if len(filled) == width and len(set(filled)) == width:
            return Header(at, names)
        if len(filled) > 1 and _completes(rows, at, width):
            return Header(at + 1, _joined(row, rows[at + 1], None), merged=True)
    return Header(0, _trimmed(rows[0]))


def _completes(rows: Sequence[Sequence[str]], at: int, width: int) -> bool:
    """Tell whether the next row fills, with words, the gaps that row ``at`` leaves."""
    if at + 1 >= len(rows):
        return False
    upper, lower = rows[at], rows[at + 1]
    cells = [lower[i].strip() if i < len(lower) else "" for i in range(width)]
    words = [cell for cell in cells if cell]
    if not words or any(map(_FIGURE.fullmatch, words)):
        return False
    above = [upper[i].strip() if i < len(upper) else "" for i in range(width)]
    gaps = [i for i in range(width) if not above[i]]
    return bool(gaps) and all(cells[i] for i in gaps) and len(words) < 2 * width
