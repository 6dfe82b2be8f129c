"""Spans of time (时长) as packs write them: ``30s``, ``5m``, ``2h``, ``3d`` and ``5wd`` (working days)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

_SPAN = re.compile(r"([1-9][0-9]{0,5}|0)(s|m|h|d|wd)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Span:
    """So many seconds, minutes, hours, days (of 24 hours) or working days."""

    amount: int
    unit: str  # s | m | h | d | wd

    @property
    def working(self) -> bool:
        """Tell whether it is counted in working days."""
        return self.unit == "wd"

    @property
    def length(self) -> timedelta:
        """Return how long it is.

        :raises ValueError: of working days: that depends on the calendar.
        """
        if self.working:
            raise ValueError("how long working days are depends on the calendar")
        return timedelta(seconds=self.amount * _SECONDS[self.unit])

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


NOTHING = Span(0, "s")


def read_span(text: object) -> Span | None:
    """Read a span as it is written; ``None``: it is not one."""
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    return Span(int(found[1]), found[2]) if found else None
