"""Levels of a warning (预警等级): the four colours of the law, none, and what cannot be judged."""

from __future__ import annotations

from enum import StrEnum

from duokua.kernel.text import Text


class Level(StrEnum):
    """How bad it is. ``unknown`` is no colour: it was not judged, so it is never normal."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    NONE = "none"
    UNKNOWN = "unknown"


WARNINGS = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)  # worst first
SEVERITY: dict[Level, int] = {
    Level.RED: 4, Level.ORANGE: 3, Level.YELLOW: 2, Level.BLUE: 1, Level.NONE: 0, Level.UNKNOWN: -1,
}  # fmt: skip
TITLES: dict[Level, Text] = {
    Level.RED: Text("红色", "Red"),
    Level.ORANGE: Text("橙色", "Orange"),
    Level.YELLOW: Text("黄色", "Yellow"),
    Level.BLUE: Text("蓝色", "Blue"),
    Level.NONE: Text("正常", "Normal"),
    Level.UNKNOWN: Text("无法判断", "Cannot judge"),
}


def worse(one: Level, other: Level) -> Level:
    """Return the worse of two levels; what cannot be judged is below every warning, above none."""
    order = [*WARNINGS, Level.UNKNOWN, Level.NONE]
    return min(one, other, key=order.index)
