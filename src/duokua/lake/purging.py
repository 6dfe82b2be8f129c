"""Purging a dataset (彻底清除): rows leave its newest version and every older one, file and log.

Each step can be taken again: whoever is killed in between, the next one comes to the same end.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from duokua.engine import delta
from duokua.engine.aside import count_aside
from duokua.engine.discard import discard
from duokua.engine.erasing import Chosen, clean_aside, plan_removal
from duokua.engine.lock import exclusive, workshop
from duokua.engine.parts import synced
from duokua.engine.stats import EMPTY
from duokua.kernel.clock import iso
from duokua.kernel.errors import NotFound
from duokua.lake import announcing, catalogue, landing, places, selectors
from duokua.lake.models import FileProfile, Profile, Quarantine
from duokua.lake.models_erasure import Purge
from duokua.lang.codec import contract_from_json

Purger = Callable[[str], None]
_PURGERS: dict[str, Purger] = {}


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went, from the dataset and from what stood aside."""

    rows: int
    aside: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Why rows go: ``word`` is that of the note in the log, ``of`` what it names."""

    word: str  # "erased" or "expired"
    of: str
    by: str
    now: datetime


def register_purge(name: str, purger: Purger) -> None:
    """Let ``purger`` remove what was made of older versions of a dataset; a name registers once.

    It is called with the dataset's id while its lock is held, after the newest version was told.
    """
    _PURGERS[name] = purger


def purge(
    dataset_id: str, chosen: Chosen, cause: Cause, *, whole: frozenset[Path] = frozenset()
) -> Purged:
    """Take the chosen rows out of a dataset for good, and the files ``whole``.

    :raises NotFound: there is no such dataset.
    """
    row = selectors.dataset_row(dataset_id)
    owed = {"cause": cause.of, "asked_at": cause.now}
    with exclusive(places.lock(dataset_id)):
        # Noted and struck off under the lock: another purge's note is not taken for this one's.
        Purge.objects.update_or_create(dataset=row, defaults=owed)
        landing.sweep(dataset_id) if places.table(dataset_id).exists() else None
        catalogue.follow_log(dataset_id)
        rows = _remove(dataset_id, chosen, cause, whole)
        aside = _clean_quarantine(dataset_id, chosen)
        _forget(dataset_id)
        Purge.objects.filter(dataset=row).delete()
    return Purged(rows, aside)


def forget(dataset_id: str) -> None:
    """Forget the past of a dataset whose newest version is as it should be."""
    with exclusive(places.lock(dataset_id)):
        catalogue.follow_log(dataset_id)
        _forget(dataset_id)
        Purge.objects.filter(dataset_id=dataset_id).delete()


def owed() -> list[str]:
    """Return the datasets whose purge was cut short."""
    return list(Purge.objects.order_by("asked_at").values_list("dataset_id", flat=True))


def empty(dataset_id: str, cause: Cause) -> int:
    """Take every row out: of a dataset that cannot be made anew without what went."""
    with exclusive(places.lock(dataset_id)):
        head = delta.head(places.table(dataset_id))
        if not head.files:
            return 0
        change = delta.Change(head.version, _name(cause), (), head.files, EMPTY)
        _commit(dataset_id, change, head.rows, cause)
        return head.rows


def _remove(dataset_id: str, chosen: Chosen, cause: Cause, whole: frozenset[Path]) -> int:
    table = places.table(dataset_id)
    try:
        head = delta.head(table)
    except NotFound:
        return 0
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    staging = places.staging(dataset_id)
    staging.mkdir(parents=True, exist_ok=True)
    try:
        rows, change = plan_removal(
            table, head, contract.columns, chosen, staging, batch=_name(cause), whole=whole
        )
        if change is not None:
            added = tuple(landing.linked(table, part) for part in change.added)
            ready = delta.Change(change.version, change.batch, added, change.removed, change.total)
            _commit(dataset_id, ready, rows, cause)
    finally:
        landing.sweep(dataset_id)
    return rows


def _name(cause: Cause) -> str:
    return f"\t{cause.word}:{cause.of}:{uuid.uuid4().hex}"  # no batch can be called so


def _commit(dataset_id: str, change: delta.Change, rows: int, cause: Cause) -> None:
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    note: dict[str, Any] = {cause.word: cause.of, "rows": rows, "by": cause.by}
    text = json.dumps(note | {"at": iso(cause.now)}, ensure_ascii=False)
    delta.change(places.table(dataset_id), change, columns=contract.columns, note=text)
    catalogue.follow_log(dataset_id)


def _clean_quarantine(dataset_id: str, chosen: Chosen) -> int:
    gone = 0
    with workshop(places.staging(dataset_id)) as spill:
        for stood in Quarantine.objects.filter(dataset_id=dataset_id):
            file = places.quarantine(dataset_id) / stood.file
            if not file.is_file():
                continue
            gone += len(clean_aside(file, chosen, spill))
            left = count_aside(file, selectors.gone(stood))
            if left.rows != stood.left:
                counts = [list(each) for each in left.counts]
                Quarantine.objects.filter(pk=stood.pk).update(left=left.rows, counts=counts)
    return gone


def _forget(dataset_id: str) -> None:
    """Remove what older versions left: indexes first, as readers may be in the files."""
    table = places.table(dataset_id)
    try:
        live = {file.name for file in delta.head(table).files}
    except NotFound:
        return
    FileProfile.objects.filter(dataset_id=dataset_id).exclude(file__in=live).delete()
    Profile.objects.filter(dataset_id=dataset_id).delete()
    announcing.announce(dataset_id)
    for purger in _PURGERS.values():
        purger(dataset_id)
    delta.forget_history(table)
    _remove_files(dataset_id, table, live)


def _remove_files(dataset_id: str, table: Path, live: set[str]) -> None:
    for file in table.glob("*.parquet"):
        if file.name not in live:
            discard(table, file)
    stats = table / "_stats"
    for told in stats.iterdir() if stats.is_dir() else ():
        if told.name.removesuffix(".json") not in live:
            told.unlink(missing_ok=True)
    aside = places.quarantine(dataset_id)
    known = set(Quarantine.objects.filter(dataset_id=dataset_id).values_list("file", flat=True))
    for file in aside.iterdir() if aside.is_dir() else ():
        if file.name not in known:
            file.unlink(missing_ok=True)
    synced([folder for folder in (table, stats, aside) if folder.is_dir()])
