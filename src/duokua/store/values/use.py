"""What stands of a grant in use (使用), as frozen values; figures and words, never data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from duokua.kernel.text import Text
from duokua.store.values.request import RequestInfo

IDLE_DAYS = 60  # without a call, where the law pack states no `idle_release`; our proposal (P)
WARN_DAYS = (30, 7)  # before its end, our proposal (P)
SHOWN_DAYS = 90  # of calls on the pages


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """One check of a probe in words."""

    what: Text
    expected: str
    seen: str
    passed: bool


@dataclass(frozen=True, slots=True)
class ProbeInfo:
    """One probe: after which change, by which way, what it found."""

    number: int
    grant: str
    after: str
    way: str
    passed: bool
    checks: tuple[CheckInfo, ...]
    took_ms: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Trend:
    """Calls by day, oldest first, and what was refused by code."""

    days: tuple[date, ...]
    calls: tuple[int, ...]
    rows: int
    last: date | None
    refused: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """All calls of the days shown."""
        return sum(self.calls)

    @property
    def line(self) -> str:
        """The points of a line of 180 × 32 for the page, by the greatest day."""
        most = max(self.calls, default=0) or 1
        step = 180 / max(1, len(self.calls) - 1)
        return " ".join(
            f"{at * step:.1f},{31 - 30 * calls / most:.1f}" for at, calls in enumerate(self.calls)
        )


@dataclass(frozen=True, slots=True)
class Resource:
    """A grant in use, for the department that uses it, its owner and its auditor."""

    request: RequestInfo
    title: Text
    client_title: str
    policy: str  # digest of what was granted
    trend: Trend
    idle_since: date | None
    kept_because: str
    probed: ProbeInfo | None  # the newest one

    @property
    def id(self) -> str:
        """The id of its request."""
        return self.request.id


@dataclass(frozen=True, slots=True)
class DecidedStep:
    """One decision on a request: which, how, by whom, when."""

    kind: Text
    state: Text
    department: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """Some resources, the mark after which there are more, and their order."""

    found: tuple[Resource, ...]
    next: str | None
    sort: str
