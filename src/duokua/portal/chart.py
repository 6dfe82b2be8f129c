"""A chart of days (日图) as SVG, drawn here: no script, one colour, a table beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 10, 26
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its place in the drawing and what it counts."""

    day: date
    calls: int
    rows: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, or a label below a day."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws; ``empty`` when every day counts nothing."""

    bars: tuple[Bar, ...]
    lines: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    foot: int = HEIGHT - 8

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(bar.calls for bar in self.bars)

    @property
    def newest_first(self) -> tuple[Bar, ...]:
        """The days for the table beside the drawing, without those that count nothing."""
        return tuple(bar for bar in reversed(self.bars) if bar.calls)


def chart(counted: Mapping[date, tuple[int, int]], first: date, days: int) -> Chart:
    """Draw calls (and tell rows) of each of ``days`` days from ``first`` on."""
    told = [(day, *counted.get(day, (0, 0))) for day in _days(first, days)]
    top = round_up(max(calls for _, calls, _ in told))
    step = (WIDTH - _LEFT - _RIGHT) / days
    reach = HEIGHT - _TOP - _BOTTOM
    bars = tuple(
        Bar(
            day,
            calls,
            rows,
            round(_LEFT + n * step + step * 0.12, 2),
            round(HEIGHT - _BOTTOM - reach * calls / top, 2),
            round(step * 0.76, 2),
            round(reach * calls / top, 2),
        )
        for n, (day, calls, rows) in enumerate(told)
    )
    lines = tuple(
        Mark(round(HEIGHT - _BOTTOM - reach * n / _TICKS, 2), f"{top * n // _TICKS:,}")
        for n in range(_TICKS + 1)
    )
    every = ceil(days / 7)
    labels = tuple(
        Mark(round(bar.x + bar.width / 2, 2), bar.day.strftime("%m-%d"))
        for bar in bars[every // 2 :: every]
    )
    return Chart(bars, lines, labels)


def round_up(most: int) -> int:
    """Return a round number of at least ``most`` that the scale's lines divide."""
    if most <= _TICKS:
        return _TICKS
    unit = 10 ** floor(log10(most))
    return next(
        int(factor * unit)
        for factor in (1, 2, 4, 6, 8, 10, 12)
        if factor * unit >= most and factor * unit % _TICKS == 0
    )


def _days(first: date, days: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(days)]
