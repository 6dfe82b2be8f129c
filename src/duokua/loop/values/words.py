"""Labels of choices as bilingual texts, for messages that are kept in both languages."""

from __future__ import annotations

from functools import cache

from django.db import models
from django.utils import translation

from duokua.kernel.text import Text


@cache
def both(choice: models.TextChoices) -> Text:
    """Return the label of a choice in both languages."""
    told: list[str] = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told.append(str(choice.label))
    return Text(told[0], told[1])
