"""Quality runs (质量评估): what was measured, when, over which version."""

from __future__ import annotations

from django.db import models


class QualityRun(models.Model):
    """One measuring of all rules of a dataset; ``score`` is null when nothing could be judged."""

    dataset = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    version = models.BigIntegerField(null=True)
    score = models.FloatField(null=True)
    told = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["dataset", "-at"])]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.at}"
