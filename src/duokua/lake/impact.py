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
    told = [each for source in _SOURCES.values() for each in source(dataset_id, now)]
    return (*_derived(dataset_id), *told)


def broken_by(
    dataset_id: str, columns: frozenset[str] | None, now: datetime
) -> tuple[Affected, ...]:
    """Return what would break if ``columns`` changed; ``None`` stands for the whole dataset."""
    everything = affected(dataset_id, now)
    if columns is None:
        return everything
    return tuple(each for each in everything if columns & set(each.columns))


def _derived(dataset_id: str) -> list[Affected]:
    used: dict[str, set[str]] = {}
    for edge in lineage.downstream(dataset_id):
        if edge.source == dataset_id:
            used.setdefault(edge.dataset, set()).add(edge.source_column)
    infos = {name: selectors.dataset_info(selectors.dataset_row(name)) for name in used}
    return [
        Affected("dataset", name, infos[name].title, 0, tuple(sorted(columns)))
        for name, columns in used.items()
    ]
