"""Profiles (数据概况): distinct sketches and rows to show, of files and of whole datasets."""

from __future__ import annotations

from django.db import models


class FileProfile(models.Model):
    """Of one immutable file: a sketch of each column (base64) and some rows without personal data."""

    dataset = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=100)
    hash = models.CharField(max_length=32)
    shown = models.JSONField()  # the columns of `rows`
    rows = models.JSONField()
    sketches = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "file"], name="lake_file_profile_once")
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.file}"


class Profile(models.Model):
    """Of the version of a dataset that was looked at last."""

    dataset = models.OneToOneField(
        "lake.Dataset", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    version = models.BigIntegerField()
    distinct = models.JSONField()
    shown = models.JSONField()
    rows = models.JSONField()

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.version}"
