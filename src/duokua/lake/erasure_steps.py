"""Carrying out an erasure: each place is cleaned, then all are looked at again."""

from __future__ import annotations

import shutil
from datetime import datetime

from django.db import connection, transaction

from duokua.audit import facade as audit
from duokua.engine.lock import exclusive
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Conflict, DuokuaError, Unavailable
from duokua.kernel.text import Text
from duokua.lake import (
    alerts,
    barring,
    derived,
    erasure,
    leftovers,
    places,
    purging,
    selectors,
)
from duokua.lake.barring import Whom
from duokua.lake.erasure import ErasureInfo, Progress
from duokua.lake.models_erasure import Erasure, ErasureStep
from duokua.lake.originals import clean_originals
from duokua.lake.purging import Cause
from duokua.lake.states import ErasureState
from duokua.lang.codec import contract_from_json

_MOST_LOOKED_AT = 10_000
LIVE = ("waiting", "running")  # states of jobs
_ROUNDS = 3  # looks at what datasets there are: one may be derived meanwhile
_TABLES = (
    "lake_dataset",
    "lake_fileprofile",
    "lake_profile",
    "lake_quarantine",
    "lake_matchpair",
    "lake_qualityrun",
)


def carry_out(
    erasure_id: str, *, by: str, now: datetime, progress: Progress | None = None
) -> ErasureInfo:
    """Do what is left of an erasure; it is done on return, or an error tells why it is not.

    :raises NotFound: there is no such erasure.
    :raises Conflict: something of the subject is there still.
    :raises Unavailable: somebody reads the database without end.
    """
    with exclusive(places.erasure_lock(erasure_id)):
        row = erasure.row_of(erasure_id)
        if row.state == ErasureState.DONE:
            return erasure.info(row)
        cause = Cause("erased", row.id, by, now)
        for _ in range(_ROUNDS):
            todo = [step for step in erasure.lay_steps(row) if step.done_at is None]
            for step in todo:
                _take(row, step, cause, progress)
            if not todo:
                break
        _look_again(row)
        return _finish(row, by, now)


def _take(row: Erasure, step: ErasureStep, cause: Cause, progress: Progress | None) -> None:
    if progress is not None:
        steps = ErasureStep.objects.filter(erasure=row)
        progress(steps.exclude(done_at=None).count(), steps.count())
    if step.kind == "dataset":
        step.rows += _clean(row, step.dataset, cause)
    elif step.kind == "derived":
        step.rows += _make_anew(row, step.dataset, cause)
    elif step.kind == "drafts":
        _drop_drafts()
    else:
        compact_database()
    step.done_at = cause.now
    step.save(update_fields=["rows", "done_at"])


def _clean(row: Erasure, dataset_id: str, cause: Cause) -> int:
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    chosen = barring.rows_of(contract, _whom(row))
    told = purging.purge(dataset_id, chosen, cause)
    clean_originals(dataset_id, contract, chosen)
    return told.rows + told.aside


def _make_anew(row: Erasure, dataset_id: str, cause: Cause) -> int:
    """Make a derived dataset without the subject; one that cannot be made so is emptied."""
    try:
        derived.refresh(dataset_id, by=cause.by, now=cause.now)
    except DuokuaError:
        if purging.empty(dataset_id, cause):
            alerts.emptied(dataset_id, now=cause.now)
    return _clean(row, dataset_id, cause)


def _whom(row: Erasure) -> Whom:
    return Whom(row.kind, tuple(row.marks))


def _drop_drafts() -> None:
    """Remove the files that stewards sent: they are kept for a day at most anyway.

    :raises Unavailable: one is on its way into the lake, where its row will stand aside.
    """
    shutil.rmtree(places.drafts(), ignore_errors=True)
    # Folders first: one that is queued between the two looks is among the waiting, and stays.
    folders = list(places.sent().iterdir()) if places.sent().is_dir() else []
    waiting = {
        str(job.payload.get("sent"))
        for state in LIVE
        for job in jobs.jobs(kind="lake.ingest", state=state, limit=_MOST_LOOKED_AT)
    }
    for folder in folders:
        if folder.name not in waiting:
            shutil.rmtree(folder, ignore_errors=True)
    if any(folder.name in waiting for folder in folders):
        raise Unavailable(
            Text("有文件正在汇聚，稍后继续", "a file is on its way; it goes on later"),
            Text("无需处理", "there is nothing to do"),
        )


def compact_database() -> None:
    """Write the catalogue's database anew, so that no free page or log keeps an old value.

    :raises Unavailable: somebody reads in it without end.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a database cannot be compacted within a transaction")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("vacuum")
            cursor.execute("pragma wal_checkpoint(truncate)")
            (busy, *_) = cursor.fetchone()
            if busy:
                raise Unavailable(
                    Text("数据库正忙，稍后继续", "the database is busy; it goes on later"),
                    Text("无需处理", "there is nothing to do"),
                )
        else:
            for table in _TABLES:
                cursor.execute(f"vacuum full {table}")


def _look_again(row: Erasure) -> None:
    """Look into every file of every place.

    :raises Conflict: the subject is somewhere still; the journal begins anew there.
    """
    steps = ErasureStep.objects.filter(erasure=row, kind__in=("dataset", "derived"))
    for step in steps:
        contract = contract_from_json(selectors.dataset_row(step.dataset).contract)
        chosen = barring.rows_of(contract, _whom(row))
        if leftovers.left_over(step.dataset, chosen) or leftovers.count_aside_rows(
            step.dataset, chosen
        ):
            ErasureStep.objects.filter(pk=step.pk).update(done_at=None)
            raise Conflict(
                Text(
                    f"{step.dataset} 仍有残留，将再次清除", f"{step.dataset} is to be cleaned again"
                ),
                Text("无需处理，任务会继续", "there is nothing to do; the task goes on"),
            )


def _finish(row: Erasure, by: str, now: datetime) -> ErasureInfo:
    rows = sum(ErasureStep.objects.filter(erasure=row).values_list("rows", flat=True))
    with transaction.atomic():
        changed = Erasure.objects.filter(id=row.id, state=ErasureState.WAITING).update(
            state=ErasureState.DONE, rows=rows, finished_at=now
        )
        if changed:
            detail = {"subject": _whom(row).pseudonym, "rows": rows}
            alerts.erased(row.id, row.department, rows, now=now)
            audit.record("data.subject.erased", by=by, of=row.id, at=now, detail=detail)
    return erasure.info(erasure.row_of(row.id))
