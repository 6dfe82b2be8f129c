"""Quarantines (隔离区): what of a batch stands aside, and how it left."""

from __future__ import annotations

from django.db import models

from duokua.lake.states import Leaving


class Quarantine(models.Model):
    """The rows of a batch that stand aside; ``left`` and ``counts`` tell of those that still do."""

    dataset = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    batch = models.CharField(max_length=200)
    file = models.CharField(max_length=100)
    mode = models.CharField(max_length=8)
    newest_by = models.CharField(max_length=64, blank=True)
    rows = models.BigIntegerField()
    left = models.BigIntegerField()
    counts = models.JSONField()  # [[column, reason, rows], …]
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "batch"], name="lake_quarantine_once")
        ]
        indexes = [models.Index(fields=["dataset", "id"])]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.batch}"


class Release(models.Model):
    """Rows that left a quarantine: by a batch of corrected rows, or dismissed for a reason."""

    quarantine = models.ForeignKey(Quarantine, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=10, choices=Leaving.choices)
    ranges = models.JSONField()  # [[first, last], …] row numbers of the source
    rows = models.BigIntegerField()
    batch = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["quarantine", "id"])]

    def __str__(self) -> str:
        return f"{self.quarantine_id} {self.how}"
