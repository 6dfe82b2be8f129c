"""Judging as tables: minute, what the rule says → what stands and what is told.

A line is ``minute value -> level change``; ``-`` is a subject that the rule does not tell of,
``?`` what it cannot judge. Values are judged by a threshold of 70 (yellow) and 90 (red), kept down
to 95 % of it where a table says so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duokua.lang.scenario.level import Level
from duokua.loop.actions.evaluation.judging import NEW, Seen, Terms, judge

START = datetime(2026, 5, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _level(value: float) -> Level:
    return Level.RED if value >= 90 else Level.YELLOW if value >= 70 else Level.NONE


def _seen(word: str, keep: bool, at: datetime) -> Seen | None:
    if word == "-":
        return None
    if word == "?":
        return Seen(Level.UNKNOWN, at=at)
    value = float(word)
    return Seen(_level(value), _level(value / 0.95) if keep else None, at)


TABLES: dict[str, tuple[Terms, bool, str]] = {
    "at once without hold": (Terms(), False, """
        0 50 -> none
        1 75 -> yellow opened
        2 95 -> red worse
        3 75 -> yellow better
        4 50 -> none cleared
    """),
    "hold: that long without a break": (Terms(hold=3 * MINUTE), False, """
        0 75 -> none
        2 75 -> none
        2.5 60 -> none
        3 75 -> none
        5 75 -> none
        6 75 -> yellow opened
        7 95 -> yellow
        9 95 -> yellow
        10 95 -> red worse
    """),
    "red counts towards yellow": (Terms(hold=3 * MINUTE), False, """
        0 75 -> none
        2 95 -> none
        3 95 -> yellow opened
        5 95 -> red worse
    """),
    "clear hold: falls step by step": (Terms(clear_hold=3 * MINUTE), False, """
        0 95 -> red opened
        1 75 -> red
        2 95 -> red
        3 75 -> red
        5 75 -> red
        6 75 -> yellow better
        7 50 -> yellow
        9 50 -> yellow
        10 50 -> none cleared
    """),
    "from red to none in one step once both have lasted": (Terms(clear_hold=3 * MINUTE), False, """
        0 95 -> red opened
        1 50 -> red
        4 50 -> none cleared
    """),
    "hysteresis: 69.9 and 70.1": (Terms(), True, """
        0 69.9 -> none
        1 70.1 -> yellow opened
        2 69.9 -> yellow
        3 70.1 -> yellow
        4 66.5 -> yellow
        5 66.4 -> none cleared
        6 69.9 -> none
    """),
    "hysteresis keeps red, but only to its own off-threshold": (Terms(), True, """
        0 91 -> red opened
        1 86 -> red
        2 85 -> yellow better
        3 86 -> yellow
        4 60 -> none cleared
    """),
    "unknown clears nothing and lowers nothing": (Terms(), False, """
        0 95 -> red opened
        1 ? -> red seen
        2 ? -> red
        3 - -> red
        4 50 -> none cleared
    """),
    "unknown begins the clear hold anew": (Terms(clear_hold=3 * MINUTE), False, """
        0 95 -> red opened
        1 50 -> red
        3 ? -> red seen
        4 50 -> red
        6 50 -> red
        7 50 -> none cleared
    """),
    "unknown is a finding of its own, until it is known": (Terms(), False, """
        0 ? -> unknown opened
        1 ? -> unknown
        2 75 -> yellow worse
        3 50 -> none cleared
        4 ? -> unknown opened
        5 50 -> none cleared
    """),
    "unknown has to last as well": (Terms(hold=3 * MINUTE), False, """
        0 ? -> none
        2 ? -> none
        3 ? -> unknown opened
    """),
    "nobody is told of whom the rule says nothing": (Terms(), False, """
        0 - -> none
        1 75 -> yellow opened
        2 - -> yellow seen
        3 - -> yellow
    """),
    "flapping is found again": (Terms(reopen_within=5 * MINUTE), False, """
        0 70.1 -> yellow opened
        1 69.9 -> none cleared
        2 70.1 -> yellow opened again
        3 69.9 -> none cleared
        9 70.1 -> yellow opened
    """),
    "three times within ten minutes": (Terms(times=3, within=10 * MINUTE), False, """
        0 75 -> none
        6 75 -> none
        11 75 -> none
        12 75 -> yellow opened
        13 50 -> none cleared
        14 75 -> none
    """),
}  # fmt: skip
EVENTS: dict[str, tuple[Terms, str]] = {
    "an event stays found until people end it": (Terms(event=True, remember=60 * MINUTE), """
        0 75 -> yellow opened
        1 - -> yellow
        40 75 -> yellow seen
        41 95 -> red worse
        42 75 -> red seen
        59 - -> red
    """),
    "cleared once none has come for a time": (
        Terms(event=True, clear_hold=10 * MINUTE, remember=60 * MINUTE), """
        0 75 -> yellow opened
        5 75 -> yellow seen
        14 - -> yellow
        15 - -> none cleared
        16 75 -> yellow opened
    """),
    "so many within a time": (
        Terms(event=True, times=3, within=10 * MINUTE, remember=60 * MINUTE), """
        0 75 -> none
        6 75 -> none
        11 75 -> none
        12 95 -> red opened
        13 75 -> red seen
    """),
    "what cannot be judged is found as that": (Terms(event=True, remember=60 * MINUTE), """
        0 ? -> unknown opened
        1 75 -> yellow worse
        2 ? -> yellow seen
    """),
}  # fmt: skip


def _lines(table: str) -> list[tuple[float, str, str]]:
    found = []
    for line in table.strip().splitlines():
        left, _, right = line.strip().partition(" -> ")
        minute, word = left.split()
        found.append((float(minute), word, right.strip()))
    return found


def _told(terms: Terms, keep: bool, table: str) -> list[str]:
    standing, told = NEW, []
    for minute, word, _ in _lines(table):
        now = START + minute * MINUTE
        standing, change = judge(standing, _seen(word, keep, now), terms, now)
        words = [standing.level.value, *([change.what] if change else [])]
        told.append(" ".join(words + ["again"] * (change is not None and change.again)))
    return told


@pytest.mark.parametrize("name", TABLES)
def test_states(name: str) -> None:
    terms, keep, table = TABLES[name]
    assert _told(terms, keep, table) == [right for _, _, right in _lines(table)]


@pytest.mark.parametrize("name", EVENTS)
def test_events(name: str) -> None:
    terms, table = EVENTS[name]
    assert _told(terms, False, table) == [right for _, _, right in _lines(table)]
