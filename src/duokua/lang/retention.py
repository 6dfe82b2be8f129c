"""How long rows are kept (保存期限), as a contract promises it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_LAST_YEAR = 9700  # rows of a later one are kept for ever


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows are kept ``count`` days, months or years; ``column`` is ``None``: since they came."""

    count: int
    unit: str  # d, m, y
    column: str | None = None

    def first_kept(self, today: date) -> date:
        """Return the first day whose rows are kept still."""
        if self.unit == "d":
            return today - timedelta(days=self.count)
        return _moved(today, -self.count * (12 if self.unit == "y" else 1))

    def goes_on(self, day: date) -> date:
        """Return the first day on which rows of ``day`` go."""
        if day.year > _LAST_YEAR:
            return date.max
        if self.unit == "d":
            return day + timedelta(days=self.count + 1)
        at = _moved(day, self.count * (12 if self.unit == "y" else 1))
        while self.first_kept(at) <= day:  # months are not of one length
            at += timedelta(days=1)
        return at


def _moved(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
