"""What is remembered of a grant in use: warnings that were given, and why an idle one is kept."""

from __future__ import annotations

from django.db import models

from duokua.store.models.request import Request


class Use(models.Model):
    """The use (使用情况) under one request; made when it is first needed."""

    request = models.OneToOneField(
        Request, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    warned = models.PositiveSmallIntegerField(null=True)  # days before its end last told of
    idle_since = models.DateField(null=True)  # no call since then; None: not proposed for release
    proposed_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)  # somebody said that it is still needed
    kept_by = models.CharField(max_length=64, blank=True)
    kept_because = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["proposed_at"])]

    def __str__(self) -> str:
        return self.request_id
