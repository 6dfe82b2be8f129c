"""Erasures (彻底删除): what was asked, how far it is, and who must not come back by an old file.

Subjects are known here by keyed marks only.
"""

from __future__ import annotations

from django.db import models

from duokua.lake.states import ErasureState


class Erasure(models.Model):
    """One subject that is erased for good; ``marks`` are of each form of its number."""

    id = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=10)
    marks = models.JSONField()
    datasets = models.JSONField()  # those that were named; empty: every one
    reason = models.CharField(max_length=500)
    basis = models.CharField(max_length=500)  # 法定依据
    state = models.CharField(
        max_length=8, choices=ErasureState.choices, default=ErasureState.WAITING
    )
    rows = models.BigIntegerField(default=0)
    asked_by = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    department = models.CharField(max_length=64, blank=True)  # of the steward who asked
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "asked_at"])]

    def __str__(self) -> str:
        return self.id


class ErasureStep(models.Model):
    """One place that an erasure has to clean; it is done only when nothing is left there."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    kind = models.CharField(max_length=10)
    dataset = models.CharField(max_length=64, blank=True)
    rows = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["erasure", "kind", "dataset"], name="lake_erasure_step_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.erasure_id} {self.kind} {self.dataset}"


class Barred(models.Model):
    """A mark whose rows stand aside at ingest, of every dataset or of one, until it is lifted."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    mark = models.CharField(max_length=24)
    dataset = models.CharField(max_length=64, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["erasure", "mark", "dataset"], name="lake_barred_once")
        ]
        indexes = [models.Index(fields=["dataset", "lifted_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.mark}"


class Purge(models.Model):
    """A dataset whose past has to be forgotten (清除历史); the row goes when that is done."""

    dataset = models.OneToOneField(
        "lake.Dataset", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    cause = models.CharField(max_length=40)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.cause}"


class Retention(models.Model):
    """What the next look at a dataset's retention (保存期限) will take away."""

    dataset = models.OneToOneField(
        "lake.Dataset", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    next_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.next_at}"
