"""Bringing in a batch (汇聚): its good rows and those that stand aside, both or neither."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from duokua.engine import delta
from duokua.engine.intake import Staged, stage_parted
from duokua.engine.lock import exclusive
from duokua.engine.parts import Part, fresh_name, is_of, synced
from duokua.engine.storage import writing
from duokua.engine.upsert import plan_upsert
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import announcing, barring, catalogue, places, selectors
from duokua.lake.models import Batch
from duokua.lake.values import FaultCount, IngestResult, Mode
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract

Progress = Callable[[int, int], None]
_MAX_BATCH = 200
_NOTES_BACK = 4  # a crash can have left at most this many versions behind its batch


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that is to be brought in as one batch, and how."""

    dataset: str
    path: Path
    batch: str
    sha256: str
    mode: Mode
    newest_by: str | None
    strict: bool
    source: str
    by: str
    now: datetime
    progress: Progress | None
    release: dict[str, Any] | None = None  # which rows of a quarantine the batch brings back


def ingest(
    dataset_id: str,
    path: Path,
    *,
    batch: str | None,
    mode: Mode,
    newest_by: str | None = None,
    strict: bool = False,
    by: str,
    now: datetime,
    progress: Progress | None = None,
) -> IngestResult:
    """Bring in a file (汇聚) as one batch: once, or not at all.

    :raises NotFound: there is no such dataset.
    :raises Invalid: no row fits the contract, or, with ``strict``, some row does not.
    :raises Conflict: the batch id stands for another file, or was withdrawn.
    :raises Unavailable: the disk is full or broken.
    """
    began = time.monotonic()
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    _check_request(path, batch)
    _check_newest(contract, mode, newest_by)
    digest = _sha256(path)
    with writing(), exclusive(places.lock(dataset_id)):
        arrival = Arrival(
            dataset_id,
            path,
            batch or digest,
            digest,
            mode,
            newest_by,
            strict,
            path.name,
            by,
            now,
            progress,
        )
        return land(arrival, began)


def land(arrival: Arrival, began: float) -> IngestResult:
    """Land a batch and tell its neighbours; called by the holder of the dataset's lock only."""
    landing = _land(arrival)
    catalogue.follow_log(arrival.dataset)
    seconds = time.monotonic() - began
    announcing.announce(arrival.dataset)
    rows = Batch.objects.get(dataset_id=arrival.dataset, name=arrival.batch).rows
    stood = selectors.quarantine_row(arrival.dataset, arrival.batch)
    return IngestResult(
        landing.landed,
        arrival.dataset,
        arrival.batch,
        rows,
        landing.version,
        seconds,
        aside=stood.rows if stood else 0,
        faults=tuple(FaultCount(*each) for each in stood.counts) if stood else (),
    )


def present(dataset_id: str) -> delta.TableHead:
    """Return the newest version of a dataset, in which the keys of new rows must not be."""
    return delta.head(places.table(dataset_id))


def _check_request(path: Path, batch: str | None) -> None:
    if not path.is_file():
        what = Text(f"没有文件“{path.name}”", f"there is no file {path.name!r}")
        raise Invalid(what, Text("请检查路径", "check the path"), faults=())
    if batch is not None and not (0 < len(batch) <= _MAX_BATCH and batch.isprintable()):
        what = Text("批次号有误", "the batch id is wrong")
        raise Invalid(what, Text("请用 1 至 200 个可见字符", "use 1–200 visible characters"))


def _check_newest(contract: Contract, mode: Mode, newest_by: str | None) -> None:
    if newest_by is None:
        return
    usable = [name for name in contract.by_name if name not in contract.key]
    if mode != "upsert":
        what = Text("只有 upsert 方式才比较新旧", "only mode upsert compares what is newer")
        mend = Text("请改用 upsert", "use mode upsert")
    elif newest_by not in usable:
        what = Text(f"列“{newest_by}”不能用来比较新旧", f"{newest_by!r} cannot tell what is newer")
        mend = Text(
            f"请用非主键列：{'、'.join(usable)}",
            f"use a column outside the key: {', '.join(usable)}",
        )
    else:
        return
    raise Invalid(what, mend, faults=(Fault("newest_by", what, mend),))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _land(arrival: Arrival) -> delta.Landing:
    contract = contract_from_json(selectors.dataset_row(arrival.dataset).contract)
    table = places.table(arrival.dataset)
    sweep(arrival.dataset)
    delta.ensure_table(table, contract.columns)
    before = delta.landed_in(table, arrival.batch)
    if before is not None:
        _check_same_file(arrival)
        return delta.Landing(False, before)
    folder = places.staging(arrival.dataset)
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / fresh_name(arrival.batch)
    try:
        landing = _commit(arrival, contract, staged)
    except BaseException:
        sweep(arrival.dataset)
        raise
    for left in folder.glob("part-*.parquet"):  # what it linked is the table's now
        left.unlink()
    return landing


