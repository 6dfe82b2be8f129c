"""The life of a job as one table.

It waits, runs under a lease and ends; a failure that may pass brings it back to waiting.
"""

from __future__ import annotations

from django.db import models

from duokua.kernel.text import Text


class JobState(models.TextChoices):
    """Where a job (任务) stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


WORDS: dict[JobState, Text] = {
    JobState.WAITING: Text("等待", "waiting"),
    JobState.RUNNING: Text("执行中", "running"),
    JobState.DONE: Text("完成", "done"),
    JobState.FAILED: Text("失败", "failed"),
    JobState.CANCELLED: Text("已取消", "cancelled"),
}
MOVES: dict[JobState, tuple[JobState, ...]] = {
    JobState.WAITING: (JobState.RUNNING, JobState.CANCELLED),
    JobState.RUNNING: (
        JobState.RUNNING,  # its lease ran out and another worker took it
        JobState.WAITING,
        JobState.DONE,
        JobState.FAILED,
        JobState.CANCELLED,
    ),
    JobState.DONE: (),
    JobState.FAILED: (JobState.WAITING,),
    JobState.CANCELLED: (JobState.WAITING,),
}
LIVE = (JobState.WAITING, JobState.RUNNING)
ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
