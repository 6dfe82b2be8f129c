"""Counting (计数) in the gateway: calls, rows, bytes, latency and refusals, in memory and cheap.

The quick look-up adds three numbers and times one call of :data:`SAMPLE`; everything else happens
every few seconds. What a crash takes along is that much of bytes and latency: calls and rows are
in the receipts, and are read from there.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Generator, Iterator
from dataclasses import dataclass
from operator import sub
from typing import Any

from duokua.kernel.clock import district_day_number
from duokua.lang.grant import Grant

SAMPLE = 16  # one quick call of so many is timed; every other call is
BOUNDS_MS = (
    0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000, 20_000,
)  # fmt: skip
_NO_BUCKETS = (0,) * (len(BOUNDS_MS) + 1)
_Written = tuple[int, int, int, int, tuple[int, ...]]  # calls, rows, bytes, timed, histogram
_NOTHING: _Written = (0, 0, 0, 0, _NO_BUCKETS)
_BOUNDS_S = tuple(bound / 1000 for bound in BOUNDS_MS)


class Tally:
    """What one grant was served on one interface since the gateway started."""

    __slots__ = ("bytes", "calls", "latency", "rows", "seconds", "timed", "written")

    def __init__(self) -> None:
        self.calls = self.rows = self.bytes = self.timed = 0
        self.latency = [0] * (len(BOUNDS_MS) + 1)
        self.seconds = 0.0
        self.written = _NOTHING  # what of it was handed over to be written down

    def served(self, rows: int, size: int) -> None:
        """Count an answer of ``size`` bytes."""
        self.calls += 1
        self.rows += rows
        self.bytes += size

    def took(self, seconds: float) -> None:
        """Count how long an answer took, from its arrival until it was sent."""
        self.latency[bisect_left(_BOUNDS_S, seconds)] += 1
        self.timed += 1
        self.seconds += max(0.0, seconds)

    def take(self) -> tuple[int, ...]:
        """Return what came since the last time: calls, rows, bytes and the histogram."""
        calls, rows, size, timed, latency = self.written
        told = self.calls - calls, self.rows - rows, self.bytes - size
        buckets = _NO_BUCKETS
        if self.timed != timed:  # seldom, and dear: most of the times no call was timed
            buckets = tuple(map(sub, self.latency, latency))
            latency = tuple(self.latency)
        self.written = self.calls, self.rows, self.bytes, self.timed, latency
        return (*told, *buckets)

    def give_back(self, figures: tuple[int, ...]) -> None:
        """Undo one :meth:`take`."""
        calls, rows, size, timed, latency = self.written
        self.written = (
            calls - figures[0],
            rows - figures[1],
            size - figures[2],
            timed - sum(figures[3:]),
            tuple(map(sub, latency, figures[3:])),
        )


class Timed:
    """Awaits a receipt and then counts how long the call took."""

    __slots__ = ("_durable", "_since", "_tally")

    def __init__(self, durable: Awaitable[None], tally: Tally, since: float) -> None:
        self._durable, self._tally, self._since = durable, tally, since

    def __await__(self) -> Generator[Any, Any, None]:
        yield from self._durable.__await__()
        self._tally.took(time.time() - self._since)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called what: the identity of a tally. Unknown parts are empty."""

    interface: str = ""
    grant: str = ""
    client: str = ""
    department: str = ""

    @classmethod
    def of(cls, grant: Grant) -> Caller:
        """Return the caller under a grant."""
        return cls(grant.interface, grant.id, grant.client, grant.department)


@dataclass(frozen=True, slots=True)
class Harvest:
    """What came to the counts since the last harvest, on one day of the district."""

    day: int
    served: tuple[tuple[Caller, tuple[int, ...]], ...]
    refused: tuple[tuple[Caller, str, int], ...]
    keys: tuple[tuple[str, str], ...]  # client, key


class Tallies:
    """Every tally of this gateway, and what of them was already written down."""

    def __init__(self) -> None:
        self._tallies: dict[Caller, Tally] = {}
        self._refused: Counter[tuple[Caller, str]] = Counter()
        self._keys: set[tuple[str, str]] = set()
        self.refusals: Counter[str] = Counter()  # by code, since the start

    def of(self, grant: Grant) -> Tally:
        """Return the tally of a grant on its interface."""
        caller = Caller.of(grant)
        found = self._tallies.get(caller)
        if found is None:
            found = self._tallies[caller] = Tally()
        return found

    def refuse(self, caller: Caller, code: str) -> None:
        """Count a refusal; names in ``caller`` are known ones, so that their number is bounded."""
        self._refused[caller, code] += 1
        self.refusals[code] += 1

    def key_used(self, client: str, key: str) -> None:
        """Note that a key gave a token."""
        self._keys.add((client, key))

    def each(self) -> Iterator[tuple[Caller, Tally]]:
        """Yield every tally with its caller."""
        yield from self._tallies.items()

    def harvest(self, now: float) -> Harvest:
        """Take what came since the last harvest; hand it back by :meth:`keep` if it is not written."""
        served = []
        for caller, tally in self._tallies.items():
            if tally.calls != tally.written[0] or tally.timed != tally.written[3]:
                served.append((caller, tally.take()))
        refused = tuple((caller, code, n) for (caller, code), n in self._refused.items())
        keys = tuple(sorted(self._keys))
        self._refused.clear()
        self._keys.clear()
        return Harvest(district_day_number(now), tuple(served), refused, keys)

    def keep(self, harvest: Harvest) -> None:
        """Take back a harvest that could not be written; the next one holds it."""
        for caller, figures in harvest.served:
            self._tallies[caller].give_back(figures)
        for caller, code, number in harvest.refused:
            self._refused[caller, code] += number
        self._keys.update(harvest.keys)
