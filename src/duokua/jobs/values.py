"""What jobs tell their neighbours, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.jobs.states import JobState
from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class JobError:
    """Why an attempt failed; places where, but never values of data."""

    code: str
    what: Text
    mend: Text
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job (任务); ``done`` and ``total`` are what its handler counts, usually rows."""

    id: int
    kind: str
    key: str | None
    payload: dict[str, Any]
    state: JobState
    priority: int
    run_at: datetime
    attempts: int
    most_attempts: int
    fence: int
    owner: str
    lease_until: datetime | None
    done: int
    total: int
    beat_at: datetime | None
    error: JobError | None
    result: dict[str, Any] | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def rate(self) -> float | None:
        """What is done in a second, ``None`` before that can be told."""
        until = self.finished_at or self.beat_at
        if not (self.started_at and until and self.done):
            return None
        seconds = (until - self.started_at).total_seconds()
        return self.done / seconds if seconds > 0 else None

    @property
    def left_s(self) -> float | None:
        """Seconds until a running job will have ended, ``None`` where that is not known."""
        rate = self.rate
        if self.state != JobState.RUNNING or not rate or self.total < self.done:
            return None
        return (self.total - self.done) / rate


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """A job that comes again: every ``every_s`` seconds, or daily at ``daily`` in Asia/Shanghai."""

    name: str
    kind: str
    payload: dict[str, Any]
    every_s: int | None
    daily: str
    next_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A process that runs jobs; it is ``alive`` while it has been heard of lately."""

    name: str
    started_at: datetime
    beat_at: datetime
    alive: bool
