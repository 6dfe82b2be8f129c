"""A gauge (仪表): one value between two bounds, with where it warns and where it alarms."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

_RADIUS, _X, _Y = 80.0, 100.0, 96.0


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the template draws: an arc of the whole and one of the value."""

    value: float
    share: float
    whole: str
    arc: str
    grade: str  # normal | yellow | red
    beyond: bool  # the value lies outside the bounds


def gauge(
    value: float, least: float, most: float, warn: float | None, alarm: float | None
) -> Gauge:
    """Draw a value; where it alarms below, ``alarm`` is less than ``warn``."""
    share = min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.0
    falling = warn is not None and alarm is not None and alarm < warn

    def reached(bound: float | None) -> bool:
        return bound is not None and (value <= bound if falling else value >= bound)

    grade = "red" if reached(alarm) else "yellow" if reached(warn) else "normal"
    beyond = not least <= value <= most
    return Gauge(value, round(share, 4), _arc(1.0), _arc(share), grade, beyond)


def _arc(share: float) -> str:
    angle = pi * (1 - share)
    x, y = _X + _RADIUS * cos(angle), _Y - _RADIUS * sin(angle)
    return f"M{_X - _RADIUS:.1f} {_Y:.1f} A{_RADIUS:.0f} {_RADIUS:.0f} 0 0 1 {x:.1f} {y:.1f}"
