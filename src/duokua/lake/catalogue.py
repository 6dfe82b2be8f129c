"""Keeps the catalogue in step with the tables' logs, which alone decide what has landed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.kernel.clock import from_iso
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import places
from duokua.lake.models import Batch, Dataset, Quarantine, Release
from duokua.lake.states import Leaving
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract

audit.register(
    {
        "data.batch.landed": Text("汇聚数据批次", "data batch landed"),
        "data.batch.withdrawn": Text("撤回数据批次", "data batch withdrawn"),
        "data.table.compacted": Text("合并小文件", "small files merged"),
        "data.rows.erased": Text("彻底删除数据行", "rows erased for good"),
        "data.rows.expired": Text("清除到期数据行", "rows past their retention removed"),
    }
)
_NEVER = -1
_EVERY = 2**62  # beyond the number of any row


def follow_log(dataset_id: str) -> bool:
    """Bring one dataset's catalogue entry up to its table; return whether it was behind.

    Each batch is recorded in the audit ledger once, here, whoever finds it first.
    """
    table = places.table(dataset_id)
    known, body = Dataset.objects.values_list("version", "contract").get(id=dataset_id)
    try:
        head = delta.head(table)
    except NotFound:
        return False
    if known == head.version:
        return False
    notes = delta.notes(table, _NEVER if known is None else known)
    if known is None and not notes:
        return False
    newest: datetime | None = None
    for version, text in notes:
        newest = _follow(dataset_id, version, json.loads(text)) or newest
    with transaction.atomic():
        older = Q(version__isnull=True) | Q(version__lt=head.version)
        changed = {
            "version": head.version,
            "rows": head.rows,
            "stats": _bounds(head, contract_from_json(body)),
        }
        if newest is not None:
            changed["refreshed_at"] = newest
        Dataset.objects.filter(older, id=dataset_id).update(**changed)
    return True


def _bounds(head: delta.TableHead, contract: Contract) -> dict[str, list[object]]:
    """Return empty cells, least and greatest value of each column.

    A bound is a real value of somebody: what may not be shown stays in the table and is not copied,
    but for the day by which rows are kept.
    """
    needed = contract.retention.column if contract.retention else None
    return {
        name: [each.nulls, each.least, each.greatest]
        if contract.may_show(name) or name == needed
        else [each.nulls, None, None]
        for name, each in head.stats.columns
    }


def rows_changed(dataset_id: str, since: int) -> bool:
    """Tell whether a version after ``since`` has other rows; of commits that tell nothing, yes."""
    table = places.table(dataset_id)
    told = delta.notes(table, since)
    merged = [version for version, text in told if "compacted" in json.loads(text)]
    return merged != list(range(since + 1, delta.head(table).version + 1))


def _follow(dataset_id: str, version: int, note: dict[str, Any]) -> datetime | None:
    """Take over one commit; return when rows came with it."""
    if "withdrawn" in note:
        _note_withdrawal(dataset_id, version, note)
        return None
    if "compacted" in note:
        detail = {**note["compacted"], "version": version}
        at = from_iso(note["at"])
        audit.record("data.table.compacted", by=note["by"], of=dataset_id, at=at, detail=detail)
        return None
    for word in ("erased", "expired"):
        if word in note:
            detail = {"cause": note[word], "rows": note["rows"], "version": version}
            at = from_iso(note["at"])
            audit.record(f"data.rows.{word}", by=note["by"], of=dataset_id, at=at, detail=detail)
            return None
    return _note_batch(dataset_id, version, note)


def _note_batch(dataset_id: str, version: int, note: dict[str, Any]) -> datetime:
    at = from_iso(note["at"])
    with transaction.atomic():
        _, fresh = Batch.objects.get_or_create(
            dataset_id=dataset_id,
            name=note["batch"],
            defaults={
                "rows": note["rows"],
                "mode": note["mode"],
                "source": note["source"],
                "sha256": note["sha256"],
                "version": version,
                "at": at,
                "by": note["by"],
            },
        )
        if fresh:
            detail = {"batch": note["batch"], "rows": note["rows"], "version": version}
            if "aside" in note:
                _note_aside(dataset_id, note, at)
                detail["aside"] = note["aside"]["rows"]
            if "release" in note:
                release(dataset_id, note["release"], by=note["by"], at=at)
                detail["of"] = note["release"]["batch"]
            audit.record("data.batch.landed", by=note["by"], of=dataset_id, at=at, detail=detail)
    return at


def _note_aside(dataset_id: str, note: dict[str, Any], at: datetime) -> None:
    told = note["aside"]
    Quarantine.objects.create(
        dataset_id=dataset_id,
        batch=note["batch"],
        file=told["file"],
        mode=note["mode"],
        newest_by=note.get("newest_by", ""),
        rows=told["rows"],
        left=told["rows"],
        counts=told["counts"],
        at=at,
    )


def release(dataset_id: str, told: dict[str, Any], *, by: str, at: datetime) -> None:
    """Let rows leave a quarantine; ``told`` names them, why, and what is left then."""
    stood = Quarantine.objects.get(dataset_id=dataset_id, batch=told["batch"])
    Release.objects.create(
        quarantine=stood,
        how=told["how"],
        ranges=told["ranges"],
        rows=told["rows"],
        batch=told.get("by_batch", ""),
        reason=told.get("reason", ""),
        at=at,
        by=by,
    )
    stood.left, stood.counts = told["left"], told["counts"]
    stood.save(update_fields=["left", "counts"])


def _note_withdrawal(dataset_id: str, version: int, note: dict[str, Any]) -> None:
    at, name = from_iso(note["at"]), note["withdrawn"]
    with transaction.atomic():
        fresh = Batch.objects.filter(
            dataset_id=dataset_id, name=name, withdrawn_at__isnull=True
        ).update(withdrawn_at=at)
        if not fresh:
            return
        stood = Quarantine.objects.filter(dataset_id=dataset_id, batch=name).first()
        if stood is not None and stood.left:
            told = {"batch": name, "how": Leaving.WITHDRAWN, "ranges": [[1, _EVERY]]}
            told |= {"rows": stood.left, "left": 0, "counts": []}
            release(dataset_id, told, by=note["by"], at=at)
        detail = {"batch": name, "rows": note["rows"], "version": version}
        detail["reason"] = note["reason"]
        audit.record("data.batch.withdrawn", by=note["by"], of=dataset_id, at=at, detail=detail)
