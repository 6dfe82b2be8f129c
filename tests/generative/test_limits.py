"""Laws of the one clock engine: of seconds to days and of working days alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.limits import (
    SECONDS,
    WORKING,
    Limit,
    Timer,
    timer_from_json,
    timer_of,
    timer_to_json,
)
from duokua.kernel.working_time import Calendar, Clock

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
DAYS = st.dates(date(2026, 1, 1), date(2026, 6, 30))
CALENDARS = st.builds(
    lambda off, worked: Calendar(
        off=frozenset(d for d in off if d.weekday() < 5),
        worked=frozenset(d for d in worked if d.weekday() >= 5),
        published=frozenset({2026}),
    ),
    st.frozensets(DAYS, max_size=40),
    st.frozensets(DAYS, max_size=40),
)
AMOUNTS = {"s": 100_000, "m": 5_000, "h": 200, "d": 20, "wd": 12}
HOURS = st.integers(0, 24 * 40)


def later(hours: float) -> datetime:
    """An instant so many hours after the start."""
    return START + timedelta(hours=hours)


@st.composite
def timers(draw: st.DrawFn, unit: str = "") -> Timer:
    """A running timer that was stopped and resumed some times, perhaps extended."""
    unit = unit or draw(st.sampled_from(tuple(AMOUNTS)))
    timer = Timer(Limit(draw(st.integers(1, AMOUNTS[unit])), unit), START)
    hours = sorted(draw(st.lists(HOURS, max_size=6)))
    for since, until in zip(hours[::2], hours[1::2], strict=False):
        timer = timer.stop(later(since), "等待").resume(later(until))
    if draw(st.booleans()):
        more = unit if unit == WORKING else draw(st.sampled_from(tuple(SECONDS)))
        timer = timer.extend(Limit(draw(st.integers(1, AMOUNTS[more])), more), "延期")
    return timer


@given(timers(), CALENDARS)
def test_what_is_kept_is_what_was_meant(timer: Timer, calendar: Calendar) -> None:
    again = timer_from_json(timer_to_json(timer))
    assert again == timer and again.due(calendar) == timer.due(calendar)


@given(timers(), CALENDARS, st.lists(st.floats(1, 100), min_size=2, max_size=4))
def test_percentages_come_in_order_and_the_last_is_the_end(
    timer: Timer, calendar: Calendar, percents: list[float]
) -> None:
    at = [timer.at(percent, calendar) for percent in [*sorted(percents), 100]]
    told = [each for each in at if each is not None]
    assert told == sorted(told) and at[-1] == timer.due(calendar)


@given(timers(), CALENDARS, st.floats(1, 99))
def test_at_a_percentage_so_much_is_used(timer: Timer, calendar: Calendar, percent: float) -> None:
    at = timer.at(percent, calendar)
    assert at is not None
    assert timer.used(at, calendar) == pytest.approx(percent, abs=100 / timer.total_s + 1e-6)
    assert not timer.overdue(at, calendar)


@given(timers(), CALENDARS, HOURS, HOURS)
def test_used_never_falls(timer: Timer, calendar: Calendar, one: int, two: int) -> None:
    first, second = sorted((one, two))
    assert timer.used(later(first), calendar) <= timer.used(later(second), calendar) + 1e-9


@given(timers(), CALENDARS)
def test_over_means_all_is_used(timer: Timer, calendar: Calendar) -> None:
    due = timer.due(calendar)
    assert due is not None
    assert timer.used(due + timedelta(seconds=1), calendar) >= 100 - 1e-6
    assert timer.overdue(due + timedelta(seconds=1), calendar)
    left = timer.left(due, calendar)
    assert left == timedelta(0)


@given(timers(), CALENDARS, st.integers(0, 400), st.integers(1, 400))
def test_standing_never_makes_it_due_earlier(
    timer: Timer, calendar: Calendar, wait: int, stood: int
) -> None:
    before = timer.due(calendar)
    last = timer.stops[-1].until if timer.stops else START
    assert last is not None and before is not None
    at = last + timedelta(hours=wait)
    still = timer.stop(at, "等待")
    assert still.due(calendar) in (None, before)
    after = still.resume(at + timedelta(hours=stood)).due(calendar)
    assert after is not None and after >= before
    if not timer.limit.working and at < before:
        assert after - before == timedelta(hours=stood)


@given(st.integers(1, 12), HOURS, st.integers(0, 9), CALENDARS)
def test_a_clock_of_working_days_is_the_same_as_a_timer(
    days: int, hour: int, more: int, calendar: Calendar
) -> None:
    clock = Clock(days, START, more).stop(later(hour)).resume(later(hour + 30))
    timer = timer_of(clock)
    assert timer.clock == clock and timer.due(calendar) == clock.due(calendar)
    stops = [
        [stop.since.isoformat(), stop.until and stop.until.isoformat()] for stop in clock.stops
    ]
    kept = {"days": days, "started": START.isoformat(), "extension": more, "stops": stops}
    assert timer_from_json(kept) == timer, "as steps of requests were kept before"
    assert timer_from_json(timer_to_json(timer)) == timer


def test_what_makes_no_sense_is_refused() -> None:
    timer = Timer(Limit(2, "h"), START)
    for wrong in (
        lambda: timer.stop(START, ""),
        lambda: timer.stop(START - timedelta(seconds=1), "x"),
        lambda: timer.resume(START),
        lambda: timer.stop(START, "x").stop(START, "x"),
        lambda: timer.extend(Limit(1, "wd"), "x"),
        lambda: timer.extend(Limit(0, "h"), "x"),
        lambda: timer.extend(Limit(1, "h"), ""),
        lambda: timer.extend(Limit(1, "h"), "x").extend(Limit(1, "h"), "x"),
        lambda: Limit(1, "weeks"),
        lambda: Limit(-1, "h"),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()
    assert Timer(Limit(5, "wd"), START).stop(START, "x").due(Calendar()) is None
    assert timer.stop(START + timedelta(hours=3), "x").due(Calendar()) == START + timedelta(hours=2)
    assert not Timer(Limit(5, "wd"), START).certain(Calendar())
