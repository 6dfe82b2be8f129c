"""What running rules tells its neighbours, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level


@dataclass(frozen=True, slots=True)
class Adopted:
    """A version of a pack as the loop runs it."""

    pack: str
    version: str
    digest: str
    title: Text
    client: str  # the program under whose grants it reads
    owner: str  # department
    active: bool
    taken_at: datetime
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One evaluation of one rule; ``id`` is ``None`` when it left nothing behind."""

    id: int | None
    pack: str
    rule: str
    version: str
    started_at: datetime
    took_ms: int
    since: datetime | None
    until: datetime
    whole: bool
    counts: Mapping[str, int]  # level → subjects
    opened: int
    cleared: int
    stale: tuple[str, ...]  # tables by which nothing could be judged
    error: Text | None
    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingInfo:
    """What a rule found of a subject."""

    id: int
    pack: str
    rule: str
    version: str
    kind: str  # warning | unknown
    subject: str
    name: str
    level: Level
    worst: Level
    open: bool
    why: Mapping[str, Any]
    occurred_at: datetime | None
    opened_at: datetime
    seen_at: datetime
    cleared_at: datetime | None
    times: int
    case: int | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Again:
    """What a rule says when it is asked again of one subject; ``run`` is its record."""

    level: Level
    row: Mapping[str, Any]
    receipts: tuple[str, ...]
    run: int | None


@dataclass(frozen=True, slots=True)
class Shift:
    """A subject that a changed rule judges otherwise."""

    subject: str
    name: str
    before: Level
    after: Level
    row: Mapping[str, Any]  # of the changed rule; of the present one where that has none


@dataclass(frozen=True, slots=True)
class Simulation:
    """Who would change level under a changed rule; nothing was written.

    ``shifts`` are the worst first, at most as many as were asked for; ``total`` counts all.
    """

    pack: str
    rule: str
    version: str  # of the changed pack
    at: datetime
    since: datetime
    before: Mapping[str, int]  # level → subjects, of events: rows
    after: Mapping[str, int]
    total: int
    raised: int
    lowered: int
    shifts: tuple[Shift, ...]
    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentenceResult:
    """Whether a test of a pack holds: rows that it wants and were not found, and found besides."""

    name: str
    rule: str
    file: str
    line: int
    passed: bool
    missing: tuple[Mapping[str, Any], ...] = ()
    besides: tuple[Mapping[str, Any], ...] = ()
    error: Text | None = None
    took_ms: int = 0
    found: tuple[Mapping[str, Any], ...] = field(default=())
    at: str = ""  # the moment at which it does not hold, of a sentence that has several
