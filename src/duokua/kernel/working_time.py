"""Working days (工作日) of Asia/Shanghai, and a clock of working days that can be stopped.

A period of *n* working days begins on the day after the act that starts it and ends with the end
of its n-th working day, at 24:00 (民法典 Art. 201 and 203; the portal has no closing time). A day counts
for a clock unless the clock was stopped on it: of a stop from one day to a later one, both days and
those between do not count, so whoever decides never loses a day to it; a stop that ends on the
day it began changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from duokua.kernel.clock import SHANGHAI, district_day

_DAY = timedelta(days=1)
_SATURDAY = 5
_LAST = time(23, 59, 59, tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: weekdays, but for days off and with the weekends worked instead (调休)."""

    off: frozenset[date] = frozenset()  # weekdays that are not worked
    worked: frozenset[date] = frozenset()  # weekend days that are
    published: frozenset[int] = frozenset()  # years for which the arrangement is known

    def is_working(self, day: date) -> bool:
        """Tell whether a day is worked."""
        if day.weekday() >= _SATURDAY:
            return day in self.worked
        return day not in self.off

    def working_days_after(self, day: date) -> Iterator[date]:
        """Yield the working days after ``day``, without end."""
        while True:
            day += _DAY
            if self.is_working(day):
                yield day

    def after(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day``; of 0 the day itself."""
        if count > 0:
            days = self.working_days_after(day)
            for _ in range(count):
                day = next(days)
        return day

    def between(self, start: date, end: date) -> int:
        """Return how many working days lie after ``start`` up to and including ``end``."""
        days = 0
        while start < end:
            start += _DAY
            days += self.is_working(start)
        return days

    def known(self, start: date, end: date) -> bool:
        """Tell whether the arrangement of every year from ``start`` to ``end`` is published."""
        return self.published.issuperset(range(start.year, end.year + 1))


def end_of(day: date) -> datetime:
    """Return the last second of a day in Asia/Shanghai."""
    return datetime.combine(day, _LAST)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a clock; ``until`` is ``None`` while it lasts."""

    since: datetime
    until: datetime | None = None
    reason: str = ""

    def covers(self, day: date) -> bool:
        """Tell whether a day does not count because of this stop."""
        first = district_day(self.since)
        if self.until is None:
            return day >= first
        last = district_day(self.until)
        return first < last and first <= day <= last


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock (期限) of ``days`` working days that was started, may be stopped, and extended once."""

    days: int
    started: datetime
    extension: int = 0
    stops: tuple[Stop, ...] = field(default=())

    @property
    def stopped(self) -> bool:
        """Tell whether it is stopped now."""
        return bool(self.stops) and self.stops[-1].until is None

    def stop(self, at: datetime) -> Clock:
        """Return the clock stopped (停表) at an instant.

        :raises ValueError: it is stopped already, or ``at`` is before something that happened.
        """
        if self.stopped or at < self._last():
            raise ValueError("a stopped clock cannot be stopped, nor one in its past")
        return replace(self, stops=(*self.stops, Stop(at)))

    def resume(self, at: datetime) -> Clock:
        """Return the clock that runs again from an instant on.

        :raises ValueError: it is not stopped, or ``at`` is before the stop.
        """
        if not self.stopped or at < self._last():
            raise ValueError("only a stopped clock can be resumed, after it was stopped")
        return replace(self, stops=(*self.stops[:-1], replace(self.stops[-1], until=at)))

    def extend(self, days: int) -> Clock:
        """Return the clock with more working days (延期); that can be done once.

        :raises ValueError: it was extended already, or by no day.
        """
        if self.extension or days < 1:
            raise ValueError("a clock is extended once, by at least a day")
        return replace(self, extension=days)

    def _last(self) -> datetime:
        if not self.stops:
            return self.started
        return self.stops[-1].until or self.stops[-1].since

    def counts(self, day: date) -> bool:
        """Tell whether no stop keeps a day from counting."""
        return not any(each.covers(day) for each in self.stops)

    def due_day(self, calendar: Calendar) -> date | None:
        """Return the last day; ``None`` while a stop that began before it lasts."""
        left, day = self.days + self.extension, district_day(self.started)
        stopped = district_day(self.stops[-1].since) if self.stopped else None
        if left == 0:
            return day
        for each in calendar.working_days_after(day):
            if stopped is not None and each >= stopped:
                return None
            left -= self.counts(each)
            if left == 0:
                return each
        raise AssertionError("working days have no end")

    def due(self, calendar: Calendar) -> datetime | None:
        """Return the instant until which it is in time; ``None`` while it is stopped."""
        day = self.due_day(calendar)
        return None if day is None else end_of(day)

    def left(self, now: datetime, calendar: Calendar) -> int:
        """Return how many working days are left, today included; 0 when it is due or over."""
        today = district_day(now)
        used, day = 0, district_day(self.started)
        while day < today - _DAY:
            day += _DAY
            used += calendar.is_working(day) and self.counts(day)
        return max(0, self.days + self.extension - used)

    def overdue(self, now: datetime, calendar: Calendar) -> bool:
        """Tell whether it has run out."""
        due = self.due(calendar)
        return due is not None and now > due

    def certain(self, calendar: Calendar) -> bool:
        """Tell whether the calendar of every year that it runs through is published."""
        start = district_day(self.started)
        return calendar.known(start, self.due_day(calendar) or start)