def _commit(arrival: Arrival, contract: Contract, staged: Path) -> delta.Landing:
    table, head = places.table(arrival.dataset), delta.head(places.table(arrival.dataset))
    parted = stage_parted(
        arrival.path,
        contract,
        staged,
        None if arrival.strict else _aside(arrival.dataset, staged),
        present=head if arrival.mode == "append" else None,
        unique=arrival.newest_by is None,
        progress=arrival.progress,
    )
    # Whoever was erased for good does not come back by an old file.
    parted = barring.stand_aside(
        arrival.dataset, contract, parted, staged, _aside(arrival.dataset, staged), arrival.strict
    )
    fresh = Part(staged, parted.stats)
    if arrival.mode != "upsert":
        file = linked(table, fresh)
        return delta.commit(
            table,
            file.file,
            file.stats,
            columns=contract.columns,
            batch=arrival.batch,
            mode=arrival.mode,
            note=_note(arrival, fresh.stats.rows, parted),
        )
    planned = plan_upsert(
        table, head, fresh, contract, batch=arrival.batch, newest_by=arrival.newest_by
    )
    added = tuple(linked(table, part) for part in planned.added)
    rows = sum(part.stats.rows for part in added if is_of(part.file, arrival.batch))
    change = delta.Change(head.version, arrival.batch, added, planned.removed, planned.total)
    note = _note(arrival, rows, parted)
    return delta.change(table, change, columns=contract.columns, note=note)


def linked(table: Path, part: Part) -> Part:
    """Show a file to the table; the staged name is what tells an orphan, see :func:`sweep`."""
    file = table / part.file.name
    os.link(part.file, file)
    return Part(file, part.stats)


def _aside(dataset_id: str, staged: Path) -> Path:
    folder = places.quarantine(dataset_id)
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder / staged.name


def _note(arrival: Arrival, rows: int, parted: Staged) -> str:
    """Return what the commit tells the catalogue; what stands aside is on disk before it."""
    note: dict[str, Any] = {"batch": arrival.batch, "rows": rows, "mode": arrival.mode}
    note |= {"source": arrival.source, "sha256": arrival.sha256}
    note |= {"by": arrival.by, "at": iso(arrival.now)}
    if arrival.newest_by:
        note["newest_by"] = arrival.newest_by
    if parted.aside is not None and arrival.release is None:
        stood = parted.aside
        stood.file.chmod(0o600)
        synced([stood.file, stood.file.parent])
        note["aside"] = {"file": stood.file.name, "rows": stood.rows, "counts": stood.counts}
    if arrival.release is not None:
        note["release"] = arrival.release
    return json.dumps(note, ensure_ascii=False)


def _check_same_file(arrival: Arrival) -> None:
    catalogue.follow_log(arrival.dataset)  # a crash may have kept it from knowing the batch
    name = arrival.batch
    known = Batch.objects.get(dataset_id=arrival.dataset, name=name)
    another = Text("请换一个批次号", "use another batch id")
    if known.sha256 != arrival.sha256:
        raise Conflict(
            Text(f"批次“{name}”已用于另一个文件", f"the batch {name!r} stands for another file"),
            another,
        )
    if known.withdrawn_at is not None:
        raise Conflict(
            Text(f"批次“{name}”已被撤回", f"the batch {name!r} has been withdrawn"), another
        )


def sweep(dataset_id: str) -> None:
    """Remove what unfinished ingests left; called by the holder of the dataset's lock only.

    A staged file whose twin in the table is not in its newest version was never committed, nor
    was what stood aside of it, unless one of the newest commits names that.
    """
    folder, table = places.staging(dataset_id), places.table(dataset_id)
    left = list(folder.glob("part-*.parquet"))
    if not left:
        return
    head = delta.head(table)
    live = {file.name for file in head.files}
    named = {
        json.loads(note).get("aside", {}).get("file")
        for _, note in delta.notes(table, max(-1, head.version - _NOTES_BACK))
    }
    for staged in left:
        if staged.name not in live:
            (table / staged.name).unlink(missing_ok=True)
            if staged.name not in named:
                (places.quarantine(dataset_id) / staged.name).unlink(missing_ok=True)
        staged.unlink(missing_ok=True)
