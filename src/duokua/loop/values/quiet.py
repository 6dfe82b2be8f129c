"""Quiet hours of a post, as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from duokua.lang.scenario.level import Level


@dataclass(frozen=True, slots=True)
class QuietInfo:
    """When a post is told of nothing below ``least``; over midnight where it ends before it begins."""

    role: str
    begins: time
    ends: time
    least: Level
    set_by: str
    set_at: datetime
