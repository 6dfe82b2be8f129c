"""The lake's upkeep (数据维护): few files in place of many small ones, and none that nobody needs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.engine.compact import SMALL, plan_compaction
from duokua.engine.discard import discard, left_over
from duokua.engine.lock import exclusive
from duokua.engine.parts import batch_mark
from duokua.engine.storage import writing
from duokua.kernel.clock import iso
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import announcing, catalogue, landing, places, selectors
from duokua.lake.models import Dataset
from duokua.lang.codec import contract_from_json

GRACE = timedelta(days=7)  # how long whoever reads an older version may go on
MANY = 64  # small files from which they are merged without being asked
Holder = Callable[[str], Iterable[str]]
_HOLDERS: dict[str, Holder] = {}

audit.register({"data.table.vacuumed": Text("清理旧文件", "files left over removed")})


@dataclass(frozen=True, slots=True)
class Compaction:
    """What became of the files of a dataset: ``before`` and ``after`` count them."""

    dataset: str
    done: bool
    before: int
    after: int
    version: int | None


@dataclass(frozen=True, slots=True)
class Vacuum:
    """Files that are left over, or were if ``done``, and their bytes."""

    dataset: str
    done: bool
    files: tuple[str, ...]
    size: int


def register_holder(name: str, holder: Holder) -> None:
    """Ask ``holder``, too, which files of a dataset are in use; a name registers once."""
    _HOLDERS[name] = holder


def compact(dataset_id: str, *, apart: int = 0, by: str, now: datetime) -> Compaction:
    """Merge small files (合并小文件); the rows stay what they are.

    A batch whose rows are merged with others cannot be withdrawn alone any more; the ``apart``
    newest batches keep files of their own.

    :raises NotFound: there is no such dataset.
    :raises Conflict: another writer was faster.
    """
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    table, staging = places.table(dataset_id), places.staging(dataset_id)
    with writing(), exclusive(places.lock(dataset_id)):
        head = _swept(dataset_id)
        if head is None:
            return Compaction(dataset_id, False, 0, 0, None)
        before, kept = len(head.files), _newest(dataset_id, apart)
        if contract.retention is not None and contract.retention.column is None:
            kept = _newest(dataset_id, selectors.MAX_PAGE)  # their age is that of their batch
        name = f"\tcompact:{uuid.uuid4().hex}"  # no batch can be called so
        try:
            planned = plan_compaction(table, head, contract, staging, batch=name, kept=kept)
            if planned is None:
                return Compaction(dataset_id, False, before, before, head.version)
            added = tuple(landing.linked(table, part) for part in planned.added)
            after = before - len(planned.removed) + len(added)
            told = {"files": len(planned.removed), "into": len(added), "left": after}
            note = json.dumps({"compacted": told, "by": by, "at": iso(now)}, ensure_ascii=False)
            change = delta.Change(head.version, name, added, planned.removed, planned.total)
            landed = delta.change(table, change, columns=contract.columns, note=note)
        finally:
            landing.sweep(dataset_id)
        catalogue.follow_log(dataset_id)
        announcing.announce(dataset_id)
    return Compaction(dataset_id, True, before, after, landed.version)


def wants_compaction(dataset_id: str) -> bool:
    """Tell whether a dataset has so many small files that they are to be merged by themselves."""
    head = _head(dataset_id)
    if head is None or len(head.files) <= MANY:
        return False
    return sum(rows < SMALL for rows in delta.rows_of_files(places.table(dataset_id))) > MANY


def vacuum(dataset_id: str, *, do: bool, by: str, now: datetime) -> Vacuum:
    """Find the files that are left over (清理旧文件), and with ``do`` remove them.

    Files of versions that were the newest within a week stay, as do those in use elsewhere, what
    stands aside, and the log.

    :raises NotFound: there is no such dataset.
    """
    selectors.dataset_row(dataset_id)
    table = places.table(dataset_id)
    with exclusive(places.lock(dataset_id)):
        head = _swept(dataset_id)
        if head is None:
            return Vacuum(dataset_id, do, (), 0)
        held = {Path(file).name for holder in _HOLDERS.values() for file in holder(dataset_id)}
        found = [each for each in left_over(table, head, now - GRACE) if each.name not in held]
        told = Vacuum(
            dataset_id,
            do,
            tuple(file.name for file in found),
            sum(file.stat().st_size for file in found),
        )
        if do and found:
            detail = {"files": len(found), "bytes": told.size, "version": head.version}
            # Recorded first: a removal that a crash cuts short is on record all the same.
            audit.record("data.table.vacuumed", by=by, of=dataset_id, at=now, detail=detail)
            for file in found:
                discard(table, file)
    return told


def vacuum_all(
    *, by: str, now: datetime, progress: Callable[[int, int], None] | None = None
) -> list[Vacuum]:
    """Remove what is left over in every dataset; one that fails does not keep the others waiting.

    :raises ExceptionGroup: at the end, if any failed.
    """
    every = list(Dataset.objects.order_by("id").values_list("id", flat=True))
    told, failed = [], []
    for at, dataset_id in enumerate(every):
        if progress:
            progress(at, len(every))
        try:
            told.append(vacuum(dataset_id, do=True, by=by, now=now))
        except Exception as error:
            error.add_note(dataset_id)
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} datasets failed", failed)
    return told


def _newest(dataset_id: str, apart: int) -> frozenset[str]:
    """Return the marks of the newest batches."""
    return frozenset(batch_mark(each.id) for each in selectors.batches(dataset_id, apart))


def _swept(dataset_id: str) -> delta.TableHead | None:
    """Return the newest version after the removal of what a crash left."""
    head = _head(dataset_id)
    if head is not None:
        landing.sweep(dataset_id)
        catalogue.follow_log(dataset_id)
    return head


def _head(dataset_id: str) -> delta.TableHead | None:
    try:
        return delta.head(places.table(dataset_id))
    except NotFound:
        return None
