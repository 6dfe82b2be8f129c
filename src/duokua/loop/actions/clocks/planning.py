"""When a clock has to be looked at: at its percentages, at its end, at the rungs of its ladder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.limits import Limit, Timer
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.playbook import Playbook, Rung

OVER = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What a playbook wants of a clock of one kind at one level."""

    warn: tuple[int, ...]
    rungs: tuple[tuple[int, Rung], ...]  # with their places in the playbook's ladder

    def percents(self) -> tuple[int, ...]:
        """Return the percentages in order; the end is always one of them."""
        return tuple(sorted({*self.warn, OVER}))


def plan_of(playbook: Playbook | None, kind: str, level: Level) -> Plan:
    """Return what a playbook wants of a clock."""
    if playbook is None:
        return Plan((OVER,), ())
    rungs = tuple(
        (at, rung)
        for at, rung in enumerate(playbook.ladder)
        if rung.clock == kind and (not rung.level or level in rung.level)
    )
    return Plan(playbook.warn, rungs)


def passed(timer: Timer, plan: Plan, warned: int, now: datetime, calendar: Calendar) -> int:
    """Return the highest percentage that is newly reached; 0: none."""
    found = 0
    for percent in plan.percents():
        at = timer.at(percent, calendar)
        if percent > warned and at is not None and at <= now:
            found = percent
    return found


def climbed(
    timer: Timer, plan: Plan, done: Collection[int], now: datetime, calendar: Calendar
) -> list[tuple[int, Rung]]:
    """Return the rungs that are newly due."""
    found = []
    for at, rung in plan.rungs:
        when = _rung_at(timer, rung, calendar)
        if at not in done and when is not None and when <= now:
            found.append((at, rung))
    return found


def next_look(
    timer: Timer, plan: Plan, warned: int, done: Collection[int], calendar: Calendar
) -> datetime | None:
    """Return when the clock has to be looked at next; ``None``: no more, or while it stands."""
    if timer.stopped:
        return None
    ahead = [timer.at(percent, calendar) for percent in plan.percents() if percent > warned]
    ahead += [_rung_at(timer, rung, calendar) for at, rung in plan.rungs if at not in done]
    return min((at for at in ahead if at is not None), default=None)


def _rung_at(timer: Timer, rung: Rung, calendar: Calendar) -> datetime | None:
    """Return when so much time has passed on this clock, its stops left out."""
    after = Timer(Limit(rung.after.amount, rung.after.unit), timer.started, timer.stops)
    return after.due(calendar)
