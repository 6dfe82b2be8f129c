"""What the other parts may ask of the queue (后台任务)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duokua.jobs import actions, selectors
from duokua.jobs.handlers import Handler, LeaseLost, Stopped, Work, kinds, register, title_of
from duokua.jobs.selectors import no_job
from duokua.jobs.states import WORDS, JobState
from duokua.jobs.values import JobError, JobInfo, ScheduleInfo, WorkerInfo

__all__ = [
    "WORDS",
    "Handler",
    "JobError",
    "JobInfo",
    "JobState",
    "LeaseLost",
    "ScheduleInfo",
    "Stopped",
    "Work",
    "WorkerInfo",
    "cancel",
    "counts",
    "enqueue",
    "jobs",
    "kinds",
    "no_job",
    "register",
    "retry",
    "schedule",
    "schedules",
    "show",
    "title_of",
    "unschedule",
    "workers",
]


def enqueue(
    kind: str,
    payload: dict[str, Any],
    *,
    by: str,
    now: datetime,
    key: str | None = None,
    run_at: datetime | None = None,
    priority: int = 0,
    most_attempts: int = actions.MOST_ATTEMPTS,
) -> JobInfo:
    """Bring in a job within the caller's transaction: it is there when that commits, or not at all.

    With ``key`` a job that waits or runs under the same key is returned instead. ``payload`` holds
    ids, never personal values or secrets. Higher ``priority`` goes first.
    """
    return actions.enqueue(
        kind,
        payload,
        by=by,
        now=now,
        key=key,
        run_at=run_at,
        priority=priority,
        most_attempts=most_attempts,
    )


def jobs(
    *,
    state: str | None = None,
    kind: str | None = None,
    key: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[JobInfo]:
    """Return jobs newest first, those with ids below ``before``."""
    return selectors.jobs(state, kind, key, before, limit)


def show(job_id: int) -> JobInfo:
    """Return a job.

    :raises NotFound: there is none.
    """
    return selectors.job_info(selectors.job_row(job_id))


def cancel(job_id: int, *, by: str, now: datetime) -> JobInfo:
    """Cancel a job that has not ended.

    :raises NotFound: there is none.
    :raises Conflict: it has ended.
    """
    return actions.cancel(job_id, by=by, now=now)


def retry(job_id: int, *, by: str, now: datetime) -> JobInfo:
    """Bring back a job that failed or was cancelled.

    :raises NotFound: there is none.
    :raises Conflict: it neither failed nor was cancelled.
    """
    return actions.retry(job_id, by=by, now=now)


def schedule(
    name: str,
    kind: str,
    payload: dict[str, Any],
    *,
    every_s: int | None = None,
    daily: str = "",
    by: str,
    now: datetime,
) -> ScheduleInfo:
    """Let a job come every ``every_s`` seconds or daily at ``daily`` (HH:MM in Asia/Shanghai).

    While one of them waits or runs, no second is brought in.

    :raises Invalid: neither or both are given, or one is wrong.
    """
    return actions.schedule(name, kind, payload, every_s=every_s, daily=daily, by=by, now=now)


def unschedule(name: str) -> bool:
    """Let a job not come again; tell whether it was scheduled."""
    return actions.unschedule(name)


def schedules() -> list[ScheduleInfo]:
    """Return every schedule."""
    return selectors.schedules()


def workers(now: datetime) -> list[WorkerInfo]:
    """Return the processes that run jobs."""
    return selectors.workers(now)


def counts() -> dict[str, int]:
    """Return how many jobs wait, run and have failed."""
    return selectors.counts()
