"""Asking for what stands aside (隔离区) and letting it leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from duokua.kernel.text import Language
from duokua.lake import alerts
from duokua.lake import quarantine as standing
from duokua.lake.values import QuarantineInfo, QuarantinePage, ReplayResult


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
    left = standing.dismiss(
        dataset_id, batch, rows=rows, reason=reason, viewer=viewer, by=by, now=now
    )
    alerts.look_at_quarantine(dataset_id, now=now)
    return left
