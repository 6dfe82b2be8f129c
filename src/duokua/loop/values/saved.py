"""A saved view of the desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedViewInfo:
    """A filter that somebody keeps; ``query`` is the page's query string without the mark."""

    id: int
    name: str
    query: str
