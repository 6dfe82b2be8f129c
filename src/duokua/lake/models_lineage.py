"""Lineage (血缘) by column, as the SQL of derived datasets tells it."""

from __future__ import annotations

from django.db import models


class LineageEdge(models.Model):
    """A column of a derived dataset is made of a column of another, or its rows depend on it.

    ``column`` is empty for an input that only decides which rows there are.
    """

    dataset = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    column = models.CharField(max_length=64, blank=True)
    source = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    source_column = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "column", "source", "source_column"], name="lake_edge_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id}.{self.source_column} → {self.dataset_id}.{self.column}"
