"""What a governed call must answer, in plain Python: slow, obvious, and written from the rules.

It shares no code with the compilers of masks and predicates. Rows are dicts of canonical values:
dates ``YYYY-MM-DD``, instants ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, ``None`` for missing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

from duokua.lang.mask import ByKind, Grid, Hide, Keep, Mask, Pseudonym, Round, Truncate
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix
from reference.masks_by_kind import gridded, shown

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


def evaluate(
    rows: Sequence[Row],
    contract_columns: Sequence[str],
    grant_columns: Sequence[str],
    masks: Mapping[str, Mask],
    row_filter: Predicate | None,
    filters: Sequence[Predicate],
    order: Sequence[str],
    limit: int | None,
    mask_key: str,
) -> list[dict[str, Cell]]:
    """Return the rows and columns that a grant lets through.

    The row filter sees raw values; the caller's ``filters`` and the order see masked ones. Order
    columns have a value in every row.
    """
    allowed = [row for row in rows if row_filter is None or holds(row_filter, row) is True]
    masked = [
        {name: masked_value(row[name], masks.get(name), mask_key) for name in contract_columns}
        for row in allowed
    ]
    kept = [row for row in masked if all(holds(each, row) is True for each in filters)]
    kept.sort(key=lambda row: tuple(_rank(row[name]) for name in order))
    return [{name: row[name] for name in grant_columns} for row in kept[:limit]]


def _rank(cell: Cell) -> str | int | float:
    if cell is None:
        raise ValueError("an order column has no value")
    return cell


def masked_value(cell: Cell, mask: Mask | None, mask_key: str) -> Cell:
    """Return what a mask shows of a value."""
    if mask is None or cell is None:
        return cell
    match mask:
        case Hide():
            return None
        case Keep(head, tail):
            text = str(cell)
            if len(text) <= head + tail:
                return "****"
            return text[:head] + "****" + text[len(text) - tail :]
        case Truncate(unit):
            return _truncated(str(cell), unit)
        case Round(step):
            return _rounded(cell, step)
        case Pseudonym():
            return _digest(mask_key + _digest(mask_key + str(cell)))[:32]
        case Grid(per_degree):
            assert isinstance(cell, float)
            return gridded(cell, per_degree)
        case ByKind(kind):
            return shown(kind.value, cell)


def _truncated(day: str, unit: str) -> str:
    year, month, _ = day.split("-")
    if unit == "decade":
        return max(f"{int(year) // 10:03}0-01-01", "0001-01-01")
    return f"{year}-01-01" if unit == "year" else f"{year}-{month}-01"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rounded(cell: Cell, step: int) -> int | float | None:
    if isinstance(cell, int):
        lower = cell // step * step
        return lower if lower >= -(2**63) else None  # no 64-bit integer is that low
    assert isinstance(cell, float)
    return math.floor(cell / step) * float(step) + 0.0


def holds(predicate: Predicate, row: Row) -> bool | None:
    """Tell whether a predicate holds, ``None`` for unknown: Kleene's three-valued logic."""
    match predicate:
        case And(parts):
            found = [holds(part, row) for part in parts]
            return False if False in found else None if None in found else True
        case Or(parts):
            found = [holds(part, row) for part in parts]
            return True if True in found else None if None in found else False
        case Not(part):
            inner = holds(part, row)
            return None if inner is None else not inner
        case IsNull(column):
            return row[column] is None
        case _:
            return _leaf(predicate, row)


def _leaf(predicate: Compare | In | Prefix, row: Row) -> bool | None:
    cell = row[predicate.column]
    if isinstance(predicate, In) and not predicate.values:
        return False
    if cell is None:
        return None
    match predicate:
        case In(_, values):
            return cell in values
        case Prefix(_, text):
            return str(cell).startswith(text)
        case Compare(_, op, value):
            return _compare(cell, op, value)


def _compare(cell: Cell, op: str, value: Cell) -> bool:
    less, same = cell < value, cell == value  # type: ignore[operator]
    return {
        "eq": same,
        "ne": not same,
        "lt": less,
        "le": less or same,
        "gt": not less and not same,
        "ge": not less,
    }[op]
