"""What the least and greatest values of two sets of rows tell without reading them."""

from __future__ import annotations

from collections.abc import Sequence

from duokua.engine.stats import TableStats


def may_overlap(key: Sequence[str], fresh: TableStats, present: TableStats) -> bool:
    """Tell from the ranges alone whether the same key can be in both."""
    if not present.rows or not fresh.rows:
        return False
    for name in key:
        one, other = fresh.of(name), present.of(name)
        if one.least is None or other.least is None:
            return False
        if one.greatest < other.least or other.greatest < one.least:  # type: ignore[operator]
            return False
    return True
