"""Laws of working days and of the stoppable clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.clock import district_day
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
HOURS = st.integers(0, 24 * 40)
LENGTHS = st.integers(1, 20)


def later(hours: int) -> datetime:
    return START + timedelta(hours=hours)


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    """A running clock that was stopped and resumed some times."""
    clock = Clock(draw(LENGTHS), START)
    hours = sorted(draw(st.lists(HOURS, max_size=6)))
    for since, until in zip(hours[::2], hours[1::2], strict=False):
        clock = clock.stop(later(since)).resume(later(until))
    return clock


def last(clock: Clock) -> int:
    """Hours after the start at which something last happened to a clock."""
    at = clock.stops[-1].until if clock.stops else START
    assert at is not None
    return int((at - START).total_seconds() // 3600)


@given(CALENDARS, DAYS, st.integers(0, 30), st.integers(0, 30))
def test_days_add_up(calendar: Calendar, day: date, one: int, two: int) -> None:
    assert calendar.after(calendar.after(day, one), two) == calendar.after(day, one + two)


@given(CALENDARS, DAYS, st.integers(0, 30))
def test_counting_and_adding_agree(calendar: Calendar, day: date, count: int) -> None:
    end = calendar.after(day, count)
    assert calendar.between(day, end) == count
    assert count == 0 or calendar.is_working(end)


@given(CALENDARS, clocks(), st.integers(0, 200), st.integers(0, 200))
def test_stopping_never_makes_it_due_earlier(
    calendar: Calendar, clock: Clock, wait: int, stop: int
) -> None:
    before = clock.due_day(calendar)
    paused = clock.stop(later(last(clock) + wait))
    again = paused.resume(later(last(clock) + wait + stop))
    after = again.due_day(calendar)
    assert before is not None and after is not None and after >= before
    assert paused.due_day(calendar) in (None, before)


@given(CALENDARS, clocks(), st.integers(0, 200))
def test_resuming_at_once_changes_nothing(calendar: Calendar, clock: Clock, wait: int) -> None:
    at = later(last(clock) + wait)
    again = clock.stop(at).resume(at)
    assert again.due(calendar) == clock.due(calendar)
    for hours in range(0, 24 * 60, 24):
        assert again.left(later(hours), calendar) == clock.left(later(hours), calendar)


@given(CALENDARS, clocks(), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_two_stops_that_meet_are_one(
    calendar: Calendar, clock: Clock, wait: int, one: int, two: int
) -> None:
    since = last(clock) + wait
    middle, until = later(since + one), later(since + one + two)
    twice = clock.stop(later(since)).resume(middle).stop(middle).resume(until)
    once = clock.stop(later(since)).resume(until)
    assert twice.due_day(calendar) == once.due_day(calendar)


@given(CALENDARS, clocks(), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_a_longer_stop_is_never_due_earlier(
    calendar: Calendar, clock: Clock, wait: int, one: int, more: int
) -> None:
    since = last(clock) + wait
    shorter = clock.stop(later(since)).resume(later(since + one)).due_day(calendar)
    longer = clock.stop(later(since)).resume(later(since + one + more)).due_day(calendar)
    assert shorter is not None and longer is not None and shorter <= longer


@given(CALENDARS, clocks(), LENGTHS)
def test_an_extension_adds_its_days(calendar: Calendar, clock: Clock, days: int) -> None:
    plain, more = clock.due_day(calendar), clock.extend(days).due_day(calendar)
    assert plain is not None and more is not None and more > plain


@given(CALENDARS, clocks(), HOURS)
def test_what_is_left_never_grows_and_ends_with_the_last_day(
    calendar: Calendar, clock: Clock, hours: int
) -> None:
    one, two = later(hours), later(hours + 24)
    assert clock.left(one, calendar) >= clock.left(two, calendar)
    due = clock.due_day(calendar)
    assert due is not None
    assert clock.overdue(one, calendar) == (district_day(one) > due)
    if district_day(one) > due:
        assert clock.left(one, calendar) == 0
    else:
        assert clock.left(one, calendar) > 0
