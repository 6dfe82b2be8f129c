"""Match reports (主体比对) of two datasets and the pairs that people look at."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    """What a person says of a pair."""

    OPEN = "open", _("To be reviewed")  # 待复核
    SAME = "same", _("The same")  # 同一主体
    DIFFERENT = "different", _("Different")  # 不同主体


class MatchRun(models.Model):
    """The newest match of two datasets, in the order of their ids; counts only."""

    left = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=16)
    exact = models.BigIntegerField()
    probable = models.BigIntegerField()
    conflict = models.BigIntegerField()
    sides = models.JSONField()  # {"left": {…}, "right": {…}} of engine.matching.Side
    at = models.DateTimeField()
    by = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["left", "right"], name="lake_match_once")]

    def __str__(self) -> str:
        return f"{self.left_id} {self.right_id}"


class MatchPair(models.Model):
    """Two subjects, by pseudonym, that may be one; a verdict outlives later runs."""

    run = models.ForeignKey(MatchRun, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)  # probable, conflict
    left = models.CharField(max_length=48)  # empty where the row has no valid number
    right = models.CharField(max_length=48)
    reason = models.CharField(max_length=20)
    verdict = models.CharField(max_length=9, choices=Verdict.choices, default=Verdict.OPEN)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "left", "right", "reason"], name="lake_match_pair_once"
            )
        ]
        indexes = [models.Index(fields=["run", "verdict", "id"])]

    def __str__(self) -> str:
        return f"{self.left} {self.right}"
