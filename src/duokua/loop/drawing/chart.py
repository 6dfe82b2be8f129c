"""Lines and bars (折线、柱形) over the rows' order, as an SVG draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from duokua.loop.drawing.rows import Rows, said

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 28
_TICKS = 4
_LABELS = 7
_LEAST = 1e-300  # below it a float is no longer whole, and a scale cannot be told
_Up = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, or a label below."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """One column: its lines (broken where there is no value) or its bars."""

    column: str
    number: int  # which colour
    lines: tuple[str, ...] = ()
    dots: tuple[tuple[float, float, str], ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    series: tuple[Series, ...]
    scale: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    foot: int = HEIGHT - 8


def chart(rows: Rows, x: str, columns: Sequence[str], draw: str = "line") -> Chart:
    """Draw columns over the values of ``x``, one place for each row in its order."""
    values = {name: rows.numbers(name) for name in columns}
    every = [each for listed in values.values() for each in listed if each is not None]
    low, high = bounds(every)
    places = [said(row.get(x)) for row in rows.rows]
    step = (WIDTH - LEFT - RIGHT) / max(len(places), 1)
    reach = HEIGHT - TOP - BOTTOM

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - reach * (value - low) / (high - low), 2)

    def along(at: int) -> float:
        return round(LEFT + (at + 0.5) * step, 2)

    scale = [low + (high - low) * n / _TICKS for n in range(_TICKS + 1)]
    every_nth = max(ceil(len(places) / _LABELS), 1)
    labels = [Mark(along(at), places[at]) for at in range(0, len(places), every_nth)]
    series = []
    for number, name in enumerate(columns):
        told = [(at, value) for at, value in enumerate(values[name]) if value is not None]
        if draw == "bar":
            bars = _bars(told, places, step, up, (number, len(columns)), up(max(low, 0.0)))
            series.append(Series(name, number, bars=bars))
        else:
            dots = tuple(
                (along(at), up(value), f"{places[at]}: {said(value)}") for at, value in told
            )
            lines = _lines([(at, along(at), up(value)) for at, value in told])
            series.append(Series(name, number, lines=lines, dots=dots))
    return Chart(tuple(series), tuple(Mark(up(each), said(each)) for each in scale), tuple(labels))


def _lines(points: Sequence[tuple[int, float, float]]) -> tuple[str, ...]:
    """Return polylines; where a row has no value the line is broken, never joined across."""
    if not points:
        return ()
    runs = [[points[0]]]
    for before, after in pairwise(points):
        if after[0] == before[0] + 1:
            runs[-1].append(after)
        else:
            runs.append([after])
    return tuple(" ".join(f"{x},{y}" for _, x, y in run) for run in runs)


def _bars(
    told: Sequence[tuple[int, float]],
    places: Sequence[str],
    step: float,
    up: _Up,
    place: tuple[int, int],
    zero: float,
) -> tuple[Bar, ...]:
    number, of = place
    width = step * 0.76 / of
    found = []
    for at, value in told:
        x, y = LEFT + at * step + step * 0.12 + number * width, up(value)
        label = f"{places[at]}: {said(value)}"
        found.append(
            Bar(round(x, 2), min(y, zero), round(width, 2), round(abs(zero - y), 2), label)
        )
    return tuple(found)


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """Return round bounds around values, with zero in them, never of no width."""
    low, high = min([*values, 0.0]), max([*values, 0.0])
    return -_round_up(-low) if low < 0 else 0.0, _round_up(high) if high > 0 or low == 0 else 0.0


def _round_up(most: float) -> float:
    if most < _LEAST:
        return 1.0
    unit = 10.0 ** floor(log10(most))
    return next(factor * unit for factor in (1, 2, 4, 6, 8, 10, 20) if factor * unit >= most)
