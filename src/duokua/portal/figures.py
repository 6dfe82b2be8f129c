"""The figures of the home page and of the domains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from duokua.kernel.clock import district_day
from duokua.serving import receipt_index

DAYS = 14


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of today and of the days before, today last."""

    today: int
    rows_today: int
    by_day: tuple[int, ...]


def calls(
    index: Path, now: datetime, *, days: int = DAYS, interfaces: frozenset[str] | None = None
) -> Calls:
    """Count governed calls by day of the district, today last; of some interfaces or of all."""
    first = now - timedelta(days=days - 1)
    found = receipt_index.totals(index, by="day", since=first, interfaces=interfaces)
    totals = {row.key: row for row in found}
    names = [(district_day(first) + timedelta(days=n)).isoformat() for n in range(days)]
    counted = tuple(totals[day].calls if day in totals else 0 for day in names)
    today = totals.get(names[-1])
    return Calls(counted[-1], today.rows if today else 0, counted)
