"""Indicators (指标): numerator over denominator, which way is good, and the target."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Indicator:
    """``indicators/<id>.yaml``. Queries read tables of the pack, or the loop's ``case``, ``task``,
    ``clock`` and ``finding`` of this pack, kept by the platform."""

    id: str
    title: Text
    numerator: str
    denominator: str  # empty: the numerator alone
    rows: str  # what is behind it; empty: none to show
    unit: str  # UCUM
    direction: str  # up | down: which way is good
    target: float | None
    target_source: str
    tables: tuple[str, ...] = ()
    file: str = ""
