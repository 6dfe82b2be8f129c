"""Asking what is in the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from duokua.engine import delta
from duokua.engine.delta import TableHead
from duokua.engine.rows import read_rows
from duokua.kernel.text import Text
from duokua.lake import alerts, catalogue, lineage, places, profile, quality, selectors
from duokua.lake.lineage import Edge
from duokua.lake.profile import ProfileInfo
from duokua.lake.quality import QualityInfo
from duokua.lake.values import BatchInfo, DatasetInfo, DatasetLine
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Level


def describe(dataset_id: str, *, viewer: str | None = None) -> DatasetInfo:
    """Return a dataset; a core one (L4) is there for its own department's ``viewer`` only.

    :raises NotFound: there is none, or the viewer may not know of it.
    """
    row = selectors.dataset_row(dataset_id)
    if viewer is not None and row.level == Level.L4 and row.owner_id != viewer:
        raise selectors.no_dataset(dataset_id)
    return selectors.dataset_info(row)


def datasets(
    *,
    search: str | None = None,
    department: str | None = None,
    level: str | None = None,
    after: str | None = None,
    limit: int = 50,
    viewer: str | None = None,
) -> list[DatasetInfo]:
    """Return datasets in the order of their ids, those behind ``after``.

    ``viewer`` is the department that looks: core datasets (L4) of others are left out.
    """
    return selectors.datasets(search, department, level, after, limit, viewer)


def dataset_lines(
    *, search: str | None, department: str | None, level: str | None, viewer: str | None
) -> list[DatasetLine]:
    """Return by what every dataset is sorted in a list: as :func:`datasets`, without contracts."""
    return selectors.dataset_lines(search, department, level, viewer)


def named_datasets(ids: Sequence[str]) -> list[DatasetInfo]:
    """Return some datasets in the order given, those of a page of :func:`dataset_lines`."""
    return selectors.named_datasets(ids)


def titles(dataset_ids: Iterable[str], *, viewer: str | None) -> dict[str, Text]:
    """Return the titles of those datasets that ``viewer`` may know of, in one query."""
    return selectors.titles(dataset_ids, viewer)


def batches(dataset_id: str, *, limit: int = 50) -> list[BatchInfo]:
    """Return the newest batches of a dataset."""
    return selectors.batches(dataset_id, limit)


def contract(dataset_id: str) -> Contract:
    """Return the newest contract of a dataset.

    :raises NotFound: there is none.
    """
    return contract_from_json(selectors.dataset_row(dataset_id).contract)


def contracts(dataset_ids: frozenset[str]) -> dict[str, Contract]:
    """Return the newest contracts of those datasets that exist."""
    return selectors.contracts(dataset_ids)


def open_rows(
    dataset_id: str, columns: Sequence[str]
) -> tuple[TableHead, Iterator[pa.RecordBatch]] | None:
    """Open the newest version of a dataset for a whole read, ``None`` before the first batch.

    For building serving indexes only: rows reach callers through ``serving`` alone.

    :raises NotFound: there is no such dataset.
    """
    row = selectors.dataset_row(dataset_id)
    by_name = contract_from_json(row.contract).by_name
    head = delta.head(places.table(dataset_id))
    if not head.files and row.version is None:
        return None
    return head, read_rows(head.files, [by_name[name] for name in columns])


def rows_changed(dataset_id: str, *, since: int) -> bool:
    """Tell whether a version after ``since`` may have other rows than that one had.

    :raises NotFound: there is no such dataset.
    """
    return catalogue.rows_changed(dataset_id, since)


def check_quality(dataset_id: str, *, now: datetime) -> QualityInfo:
    """Measure the quality rules of a dataset and keep the run.

    :raises NotFound: there is no such dataset.
    """
    info = quality.check(dataset_id, now=now)
    alerts.quality_measured(dataset_id, info, now=now)
    return info


def quality_history(dataset_id: str, *, limit: int = 60) -> list[QualityInfo]:
    """Return the newest quality runs of a dataset, newest first."""
    return quality.history(dataset_id, limit)


def refresh_profile(dataset_id: str) -> None:
    """Look at those files of a dataset that nobody has looked at.

    :raises NotFound: there is no such dataset.
    """
    profile.refresh(dataset_id)


def profile_of(dataset_id: str) -> ProfileInfo | None:
    """Return distinct counts (about) and some rows without personal data; never scans."""
    return profile.of(dataset_id)


def upstream(dataset_id: str, *, column: str | None = None) -> list[Edge]:
    """Return the lineage of a dataset, or of one column: all edges that lead to it."""
    edges = lineage.upstream(dataset_id)
    return edges if column is None else lineage.of_column(edges, dataset_id, column)


def downstream(dataset_id: str, *, column: str | None = None) -> list[Edge]:
    """Return all edges that lead away from a dataset, or from one column of it."""
    edges = lineage.downstream(dataset_id)
    return edges if column is None else lineage.of_column(edges, dataset_id, column)


def promised() -> list[str]:
    """Return the datasets whose contracts promise when new data come."""
    return selectors.promised()
