"""Verbs of a worker: claim a job under a lease (租约), keep it, end it, or lose it.

Each is one guarded update. ``fence`` grows with every claim and with a cancellation, so whoever
holds an older one changes nothing any more: no job is ended by two, and none is lost with its worker.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from duokua.jobs import selectors, times
from duokua.jobs.models import Job, Worker
from duokua.jobs.states import ENDED, JobState
from duokua.jobs.values import JobError, JobInfo
from duokua.kernel.text import Text

_KEPT = timedelta(days=30)
_FORGOTTEN = timedelta(days=1)
_AHEAD = timedelta(minutes=10)  # nobody holds a job for so long at once: the clock was set back
_WORKER_DIED = JobError(
    "worker_died",
    Text("执行该任务的进程多次中断", "the process that ran it ended again and again"),
    Text("请查看 jobs 日志后重试", "see the log of jobs, then retry"),
)


def claim(owner: str, *, kinds: tuple[str, ...], lease_s: float, now: datetime) -> JobInfo | None:
    """Take the most urgent job that waits or whose lease ran out; ``None`` when there is none."""
    while _claimable(kinds, now).exists():  # a look costs no lock
        with transaction.atomic():
            row = _locked(kinds, now)
            if row is None:
                return None
            if row.attempts >= row.most_attempts:
                _bury(row, now)
                continue
            if _take(row, owner, now + timedelta(seconds=lease_s), now):
                return selectors.job_info(selectors.job_row(row.id))
    return None


def _claimable(kinds: tuple[str, ...], now: datetime) -> QuerySet[Job]:
    """Return what can be taken; an instant far ahead was written before the clock was set back."""
    waiting = Q(state=JobState.WAITING, run_at__lte=now)
    waiting |= Q(state=JobState.WAITING, run_at=F("created_at"), created_at__gt=now + _AHEAD)
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=now)
    lapsed |= Q(state=JobState.RUNNING, lease_until__gt=now + _AHEAD)
    return Job.objects.filter(waiting | lapsed, kind__in=kinds)


def _locked(kinds: tuple[str, ...], now: datetime) -> Job | None:
    rows = _claimable(kinds, now).order_by("-priority", "run_at", "id")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return rows.first()


def _take(row: Job, owner: str, until: datetime, now: datetime) -> bool:
    return bool(
        Job.objects.filter(id=row.id, state=row.state, fence=row.fence).update(
            state=JobState.RUNNING,
            owner=owner,
            lease_until=until,
            fence=row.fence + 1,
            attempts=row.attempts + 1,
            done=0,
            total=0,
            beat_at=now,
            started_at=now,
            finished_at=None,
        )
    )


def _bury(row: Job, now: datetime) -> None:
    """Give up a job whose worker died each time: it may be the reason."""
    Job.objects.filter(id=row.id, fence=row.fence).update(
        state=JobState.FAILED,
        error=_error_json(_WORKER_DIED),
        finished_at=now,
        fence=row.fence + 1,
        lease_until=None,
    )


def _held(job: JobInfo) -> QuerySet[Job]:
    return Job.objects.filter(id=job.id, fence=job.fence, state=JobState.RUNNING)


def beat(job: JobInfo, *, lease_s: float, done: int, total: int, now: datetime) -> bool:
    """Keep the lease and note the progress; false when the job belongs to another."""
    until = now + timedelta(seconds=lease_s)
    changed = _held(job).update(lease_until=until, beat_at=now, done=done, total=total)
    return bool(changed)


def complete(
    job: JobInfo, result: dict[str, Any] | None, *, done: int, total: int, now: datetime
) -> bool:
    """End a job well; false when it belongs to another, and then nothing has changed."""
    changed = _held(job).update(
        state=JobState.DONE,
        result=result,
        error=None,
        done=done,
        total=total,
        finished_at=now,
        lease_until=None,
    )
    return bool(changed)


def fail(job: JobInfo, error: JobError, *, passing: bool, now: datetime) -> bool:
    """Note a failed attempt; what is ``passing`` is tried again later, as long as attempts are left.

    False when the job belongs to another.
    """
    told: dict[str, Any] = {"error": _error_json(error), "lease_until": None}
    if passing and job.attempts < job.most_attempts:
        told |= {"state": JobState.WAITING, "run_at": now + times.retry_after(job.attempts)}
    else:
        told |= {"state": JobState.FAILED, "finished_at": now}
    return bool(_held(job).update(**told))


def release(job: JobInfo, *, now: datetime) -> bool:
    """Give a job back unfinished, because its worker ends; the attempt does not count."""
    changed = _held(job).update(
        state=JobState.WAITING, run_at=now, attempts=job.attempts - 1, lease_until=None, owner=""
    )
    return bool(changed)


def _error_json(error: JobError) -> dict[str, Any]:
    return {
        "code": error.code,
        "what": [error.what.zh, error.what.en],
        "mend": [error.mend.zh, error.mend.en],
        "places": list(error.places),
    }


def note_worker(name: str, *, started_at: datetime, now: datetime) -> None:
    """Note that a worker is alive, and forget those long silent."""
    Worker.objects.update_or_create(
        name=name,
        defaults={"beat_at": now},
        create_defaults={"started_at": started_at, "beat_at": now},
    )
    Worker.objects.filter(beat_at__lt=now - _FORGOTTEN).delete()


def forget_worker(name: str) -> None:
    """Note that a worker has ended in order."""
    Worker.objects.filter(name=name).delete()


def prune(now: datetime) -> int:
    """Delete jobs that ended more than 30 days ago; return how many."""
    return Job.objects.filter(state__in=ENDED, finished_at__lt=now - _KEPT).delete()[0]
