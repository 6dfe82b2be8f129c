"""The figures of the home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from duokua.kernel.clock import district_day
from duokua.serving import receipt_index

DAYS = 14
_WIDTH, _HEIGHT, _PAD = 120.0, 34.0, 2.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of today and of the last two weeks, and the line that draws them."""

    today: int
    rows_today: int
    by_day: tuple[int, ...]

    @property
    def line(self) -> str:
        """The points of an SVG polyline, 120 by 34."""
        most = max(self.by_day) or 1
        step = (_WIDTH - 2 * _PAD) / (len(self.by_day) - 1)
        reach = _HEIGHT - 2 * _PAD
        return " ".join(
            f"{_PAD + n * step:.1f},{_HEIGHT - _PAD - reach * calls / most:.1f}"
            for n, calls in enumerate(self.by_day)
        )


def calls(index: Path, now: datetime) -> Calls:
    """Count governed calls by day of the district, today last."""
    first = now - timedelta(days=DAYS - 1)
    totals = {row.key: row for row in receipt_index.totals(index, by="day", since=first)}
    days = [(district_day(first) + timedelta(days=n)).isoformat() for n in range(DAYS)]
    counted = tuple(totals[day].calls if day in totals else 0 for day in days)
    today = totals.get(days[-1])
    return Calls(counted[-1], today.rows if today else 0, counted)
