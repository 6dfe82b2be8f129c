"""Figures about how cases are handled, drawn from their timelines."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; ``value`` is ``None`` where nothing was there to judge by."""

    id: str
    title: Text
    unit: str  # "1" for a share, "h" for hours
    value: float | None
    numerator: float
    denominator: int
    direction: str  # up | down: which way is good


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """The figures of one department, or of one pack."""

    key: str
    name: Text
    cases: int
    measures: tuple[Measure, ...]
