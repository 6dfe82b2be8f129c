"""The language of the page being made."""

from __future__ import annotations

from django.utils.translation import get_language

from duokua.kernel.text import Language


def active() -> Language:
    """Return ``zh`` or ``en``."""
    return "en" if (get_language() or "").startswith("en") else "zh"
