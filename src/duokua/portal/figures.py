"""The figures of the home page and of the domains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from duokua.kernel.clock import district_day
from duokua.serving import usage
from duokua.serving.usage import Within

DAYS = 14


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of today and of the days before, today last."""

    today: int
    rows_today: int
    by_day: tuple[int, ...]


def calls(
    metered: Path, now: datetime, *, days: int = DAYS, interfaces: frozenset[str] | None = None
) -> Calls:
    """Count governed calls by day of the district, today last; of some interfaces or of all.

    They come from the metering, a few seconds old, as on the pages of what is in use.
    """
    last = district_day(now)
    first = last - timedelta(days=days - 1)
    counted = usage.by_day(metered, Within(first, last, interfaces=interfaces))
    told = [counted.get(first + timedelta(days=n), (0, 0)) for n in range(days)]
    return Calls(*told[-1], tuple(each for each, _ in told))
