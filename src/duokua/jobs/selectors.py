"""Reads jobs, schedules and workers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from duokua.jobs.models import Job, Schedule, Worker
from duokua.jobs.states import JobState
from duokua.jobs.values import JobError, JobInfo, ScheduleInfo, WorkerInfo
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text

MAX_PAGE = 10_000
SILENT_S = 20.0  # a worker beats every few seconds


def job_row(job_id: int) -> Job:
    """Return a stored job.

    :raises NotFound: there is none.
    """
    found = Job.objects.filter(id=job_id).first()
    if found is None:
        raise no_job(job_id)
    return found


def no_job(job_id: int) -> NotFound:
    """Return the error for a job that is not there, or not to be known of: the same."""
    return NotFound(
        Text(f"没有任务 {job_id}", f"there is no job {job_id}"),
        Text("请用 duokua jobs list 查看", "see duokua jobs list"),
    )


def jobs(
    state: str | None, kind: str | None, key: str | None, before: int | None, limit: int
) -> list[JobInfo]:
    """Return jobs, newest first."""
    rows = Job.objects.order_by("-id")
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if key:
        rows = rows.filter(key=key)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [job_info(row) for row in rows[: min(limit, MAX_PAGE)]]


def job_info(row: Job) -> JobInfo:
    """Return a stored job as a value."""
    told = {name: getattr(row, name) for name in JobInfo.__slots__}
    told |= {"state": JobState(row.state), "error": _error(row.error)}
    return JobInfo(**told)


def _error(told: dict[str, Any] | None) -> JobError | None:
    if told is None:
        return None
    what, mend = Text(*told["what"]), Text(*told["mend"])
    return JobError(told["code"], what, mend, tuple(told["places"]))


def schedules() -> list[ScheduleInfo]:
    """Return every schedule."""
    return [
        ScheduleInfo(row.name, row.kind, row.payload, row.every_s, row.daily, row.next_at)
        for row in Schedule.objects.order_by("name")
    ]


def workers(now: datetime) -> list[WorkerInfo]:
    """Return the workers that are known."""
    heard = now - timedelta(seconds=SILENT_S)
    return [
        WorkerInfo(row.name, row.started_at, row.beat_at, row.beat_at >= heard)
        for row in Worker.objects.order_by("name")
    ]


def counts() -> dict[str, int]:
    """Return how many jobs wait, run and have failed."""
    wanted = (JobState.WAITING, JobState.RUNNING, JobState.FAILED)
    return {str(state): Job.objects.filter(state=state).count() for state in wanted}
