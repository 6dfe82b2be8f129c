"""Who would feel it if a dataset lost rows (影响范围); upper floors register what they know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from duokua.lake import lineage, selectors
from duokua.lake.values import Affected

Source = Callable[[str, datetime], Iterable[Affected]]
_SOURCES: dict[str, Source] = {}


def register_impact(name: str, source: Source) -> None:
    """Ask ``source``, too, what depends on a dataset; a name registers once."""
    _SOURCES[name] = source


def affected(dataset_id: str, now: datetime) -> tuple[Affected, ...]:
    """Return everything that depends on a dataset."""
    derived = [
        Affected("dataset", info.id, info.title, 0)
        for info in map(
            selectors.dataset_info,
            map(selectors.dataset_row, lineage.derived_from(dataset_id)),
        )
    ]
    told = [each for source in _SOURCES.values() for each in source(dataset_id, now)]
    return (*derived, *told)
