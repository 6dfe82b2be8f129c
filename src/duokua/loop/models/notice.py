"""When posts want to be left alone, and what waits for them meanwhile."""

from __future__ import annotations

from django.db import models


class Quiet(models.Model):
    """Hours in which a department's post is told of nothing but the gravest (免打扰时段)."""

    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=32)  # of the platform
    begins = models.TimeField()  # in Asia/Shanghai; over midnight where it is after ``ends``
    ends = models.TimeField()
    severity = models.SmallIntegerField()  # from this one on it is told nevertheless; red always is
    set_by = models.CharField(max_length=64)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["department", "role"], name="one_quiet_a_post")
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.role}"


class Held(models.Model):
    """A notice that waits for the end of a post's quiet hours."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey("loop.Case", on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=200)
    department = models.CharField(max_length=64)
    role = models.CharField(max_length=32)
    note = models.JSONField()
    tell_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cause", "department", "role"], name="held_once")
        ]
        indexes = [models.Index(fields=["tell_at"])]

    def __str__(self) -> str:
        return self.cause
