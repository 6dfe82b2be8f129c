"""Declared sources (数据源) of datasets."""

from __future__ import annotations

from django.db import models


class Source(models.Model):
    """Where a dataset's rows come from; how far it was fetched is told by the batches themselves."""

    id = models.CharField(max_length=64, primary_key=True)
    dataset = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    body = models.JSONField()  # the declaration, which holds no secret
    looks = models.JSONField(default=dict)  # of a folder: size and time of each file, as last seen
    ran_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)  # of the last run
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.id
