"""How long a withdrawal is announced before it is complete (下架公示期)."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.kernel.clock import SHANGHAI

NOTICE_DAYS = 10  # working days; the project's own figure until the law pack states one
_FRIDAY = 4


def notice_end(now: datetime) -> datetime:
    """Return the end of the last working day of a notice that begins now."""
    day, left = now.astimezone(SHANGHAI), NOTICE_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() <= _FRIDAY
    return day.replace(hour=23, minute=59, second=59, microsecond=0)
