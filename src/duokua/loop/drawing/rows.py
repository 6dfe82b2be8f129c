"""The rows that a panel draws, and how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from duokua.kernel.clock import SHANGHAI
from duokua.kernel.text import Text

FINE, EMPTY, STALE, UNKNOWN = "fine", "empty", "stale", "unknown"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with the age of their data; ``unknown`` has none and says why."""

    columns: tuple[str, ...] = ()
    rows: Sequence[Row] = ()
    state: str = FINE
    as_of: datetime | None = None
    why: Text = field(default_factory=lambda: Text("", ""))
    receipts: tuple[str, ...] = ()

    def numbers(self, column: str) -> list[float | None]:
        """Return a column as numbers; what is none is ``None``."""
        return [number(row.get(column)) for row in self.rows]


def number(value: object) -> float | None:
    """Return a value as a number; ``None``: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    told = float(value)
    return told if abs(told) < float("inf") else None  # and not NaN, which compares to nothing


def said(value: object) -> str:
    """Write a value as a person reads it: days as they are, instants in the district's time."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        at = value.astimezone(SHANGHAI) if value.tzinfo else value
        return at.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "✓" if value else "✗"
    told = number(value)
    if told is None:
        return str(value)
    return f"{told:,.0f}" if told == int(told) else f"{told:,.2f}".rstrip("0")
