"""The catalogue (资源目录) of datasets: a cache of contracts and of the tables' own logs."""

from __future__ import annotations

from django.db import models

from duokua.lake.models_erasure import Barred, Erasure, ErasureStep, Purge, Retention
from duokua.lake.models_lineage import LineageEdge
from duokua.lake.models_matching import MatchPair, MatchRun
from duokua.lake.models_profile import FileProfile, Profile
from duokua.lake.models_quality import QualityRun
from duokua.lake.models_quarantine import Quarantine, Release
from duokua.lake.models_sources import Source
from duokua.lake.states import BatchMode

__all__ = [
    "Barred",
    "Batch",
    "Dataset",
    "Erasure",
    "ErasureStep",
    "FileProfile",
    "LineageEdge",
    "MatchPair",
    "MatchRun",
    "Profile",
    "Purge",
    "QualityRun",
    "Quarantine",
    "Release",
    "Retention",
    "Source",
]


class Dataset(models.Model):
    """A dataset under its newest contract; version, rows and statistics repeat the table's log."""

    id = models.CharField(max_length=64, primary_key=True)
    contract = models.JSONField()
    contract_version = models.CharField(max_length=32)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    words = models.TextField(blank=True)  # titles and names of the columns, for the search
    owner = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=2)
    version = models.BigIntegerField(null=True)
    announced = models.BigIntegerField(null=True)  # the version that all were told of
    rows = models.BigIntegerField(default=0)
    stats = models.JSONField(default=dict)
    refreshed_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["owner", "id"]), models.Index(fields=["level", "id"])]

    def __str__(self) -> str:
        return self.id


class Batch(models.Model):
    """A batch that has landed (汇聚批次)."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    rows = models.BigIntegerField()
    mode = models.CharField(max_length=8, choices=BatchMode.choices)
    source = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    version = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    withdrawn_at = models.DateTimeField(null=True)  # 撤回批次

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="lake_batch_once")]
        indexes = [models.Index(fields=["dataset", "-version"])]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.name}"
