"""The one clock engine (时限): a limit of seconds to days or of working days that can stand.

A :class:`Timer` is a pure value. Of seconds, minutes, hours and days it counts every second in which
it is not stopped. Of working days it keeps the rules of :mod:`duokua.kernel.working_time`, to whose
clock it delegates; how much of it is used grows evenly over the hours of the days that count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from duokua.kernel.clock import SHANGHAI, district_day
from duokua.kernel.working_time import Calendar, Clock, Stop

WORKING = "wd"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DAY = timedelta(days=1)
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """So many seconds (s), minutes (m), hours (h), days (d) or working days (wd)."""

    amount: int
    unit: str

    def __post_init__(self) -> None:
        if self.amount < 0 or self.unit not in (*SECONDS, WORKING):
            raise ValueError(f"{self.amount}{self.unit} is no limit")

    @property
    def working(self) -> bool:
        """Tell whether it is counted in working days."""
        return self.unit == WORKING

    @property
    def seconds(self) -> int:
        """How long it is; of working days how many there are, each a day long."""
        return self.amount * SECONDS.get(self.unit, _DAY_S)

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Timer:
    """A limit that was started, may be stopped for a reason, and is extended once."""

    limit: Limit
    started: datetime
    stops: tuple[Stop, ...] = ()
    extension: Limit | None = None
    reason: str = ""  # of the extension

    @property
    def stopped(self) -> bool:
        """Tell whether it is stopped now."""
        return bool(self.stops) and self.stops[-1].until is None

    @property
    def total_s(self) -> int:
        """The whole of it in seconds, with its extension."""
        return self.limit.seconds + (self.extension.seconds if self.extension else 0)

    @property
    def clock(self) -> Clock:
        """It as a clock of working days.

        :raises ValueError: it is of another kind.
        """
        if not self.limit.working:
            raise ValueError("only working days make a clock of working days")
        more = self.extension.amount if self.extension else 0
        return Clock(self.limit.amount, self.started, more, self.stops)

    def stop(self, at: datetime, reason: str) -> Timer:
        """Return it stopped at an instant.

        :raises ValueError: it is stopped already, there is no reason, or ``at`` is in its past.
        """
        if not reason or self.stopped or at < self._last():
            raise ValueError("a clock is stopped for a reason, while it runs, and not in its past")
        return replace(self, stops=(*self.stops, Stop(at, None, reason)))

    def resume(self, at: datetime) -> Timer:
        """Return it running again from an instant on.

        :raises ValueError: it is not stopped, or ``at`` is before the stop.
        """
        if not self.stopped or at < self._last():
            raise ValueError("only a stopped clock can be resumed, after it was stopped")
        return replace(self, stops=(*self.stops[:-1], replace(self.stops[-1], until=at)))

    def extend(self, by: Limit, reason: str) -> Timer:
        """Return it with more time; that can be done once, for a reason.

        :raises ValueError: it was extended, by nothing, or in days of the other kind.
        """
        if self.extension or not reason or not by.amount or by.working != self.limit.working:
            raise ValueError("a clock is extended once, for a reason, and in its own kind of days")
        return replace(self, extension=by, reason=reason)

    def limited(self, limit: Limit) -> Timer:
        """Return it under another limit, with its start, its stops, and its extension if it fits."""
        fits = self.extension is None or self.extension.working == limit.working
        return replace(
            self, limit=limit, extension=self.extension if fits else None,
            reason=self.reason if fits else "",
        )  # fmt: skip

    def _last(self) -> datetime:
        if not self.stops:
            return self.started
        return self.stops[-1].until or self.stops[-1].since

    def due(self, calendar: Calendar) -> datetime | None:
        """Return until when it is in time; ``None`` while a stop keeps that open."""
        if self.limit.working:
            found = self.clock.due(calendar)
            return found.astimezone(UTC) if found else None
        return self.ran(self.total_s)

    def at(self, percent: float, calendar: Calendar) -> datetime | None:
        """Return when so much of it is used; ``None`` while a stop keeps that open."""
        if percent >= 100:
            return self.due(calendar)
        need = self.total_s * percent / 100
        return self._worked(need, calendar) if self.limit.working else self.ran(need)

    def ran(self, seconds: float) -> datetime | None:
        """Return when it had run for so long by the wall clock, stops left out."""
        here, left = self.started, timedelta(seconds=seconds)
        for stop in self.stops:
            if stop.since - here >= left:
                break
            left -= stop.since - here
            if stop.until is None:
                return None
            here = stop.until
        return here + left

    def _worked(self, need: float, calendar: Calendar) -> datetime | None:
        """Return when so many seconds of days that count are over."""
        clock, left = self.clock, need
        first = district_day(clock.stops[-1].since) if clock.stopped else None
        if left <= 0:
            return self.started
        for day in calendar.working_days_after(district_day(self.started)):
            if first is not None and day >= first:
                return None
            if not clock.counts(day):
                continue
            if left <= _DAY_S:
                begun = datetime.combine(day, time(), SHANGHAI)
                return (begun + timedelta(seconds=left)).astimezone(UTC)
            left -= _DAY_S
        raise AssertionError("working days have no end")

    def used(self, now: datetime, calendar: Calendar) -> float:
        """Return how much of it is used in %; over 100 when it is over."""
        if not self.total_s:
            return 100.0
        spent = self._days_s(now, calendar) if self.limit.working else self._ran_s(now)
        return 100 * spent / self.total_s

    def _ran_s(self, now: datetime) -> float:
        stood = sum(
            (
                max(timedelta(), min(stop.until or now, now) - min(stop.since, now))
                for stop in self.stops
            ),
            timedelta(),
        )
        return max(0.0, (now - self.started - stood).total_seconds())

    def _days_s(self, now: datetime, calendar: Calendar) -> float:
        clock, today = self.clock, district_day(now)
        day, whole = district_day(self.started), 0
        while day < today - _DAY:
            day += _DAY
            whole += calendar.is_working(day) and clock.counts(day)
        part = 0.0
        if day < today and calendar.is_working(today) and clock.counts(today):
            part = (now - datetime.combine(today, time(), SHANGHAI)).total_seconds()
        return whole * _DAY_S + part

    def left(self, now: datetime, calendar: Calendar) -> timedelta | None:
        """Return how long until it is due, negative when it is over; ``None`` while it stands."""
        due = self.due(calendar)
        return None if due is None else due - now

    def overdue(self, now: datetime, calendar: Calendar) -> bool:
        """Tell whether it has run out."""
        due = self.due(calendar)
        return due is not None and now > due

    def certain(self, calendar: Calendar) -> bool:
        """Tell whether the calendar of every year that it runs through is published."""
        return not self.limit.working or self.clock.certain(calendar)


def timer_of(clock: Clock) -> Timer:
    """Return a clock of working days as a timer."""
    more = Limit(clock.extension, WORKING) if clock.extension else None
    return Timer(Limit(clock.days, WORKING), clock.started, clock.stops, more)


def timer_to_json(timer: Timer) -> dict[str, Any]:
    """Return a timer as plain values."""
    return {
        "amount": timer.limit.amount,
        "unit": timer.limit.unit,
        "started": timer.started.isoformat(),
        "extension": [timer.extension.amount, timer.extension.unit] if timer.extension else None,
        "reason": timer.reason,
        "stops": [
            [stop.since.isoformat(), stop.until.isoformat() if stop.until else None, stop.reason]
            for stop in timer.stops
        ],
    }


def timer_from_json(told: dict[str, Any]) -> Timer:
    """Read what :func:`timer_to_json` wrote, or a clock of working days as it was kept before."""
    if "days" in told:
        more = told["extension"] or None
        amount, unit = told["days"], WORKING
        extension = Limit(more, WORKING) if more else None
    else:
        amount, unit = told["amount"], told["unit"]
        extension = Limit(*told["extension"]) if told["extension"] else None
    return Timer(
        Limit(amount, unit),
        datetime.fromisoformat(told["started"]),
        tuple(_stop(*each) for each in told["stops"]),
        extension,
        told.get("reason", ""),
    )


def _stop(since: str, until: str | None, reason: str = "") -> Stop:
    read = datetime.fromisoformat
    return Stop(read(since), read(until) if until else None, reason)
