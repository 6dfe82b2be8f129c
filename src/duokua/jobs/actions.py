"""Verbs of the queue that people and programs use: bring in, cancel, retry, schedule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from duokua.audit import facade as audit
from duokua.jobs import nudge, selectors, times
from duokua.jobs.models import Job, Schedule
from duokua.jobs.states import LIVE, MOVES, JobState
from duokua.jobs.values import JobInfo, ScheduleInfo
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text

MOST_ATTEMPTS = 5
_TRIES = 5
_SCHEDULER = "schedule"
_SET_BACK = timedelta(minutes=1)  # what is farther ahead than its rhythm was written before

audit.register(
    {
        "jobs.job.cancelled": Text("取消任务", "job cancelled"),
        "jobs.job.retried": Text("重试任务", "job retried"),
    }
)


def enqueue(
    kind: str,
    payload: dict[str, Any],
    *,
    by: str,
    now: datetime,
    key: str | None,
    run_at: datetime | None,
    priority: int,
    most_attempts: int,
) -> JobInfo:
    """Bring in a job within the caller's transaction; a live one of the same ``key`` is returned."""
    for _ in range(_TRIES):
        present = Job.objects.filter(key=key, state__in=LIVE).first() if key else None
        if present is not None:
            return selectors.job_info(present)
        row = Job(
            kind=kind,
            key=key,
            payload=payload,
            priority=priority,
            run_at=run_at or now,
            most_attempts=most_attempts,
            created_at=now,
            created_by=by,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # somebody else was quicker; theirs may have ended since
            continue
        if row.run_at <= now:
            transaction.on_commit(nudge.nudge)
        return selectors.job_info(row)
    raise _busy(key or kind)


def _busy(key: str) -> Conflict:
    return Conflict(
        Text(f"任务“{key}”正在排队或执行", f"the job {key!r} waits or runs already"),
        Text("请稍后再试", "try again later"),
    )


def cancel(job_id: int, *, by: str, now: datetime) -> JobInfo:
    """Cancel (取消) a job that has not ended; a worker that has it stops at its next progress.

    :raises NotFound: there is no such job.
    :raises Conflict: it has ended.
    """
    row = selectors.job_row(job_id)
    _check_move(row, JobState.CANCELLED)
    with transaction.atomic():
        changed = Job.objects.filter(id=job_id, state__in=LIVE).update(
            state=JobState.CANCELLED,
            fence=F("fence") + 1,
            finished_at=now,
            lease_until=None,
            owner="",
        )
        if not changed:
            raise _ended(row)
        audit.record("jobs.job.cancelled", by=by, of=str(job_id), at=now, detail={"kind": row.kind})
    return selectors.job_info(selectors.job_row(job_id))


def retry(job_id: int, *, by: str, now: datetime) -> JobInfo:
    """Bring a failed or cancelled job back (重试), as if it were new.

    :raises NotFound: there is no such job.
    :raises Conflict: it is not failed or cancelled, or another of its key is live.
    """
    row = selectors.job_row(job_id)
    _check_move(row, JobState.WAITING)
    try:
        with transaction.atomic():
            changed = Job.objects.filter(
                id=job_id, state__in=(JobState.FAILED, JobState.CANCELLED)
            ).update(
                state=JobState.WAITING,
                run_at=now,
                attempts=0,
                done=0,
                total=0,
                error=None,
                started_at=None,
                finished_at=None,
            )
            if not changed:
                raise _ended(row)
            audit.record(
                "jobs.job.retried", by=by, of=str(job_id), at=now, detail={"kind": row.kind}
            )
    except IntegrityError:
        raise _busy(row.key or row.kind) from None
    return selectors.job_info(selectors.job_row(job_id))


def _check_move(row: Job, to: JobState) -> None:
    state = JobState(row.state)
    if to not in MOVES[state] or (to == JobState.WAITING and state == JobState.RUNNING):
        raise _ended(row)


def _ended(row: Job) -> Conflict:
    return Conflict(
        Text(f"任务 {row.id} 的状态不允许此操作", f"job {row.id} is in no state for that"),
        Text("请用 duokua jobs show 查看", "see duokua jobs show"),
    )


def schedule(
    name: str,
    kind: str,
    payload: dict[str, Any],
    *,
    every_s: int | None,
    daily: str,
    by: str,
    now: datetime,
) -> ScheduleInfo:
    """Let a job come again; an unchanged rhythm keeps its next instant.

    :raises Invalid: neither or both rhythms are given, or one is wrong.
    """
    times.check(every_s, daily)
    with transaction.atomic():
        old = Schedule.objects.select_for_update().filter(name=name).first()
        same = old is not None and (old.every_s, old.daily) == (every_s, daily)
        kept = old.next_at if old is not None and same else None
        next_at = kept or times.following(now, every_s, daily, now)
        told = {"kind": kind, "payload": payload, "every_s": every_s, "daily": daily}
        Schedule.objects.update_or_create(
            name=name, defaults={**told, "next_at": next_at, "created_by": by}
        )
    return ScheduleInfo(name, kind, payload, every_s, daily, next_at)


def unschedule(name: str) -> bool:
    """Let a job not come again; tell whether it was scheduled."""
    return bool(Schedule.objects.filter(name=name).delete()[0])


def fire_due(now: datetime) -> int:
    """Bring in every scheduled job that is due; however many ask, each instant counts once."""
    fired = 0
    for row in [each for each in Schedule.objects.all() if _due(each, now)]:
        next_at = times.following(min(row.next_at, now), row.every_s, row.daily, now)
        with transaction.atomic():
            changed = Schedule.objects.filter(name=row.name, next_at=row.next_at).update(
                next_at=next_at
            )
            if changed:
                enqueue(
                    row.kind,
                    row.payload,
                    by=_SCHEDULER,
                    now=now,
                    key=f"{_SCHEDULER}:{row.name}",
                    run_at=None,
                    priority=0,
                    most_attempts=MOST_ATTEMPTS,
                )
                fired += 1
    return fired


def _due(row: Schedule, now: datetime) -> bool:
    """Tell whether a schedule is due, also when the clock was set back since it was written."""
    if row.next_at <= now or row.every_s is None:
        return row.next_at <= now
    return row.next_at > now + timedelta(seconds=2 * row.every_s) + _SET_BACK
