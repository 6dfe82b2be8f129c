"""Spans of time (时长) as packs write them: ``30s``, ``5m``, ``2h``, ``3d`` and ``5wd`` (working days)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from duokua.kernel.text import Text

_SPAN = re.compile(r"([1-9][0-9]{0,5}|0)(s|m|h|d|wd)")
_WORDS = {
    "s": Text("秒", "s"), "m": Text("分钟", "min"), "h": Text("小时", "h"), "d": Text("天", "d"),
    "wd": Text("个工作日", "working days"),
}  # fmt: skip
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

    @property
    def words(self) -> Text:
        """Return it as it is said: ``15m`` is 15 分钟."""
        unit = _WORDS[self.unit]
        return Text(f"{self.amount} {unit.zh}", f"{self.amount} {unit.en}")


NOTHING = Span(0, "s")


def read_span(text: object) -> Span | None:
    """Read a span as it is written; ``None``: it is not one."""
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    return Span(int(found[1]), found[2]) if found else None


def in_words(text: str) -> Text:
    """Return a span as it is said; what is none stays as it is written."""
    found = read_span(text)
    return found.words if found else Text(text, text)
