"""What was sent from phones: each piece once, however often it is sent."""

from __future__ import annotations

from django.db import models


class Sent(models.Model):
    """Something that was done under a key; sent again, it is answered and not done again."""

    owner = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    at = models.DateTimeField()
    answer = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="sent_once")]
        indexes = [models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
