"""What was looked for, for the words that many look for."""

from __future__ import annotations

from django.db import models


class Searched(models.Model):
    """How often people of a department looked for some words on a day; nobody's name is kept."""

    words = models.CharField(max_length=40)
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    day = models.DateField()
    times = models.PositiveIntegerField(default=0)
    hits = models.PositiveIntegerField(default=0)  # of the newest time

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["words", "department", "day"], name="searched_a_day")
        ]
        indexes = [models.Index(fields=["day", "words"])]

    def __str__(self) -> str:
        return self.words
