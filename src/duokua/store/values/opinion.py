"""Ratings and questions of a listing, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RatingInfo:
    """What one department says of a listing."""

    department: str
    stars: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class QuestionInfo:
    """A question about a listing and its owner's answer; who asked is told by department."""

    number: int
    department: str
    at: datetime
    text: str
    answer: str
    answered_at: datetime | None
