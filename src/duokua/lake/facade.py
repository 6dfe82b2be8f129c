"""What the other parts may ask of the lake (数据湖)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from duokua.engine import delta
from duokua.engine.delta import TableHead
from duokua.engine.rows import read_rows
from duokua.kernel.text import Language
from duokua.lake import (
    actions,
    catalogue,
    landing,
    lineage,
    places,
    profile,
    quality,
    selectors,
    withdrawal,
)
from duokua.lake import quarantine as standing
from duokua.lake.derived import refresh as refresh_derived
from duokua.lake.fetching import run as run_source
from duokua.lake.impact import register_impact
from duokua.lake.landing import Progress
from duokua.lake.lineage import Edge, derived_from
from duokua.lake.models import Dataset
from duokua.lake.profile import ProfileInfo
from duokua.lake.quality import QualityInfo, RuleOutcome
from duokua.lake.signals import contract_registered, dataset_committed
from duokua.lake.sources import SourceInfo, SourceRun, sources
from duokua.lake.sources import add as add_source
from duokua.lake.sources import remove as remove_source
from duokua.lake.sources import show as source
from duokua.lake.upkeep import compact, register_holder, vacuum
from duokua.lake.values import (
    Affected,
    BatchInfo,
    ColumnStats,
    DatasetInfo,
    FaultCount,
    IngestResult,
    Mode,
    QuarantineInfo,
    QuarantinePage,
    ReplayResult,
    RowFault,
    StandingRow,
    Withdrawal,
)
from duokua.lake.withdrawal import withdraw
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Level

__all__ = [
    "Affected",
    "BatchInfo",
    "ColumnStats",
    "DatasetInfo",
    "Edge",
    "FaultCount",
    "IngestResult",
    "Mode",
    "ProfileInfo",
    "QualityInfo",
    "QuarantineInfo",
    "QuarantinePage",
    "ReplayResult",
    "RowFault",
    "RuleOutcome",
    "SourceInfo",
    "SourceRun",
    "StandingRow",
    "Withdrawal",
    "add_source",
    "batches",
    "check_quality",
    "compact",
    "contract",
    "contract_registered",
    "contracts",
    "dataset_committed",
    "datasets",
    "derived_from",
    "describe",
    "dismiss",
    "download_quarantine",
    "downstream",
    "foresee_withdrawal",
    "ingest",
    "look_at_quarantine",
    "open_rows",
    "profile_of",
    "quality_history",
    "quarantine",
    "quarantines",
    "reconcile",
    "refresh_derived",
    "refresh_profile",
    "register",
    "register_holder",
    "register_impact",
    "remove_source",
    "replay",
    "run_source",
    "source",
    "sources",
    "upstream",
    "vacuum",
    "withdraw",
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
    newest_by: str | None = None,
    strict: bool = False,
    by: str,
    now: datetime,
    progress: Progress | None = None,
) -> IngestResult:
    """Bring in a file as one batch, exactly once.

    Rows that break the contract stand aside in the quarantine and the rest lands; with ``strict``
    it is all or nothing. ``mode`` upsert puts rows in place of those with the same key; with
    ``newest_by``, a column, only where they are newer, so that batches may come in any order.
    The batch id is by default the SHA-256 of the file. ``progress`` is told rows done and in all.

    :raises NotFound: there is no such dataset.
    :raises Invalid: the file cannot be read or no row of it fits; nothing has landed.
    :raises Conflict: the batch id stands for another file, or was withdrawn.
    """
    return landing.ingest(
        dataset_id,
        path.absolute(),
        batch=batch,
        mode=mode,
        newest_by=newest_by,
        strict=strict,
        by=by,
        now=now,
        progress=progress,
    )


def quarantines(dataset_id: str, *, viewer: str | None) -> list[QuarantineInfo]:
    """Return how much of each batch still stands aside, and why; from counts, nothing is read.

    What stands aside is known to the owning department alone: ``viewer`` is the department that
    asks, ``None`` the operator of the installation.

    :raises NotFound: there is no such dataset, or it is another department's.
    """
    return standing.quarantines(dataset_id, viewer=viewer)


def quarantine(
    dataset_id: str,
    *,
    viewer: str | None,
    batch: str | None = None,
    reason: str | None = None,
    column: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> QuarantinePage:
    """Return rows in the quarantine (隔离区) behind ``after``, those with such a fault if named.

    :raises NotFound: there is no such dataset, or it is another department's.
    """
    return standing.page(
        dataset_id,
        viewer=viewer,
        batch=batch,
        reason=reason,
        column=column,
        after=after,
        limit=limit,
    )


def look_at_quarantine(
    dataset_id: str,
    *,
    viewer: str | None,
    batch: str | None,
    reason: str | None,
    column: str | None,
    after: str | None,
    limit: int,
    by: str,
    now: datetime,
) -> QuarantinePage:
    """Return what :func:`quarantine` does, and record who has looked at it.

    :raises NotFound: there is no such dataset, or it is another department's.
    """
    page = quarantine(
        dataset_id,
        viewer=viewer,
        batch=batch,
        reason=reason,
        column=column,
        after=after,
        limit=limit,
    )
    standing.seen(dataset_id, page.rows, batch=batch, by=by, now=now)
    return page


def download_quarantine(
    dataset_id: str,
    batch: str,
    *,
    viewer: str | None,
    language: Language,
    by: str,
    now: datetime,
) -> Iterator[str]:
    """Return the lines of a CSV of what stands aside of a batch, to be corrected and replayed.

    :raises NotFound: nothing of it stands aside, or the dataset is another department's.
    """
    return standing.download(dataset_id, batch, viewer=viewer, language=language, by=by, now=now)


def replay(
    dataset_id: str, batch: str, corrected: Path, *, viewer: str | None, by: str, now: datetime
) -> ReplayResult:
    """Bring corrected rows of a batch back as a batch of their own, exactly once.

    :raises NotFound: nothing of it stands aside, or the dataset is another department's.
    :raises Invalid: the file is not in the download's shape, or no row of it fits.
    """
    return standing.replay(dataset_id, batch, corrected.absolute(), viewer=viewer, by=by, now=now)


def dismiss(
    dataset_id: str,
    batch: str,
    *,
    rows: Sequence[int] | None = None,
    reason: str,
    viewer: str | None,
    by: str,
    now: datetime,
) -> QuarantineInfo:
    """Let rows of a batch leave the quarantine for a reason; all of them by default.

    :raises NotFound: nothing of it stands aside, or the dataset is another department's.
    :raises Invalid: there is no reason, or a row does not stand aside.
    """
    return standing.dismiss(
        dataset_id, batch, rows=rows, reason=reason, viewer=viewer, by=by, now=now
    )


def foresee_withdrawal(
    dataset_id: str, batch: str, *, viewer: str | None, now: datetime
) -> Withdrawal:
    """Tell what withdrawing a batch would take away and whom it concerns; nothing changes.

    :raises NotFound: there is no such batch, or the dataset is another department's.
    :raises Conflict: it was no append, or its rows have been replaced.
    """
    return withdrawal.foresee(dataset_id, batch, viewer=viewer, now=now)


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
    row = selectors.dataset_row(dataset_id)
    by_name = contract_from_json(row.contract).by_name
    head = delta.head(places.table(dataset_id))
    if not head.files and row.version is None:
        return None
    return head, read_rows(head.files, [by_name[name] for name in columns])


def check_quality(dataset_id: str, *, now: datetime) -> QualityInfo:
    """Measure the quality rules of a dataset and keep the run.

    :raises NotFound: there is no such dataset.
    """
    return quality.check(dataset_id, now=now)


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
