"""Jobs, their schedules and the workers that run them."""

from __future__ import annotations

from django.db import models

from duokua.jobs.states import LIVE, JobState


class Job(models.Model):
    """A piece of work (任务). ``fence`` grows with each claim: who holds an older one has lost it."""

    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: no deduplication
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    priority = models.IntegerField(default=0)
    run_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    most_attempts = models.IntegerField()
    fence = models.BigIntegerField(default=0)
    owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    beat_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(state__in=[str(state) for state in LIVE]),
                name="jobs_job_key_live",
            )
        ]
        indexes = [
            models.Index(fields=["state", "run_at"]),
            models.Index(fields=["state", "finished_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"


class Schedule(models.Model):
    """A job that comes again (周期任务): every ``every_s`` seconds, or daily at ``daily``."""

    name = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    every_s = models.PositiveIntegerField(null=True)
    daily = models.CharField(max_length=5, blank=True)  # HH:MM in Asia/Shanghai
    next_at = models.DateTimeField(db_index=True)
    created_by = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    """A process that runs jobs, and when it was last heard of."""

    name = models.CharField(max_length=100, primary_key=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
