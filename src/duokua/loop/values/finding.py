"""What an evaluation hands to the cases: how each finding changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from duokua.loop.models import Finding

CHANGES = ("opened", "worse", "better", "cleared", "seen")


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding and what became of it in a run; ``row`` is the rule's answer, empty if cleared."""

    finding: Finding
    what: str  # one of CHANGES
    row: dict[str, Any]
