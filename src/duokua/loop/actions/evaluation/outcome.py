"""What a run of a rule comes to, before any of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from duokua.kernel.errors import DuokuaError
from duokua.lang.scenario.rule import Rule
from duokua.loop.actions.evaluation.asking import Row
from duokua.loop.actions.evaluation.desk import Kept
from duokua.loop.actions.evaluation.judging import Change, Standing, Terms


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one subject: how it stood, stands, and each change on the way."""

    key: str
    before: Kept
    standing: Standing
    changes: tuple[tuple[Change, Row | None], ...]
    why: Mapping[str, Any] | None = None  # instead of that of a row
    ended: bool = False  # people ended its finding: it is closed without telling the cases


@dataclass(slots=True)
class Outcome:
    """A run that is to be written."""

    rule: Rule
    terms: Terms
    since: datetime
    until: datetime
    whole: bool = True
    took_ms: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)  # open findings that were found again
    stale: list[str] = field(default_factory=list)
    error: DuokuaError | None = None
    receipts: list[str] = field(default_factory=list)
    grounds: Any = None  # see why.Grounds; None where it failed before it was judged
    idle: bool = False  # there was nothing to do
