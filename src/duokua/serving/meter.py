"""Metering (计量) and quota (配额) of one grant, exact because one event loop owns it.

What has been used is a fold over the receipts, so it is as durable as they are: at the start the
gateway replays the receipts after the last checkpoint.
"""

from __future__ import annotations

from duokua.kernel.clock import district_day_number, seconds_to_next_district_day
from duokua.lang.grant import Quota
from duokua.serving.problems import Refusal

_UNLIMITED = 1 << 62


class Meter:
    """Counts calls and rows of one grant, per day (Asia/Shanghai) and in total."""

    __slots__ = (
        "_limits",
        "_next",
        "_rate",
        "calls_day",
        "calls_total",
        "day",
        "day_end",
        "quota",
        "rows_day",
        "rows_total",
    )

    def __init__(self, quota: Quota) -> None:
        self.day = 0
        self.day_end = 0.0
        self.calls_day = self.rows_day = self.calls_total = self.rows_total = 0
        self._next = 0.0
        self.set_quota(quota)

    def set_quota(self, quota: Quota) -> None:
        """Take over new limits; what has been used stays."""
        self.quota = quota
        self._rate = quota.calls_per_second
        self._limits = tuple(
            _UNLIMITED if limit is None else limit
            for limit in (
                quota.calls_per_day,
                quota.rows_per_day,
                quota.calls_total,
                quota.rows_total,
            )
        )

    def take(self, now: float, rows: int) -> int:
        """Charge one call and reserve up to ``rows`` rows; return how many rows are reserved.

        :raises Refusal: ``rate_limited`` or ``quota_exhausted``; nothing is charged then.
        """
        if now >= self.day_end:
            self._roll(now)
        calls_per_day, rows_per_day, calls_total, rows_total = self._limits
        left = min(rows_per_day - self.rows_day, rows_total - self.rows_total)
        if self.calls_day >= calls_per_day or self.calls_total >= calls_total or left <= 0:
            raise self._exhausted(now)
        if self._rate is not None:
            self._pace(now, self._rate)
        reserved = rows if rows < left else left
        self.calls_day += 1
        self.calls_total += 1
        self.rows_day += reserved
        self.rows_total += reserved
        return reserved

    def settle(self, unused: int, at: float | None = None) -> None:
        """Give back the rows that were reserved at the instant ``at`` and not served.

        What was reserved before midnight was never part of this day's count; without ``at`` it was
        reserved just now.
        """
        if self._is_today(at):
            self.rows_day = max(0, self.rows_day - unused)
        self.rows_total = max(0, self.rows_total - unused)

    def refund(self, reserved: int, at: float | None = None) -> None:
        """Undo one :meth:`take` of the instant ``at`` whose call never got an answer."""
        if self._is_today(at):
            self.calls_day = max(0, self.calls_day - 1)
        self.calls_total = max(0, self.calls_total - 1)
        if self._rate is not None:
            self._next -= 1 / self._rate
        self.settle(reserved, at)

    def _is_today(self, at: float | None) -> bool:
        return at is None or district_day_number(at) == self.day

    def replay(self, at: float, calls: int, rows: int) -> None:
        """Count what a receipt of the instant ``at`` tells."""
        day = district_day_number(at)
        if day > self.day:
            self._roll(at)
        if day == self.day:
            self.calls_day += calls
            self.rows_day += rows
        self.calls_total += calls
        self.rows_total += rows

    def used(self, now: float) -> dict[str, int]:
        """Return what has been used, as of the day of ``now``."""
        if now >= self.day_end:
            self._roll(now)
        return {
            "calls_today": self.calls_day,
            "rows_today": self.rows_day,
            "calls_total": self.calls_total,
            "rows_total": self.rows_total,
        }

    def dump(self) -> list[int]:
        """Return the state for a checkpoint."""
        return [self.day, self.calls_day, self.rows_day, self.calls_total, self.rows_total]

    def restore(self, state: list[int]) -> None:
        """Take over a checkpoint's state."""
        self.day, self.calls_day, self.rows_day, self.calls_total, self.rows_total = state
        self.day_end = (self.day + 1) * 86_400 - 8 * 3600

    def _roll(self, now: float) -> None:
        self.day = district_day_number(now)
        self.day_end = now + seconds_to_next_district_day(now) - now % 1
        self.calls_day = self.rows_day = 0

    def _pace(self, now: float, rate: int) -> None:
        # Generic cell rate: `_next` is when the bucket of one second's calls would be empty again.
        due = max(self._next, now)
        if due - now > 1 - 1 / rate:
            raise Refusal("rate_limited", retry_after=1)
        self._next = due + 1 / rate

    def _exhausted(self, now: float) -> Refusal:
        quota = self.quota
        total = (quota.calls_total is not None and self.calls_total >= quota.calls_total) or (
            quota.rows_total is not None and self.rows_total >= quota.rows_total
        )
        state: dict[str, int | None] = {
            "calls_per_day": quota.calls_per_day,
            "rows_per_day": quota.rows_per_day,
            "calls_total_limit": quota.calls_total,
            "rows_total_limit": quota.rows_total,
            **self.used(now),
        }
        # A total never renews by itself: tell a day, the time in which a person can raise it.
        wait = 86_400 if total else seconds_to_next_district_day(now)
        return Refusal("quota_exhausted", retry_after=wait, quota=state)
