"""Courtesy (礼让): while programs call heavily, each page of the portal waits a little for them.

Whoever reads pages does not notice :data:`WAIT_S`; a visitor that asks for one page after the other
without a pause would otherwise take half of the machine from the programs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_S = 0.02
HEAVY = 2_000  # governed calls per second, see bench/governed_call.py for what one machine answers
_SHORTEST_S = 0.05  # a shorter look tells nothing
_LONGEST_S = 1.0  # an older look says nothing of now


class Courtesy:
    """Tells how long a page is to wait, from how many receipts there are and were."""

    def __init__(
        self, receipts: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._receipts = receipts
        self._clock = clock
        self._at, self._seen = clock(), receipts()
        self._wait = 0.0

    def wait_s(self) -> float:
        """Return the seconds that a page which comes now waits: none or :data:`WAIT_S`."""
        now = self._clock()
        passed = now - self._at
        if passed >= _SHORTEST_S:
            seen = self._receipts()
            heavy = passed <= _LONGEST_S and seen - self._seen > HEAVY * passed
            self._wait = WAIT_S if heavy else 0.0
            self._at, self._seen = now, seen
        return self._wait
