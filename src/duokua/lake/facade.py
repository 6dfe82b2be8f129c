"""What the other parts may ask of the lake (数据湖)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from duokua.engine import delta
from duokua.engine.delta import TableHead
from duokua.engine.rows import read_rows
from duokua.lake import actions, catalogue, places, quality, selectors
from duokua.lake.actions import Progress
from duokua.lake.models import Dataset
from duokua.lake.quality import QualityInfo, RuleOutcome
from duokua.lake.signals import contract_registered, dataset_committed
from duokua.lake.values import BatchInfo, ColumnStats, DatasetInfo, IngestResult, Mode
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Level

__all__ = [
    "BatchInfo",
    "ColumnStats",
    "DatasetInfo",
    "IngestResult",
    "Mode",
    "QualityInfo",
    "RuleOutcome",
    "batches",
    "check_quality",
    "contract",
    "contract_registered",
    "contracts",
    "dataset_committed",
    "datasets",
    "describe",
    "ingest",
    "open_rows",
    "quality_history",
    "reconcile",
    "register",
]


def register(
    contract_text: str, *, by: str, now: datetime, source: str = "contract.yaml"
) -> DatasetInfo:
    """Register an ODCS contract or a new version of it.

    :raises Invalid: the contract is wrong; all faults at once.
    :raises Conflict: the new version breaks what is there.
    """
    return actions.register(contract_text, source=source, by=by, now=now)


def ingest(
    dataset_id: str,
    path: Path,
    *,
    batch: str | None = None,
    mode: Mode = "append",
    by: str,
    now: datetime,
    progress: Progress | None = None,
) -> IngestResult:
    """Bring in a CSV or Parquet file as one batch, exactly once.

    The batch id is by default the SHA-256 of the file. ``progress`` is told rows done and in all.

    :raises NotFound: there is no such dataset.
    :raises Invalid: the file breaks the contract; nothing has landed.
    :raises Conflict: the batch id stands for another file.
    """
    return actions.ingest(
        dataset_id, path.absolute(), batch=batch, mode=mode, by=by, now=now, progress=progress
    )


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
    by_name = contract(dataset_id).by_name
    head = delta.head(places.table(dataset_id))
    if not head.files:
        return None
    return head, read_rows(head.files, [by_name[name] for name in columns])


def check_quality(dataset_id: str, *, now: datetime) -> QualityInfo:
    """Measure the quality rules of a dataset and keep the run.

    :raises NotFound: there is no such dataset.
    """
    return quality.check(dataset_id, aside=None, now=now)


def quality_history(dataset_id: str, *, limit: int = 60) -> list[QualityInfo]:
    """Return the newest quality runs of a dataset, newest first."""
    return quality.history(dataset_id, limit)


def reconcile() -> list[str]:
    """Mend what a crash left between tables and catalogue; return the datasets concerned.

    Each of them is announced again, so that its indexes follow.
    """
    behind = []
    for dataset_id in Dataset.objects.order_by("id").values_list("id", flat=True):
        if catalogue.follow_log(dataset_id):
            behind.append(dataset_id)
            dataset_committed.send(sender=Dataset, dataset_id=dataset_id)
    return behind
