"""Bilingual text: Simplified Chinese first, English complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence or label in both languages of the platform."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the text in ``language``, the other one where it is empty."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)

    def format(self, **values: object) -> Text:
        """Fill ``{name}`` places in both languages."""
        return Text(self.zh.format(**values), self.en.format(**values))


def preferred_language(accept_language: str | None, default: Language = "zh") -> Language:
    """Choose the language that an ``Accept-Language`` header ranks highest (RFC 9110 §12.5.4)."""
    best: tuple[float, Language] | None = None
    for part in (accept_language or "").lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        language: Language | None = (
            "zh" if tag.startswith("zh") else "en" if tag.startswith("en") else None
        )
        try:
            rank = float(quality) if quality else 1.0
        except ValueError:
            continue
        if language and rank > 0 and (best is None or rank > best[0]):
            best = (rank, language)
    return best[1] if best else default
