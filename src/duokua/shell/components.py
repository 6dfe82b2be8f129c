"""What the reusable parts of pages (组件) are given, and the drawings that they need.

The templates are in ``templates/shell``; its README names each with what it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import pi

from duokua.kernel.text import Text

_NOTHING = Text("", "")
_WIDTH, _HEIGHT, _PAD = 120.0, 34.0, 2.0
_RADIUS = 26.0
RING_LENGTH = 2 * pi * _RADIUS  # of the circle's line, in units of the drawing
_FULL, _NEAR = 100, 80  # percent of a quota: used up, and nearly so


class Grade(StrEnum):
    """A grade of warning (预警等级), always shown by colour, shape and word."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure (指标): what it counts, how much, of what unit, and where its definition is.

    ``url`` leads to the things counted, ``meaning`` is the definition's address; ``trend`` is the
    row of values that the small line draws, oldest first.
    """

    title: Text
    value: float | None
    unit: Text = _NOTHING
    note: Text = _NOTHING
    icon: str = "gauge"
    url: str = ""
    meaning: str = ""
    trend: tuple[float, ...] = ()
    trend_title: Text = _NOTHING


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a timeline (时间线): ``state`` is done, now, todo, late or stopped."""

    title: Text
    state: str
    at: datetime | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class WizardPlace:
    """One step of a wizard (向导): ``state`` is done, now or todo."""

    title: Text
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake in a form: the id of its field, what, and how to mend it."""

    field: str
    what: Text
    mend: Text


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of the page on which answers are checked (核对)."""

    title: Text
    value: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a quality score (质量分): percent met (``None``: not judged), why, how to mend."""

    title: Text
    percent: int | None
    why: Text
    mend: Text = _NOTHING


@dataclass(frozen=True, slots=True)
class Ring:
    """A quota ring (配额环): percent used, the length drawn, and the grade of that."""

    percent: int
    drawn: float
    rest: float
    grade: Grade


def spark(values: Sequence[float]) -> str:
    """Return the points of an SVG polyline, 120 by 34, for values oldest first.

    All values count from zero up; fewer than two draw nothing.
    """
    if len(values) < 2:
        return ""
    most = max(*values, 0) or 1
    step = (_WIDTH - 2 * _PAD) / (len(values) - 1)
    reach = _HEIGHT - 2 * _PAD
    return " ".join(
        f"{_PAD + n * step:.1f},{_HEIGHT - _PAD - reach * max(value, 0) / most:.1f}"
        for n, value in enumerate(values)
    )


def ring(used: float, limit: float) -> Ring:
    """Return what a ring shows: blue while there is room, yellow from 80 %, red when used up."""
    share = min(max(used / limit, 0.0), 1.0) if limit > 0 else 1.0
    percent = int(100 * share)
    grade = Grade.RED if percent >= _FULL else Grade.YELLOW if percent >= _NEAR else Grade.BLUE
    drawn = RING_LENGTH * share
    return Ring(percent, round(drawn, 2), round(RING_LENGTH - drawn, 2), grade)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: under which head, what it says, and where it leads."""

    head: Text
    text: Text | str
    url: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """What an approver sees first of a request (审批卡): who, for what, until when, which risks."""

    title: Text
    url: str
    department: Text
    purpose: str
    due: datetime | None
    late: bool = False
    person: str = ""
    grade: Grade | None = None
    risks: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class CartLine:
    """One resource in the cart (选购车); ``remove`` is the address that takes it out."""

    id: str
    title: Text
    owner: Text
    url: str
    remove: str = ""
    icon: str = "database"
