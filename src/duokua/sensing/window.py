"""Sequence windows (序号窗口): which numbers of a device are new, repeated, or too old to be told.

The newest number and a bit for each of those before it, as IPsec keeps them against replays (RFC 4303
§3.4.3): an event that comes late or out of order is taken once, one that was sent before is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH = 1024
_ALL = (1 << WIDTH) - 1
NEW, REPEATED, OLD = 0, 1, 2


@dataclass(slots=True)
class Window:
    """``top`` is the newest number, bit ``i`` of ``seen`` whether ``top - i`` has come."""

    top: int = -1
    seen: int = 0

    def take(self, number: int) -> int:
        """Return ``NEW`` and remember it, or ``REPEATED`` or ``OLD``."""
        back = self.top - number
        if number < 0 or back >= WIDTH:
            return OLD
        if back < 0:
            self.seen = ((self.seen << -back) | 1) & _ALL if -back < WIDTH else 1
            self.top = number
            return NEW
        if self.seen >> back & 1:
            return REPEATED
        self.seen |= 1 << back
        return NEW

    def take_all(self, numbers: Sequence[int]) -> list[int]:
        """Take several, in the order in which they came."""
        rising = numbers[0] > self.top and all(a < b for a, b in pairwise(numbers))
        if not rising:
            return [self.take(each) for each in numbers]
        for each in numbers[-WIDTH:]:
            self.take(each)
        return [NEW] * len(numbers)
