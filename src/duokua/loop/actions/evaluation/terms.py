"""From a rule to how it is judged: its window, the values of its parameters, its terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from duokua.engine.scenario.wire import Value
from duokua.kernel.clock import district_day
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar, end_of
from duokua.lang.parameter import DatedValue, Parameter
from duokua.lang.scenario.narrowing import parameters_of
from duokua.lang.scenario.rule import WINDOW, Rule, RuleKind
from duokua.lang.scenario.span import Span
from duokua.loop.actions.evaluation.judging import Terms

LATE = timedelta(days=1)  # events may come so much later than they happened
_TIMED = ("since", "until")


@dataclass(frozen=True, slots=True)
class Window:
    """What ``$since`` … ``$until`` span."""

    since: datetime
    until: datetime


def window_of(rule: Rule, last: datetime | None, now: datetime) -> Window:
    """Return the window of a run.

    Without one of its own a rule looks back to its last run, and :data:`LATE` before that: an event
    that was told then is known, one that came late is not lost.
    """
    if rule.window is not None:
        return Window(now - length_of(rule.window), now)
    return Window((min(last, now) if last else now) - LATE, now)


def length_of(span: Span) -> timedelta:
    """Return how long a span is; working days count as days of 24 hours."""
    return timedelta(days=span.amount) if span.working else span.length


def terms_of(rule: Rule, window: Window, calendar: Calendar) -> Terms:
    """Return how a rule is judged in a run."""
    return Terms(
        event=rule.kind is RuleKind.EVENT,
        hold=length_of(rule.hold),
        clear_hold=length_of(rule.clear_hold),
        times=rule.often.times if rule.often else 1,
        within=length_of(rule.often.within) if rule.often else timedelta(0),
        reopen_within=_reopen(rule.reopen_within, window.until, calendar),
        remember=window.until - window.since if rule.kind is RuleKind.EVENT else timedelta(0),
    )


def _reopen(span: Span, now: datetime, calendar: Calendar) -> timedelta:
    """Return how long ago a finding may have been cleared to go on; working days end at midnight."""
    if not span.working:
        return span.length
    day, left = district_day(now), span.amount
    while left > 0:
        left -= calendar.is_working(day)
        day -= timedelta(days=1)
    return now - end_of(day)


def dated(
    rule: Rule, parameters: Mapping[str, Parameter], at: datetime, given: Collection[str] = ()
) -> dict[str, DatedValue]:
    """Return the values of a rule's parameters as they stood at an instant, but for those given.

    :raises Invalid: one of them has no value on that day.
    """
    day, found = district_day(at), {}
    for name in names_of(rule):
        if name in given:
            continue
        value = parameters[name].at(day) if name in parameters else None
        if value is None:
            raise Invalid(
                Text(f"参数“{name}”在 {day} 没有取值", f"{name!r} has no value on {day}"),
                Text("请在 parameters/ 中补充该日期的取值", "add one in parameters/"),
            )
        found[name] = value
    return found


def values_of(
    held: Mapping[str, DatedValue], window: Window, given: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """Return what is bound to the query; ``given`` goes before dated values."""
    values: dict[str, Value] = {name: value.value for name, value in held.items()}
    values.update(given or {})
    bounds = (window.since, window.until, district_day(window.until))
    return {**values, **dict(zip(WINDOW, bounds, strict=True))}


def names_of(rule: Rule) -> tuple[str, ...]:
    """Return the dated parameters that a rule names, in its query or its condition."""
    return tuple(sorted({*rule.parameters, *(_named(rule.query, rule.applies_when) - {*WINDOW})}))


@lru_cache(maxsize=4096)
def _named(query: str, applies_when: str | None) -> frozenset[str]:
    named = parameters_of(query)
    return named | parameters_of(f"select {applies_when}") if applies_when else named


def by_clock(rule: Rule) -> str:
    """Tell what of the clock an answer hangs on: ``instant``, ``day``, or nothing."""
    named = _named(rule.query, rule.applies_when)
    if named & {*_TIMED}:
        return "instant"
    return "day" if "today" in named else ""
