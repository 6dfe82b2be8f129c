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
from duokua.lake.models import Batch, Dataset

audit.register({"data.batch.landed": Text("汇聚数据批次", "data batch landed")})
_NEVER = -1


def follow_log(dataset_id: str) -> bool:
    """Bring one dataset's catalogue entry up to its table; return whether it was behind.

    Each batch is recorded in the audit ledger once, here, whoever finds it first.
    """
    table = places.table(dataset_id)
    known = Dataset.objects.values_list("version", flat=True).get(id=dataset_id)
    try:
        head = delta.head(table)
    except NotFound:
        return False
    if known == head.version or not head.files:
        return False
    newest: datetime | None = None
    for version, text in delta.notes(table, _NEVER if known is None else known):
        newest = _note_batch(dataset_id, version, json.loads(text)) or newest
    with transaction.atomic():
        older = Q(version__isnull=True) | Q(version__lt=head.version)
        changed = {
            "version": head.version,
            "rows": head.rows,
            "stats": {
                name: [each.nulls, each.least, each.greatest] for name, each in head.stats.columns
            },
        }
        if newest is not None:
            changed["refreshed_at"] = newest
        Dataset.objects.filter(older, id=dataset_id).update(**changed)
    return True


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
            audit.record("data.batch.landed", by=note["by"], of=dataset_id, at=at, detail=detail)
    return at
