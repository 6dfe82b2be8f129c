"""Asking the lake to change: contracts, batches, and what a crash left behind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from duokua.lake import actions, announcing, landing, withdrawal
from duokua.lake.landing import Progress
from duokua.lake.values import DatasetInfo, IngestResult, Mode, Withdrawal


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


def foresee_withdrawal(
    dataset_id: str, batch: str, *, viewer: str | None, now: datetime
) -> Withdrawal:
    """Tell what withdrawing a batch would take away and whom it concerns; nothing changes.

    :raises NotFound: there is no such batch, or the dataset is another department's.
    :raises Conflict: it was no append, or its rows have been replaced.
    """
    return withdrawal.foresee(dataset_id, batch, viewer=viewer, now=now)


def reconcile() -> list[str]:
    """Mend what a crash left between tables and catalogue; return the datasets concerned.

    Each of them is announced again, so that its indexes follow and its jobs are brought in.

    :raises ExceptionGroup: at the end, if some could not be mended.
    """
    return announcing.reconcile()
