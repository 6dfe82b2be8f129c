"""Declared sources (数据源) of datasets: added, listed, removed; how far each has come."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from duokua.audit import facade as audit
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lake import catalogue, selectors
from duokua.lake.models import Batch, Source
from duokua.lang import source as lang
from duokua.lang.contract import Contract
from duokua.lang.source import Secret, SourceKind, source_from_json, source_to_json
from duokua.lang.source_file import load_source

KIND = "lake.source"
_LOOK_S = 10  # how often a folder is looked at unless its source says so
Progress = Callable[[int, int], None]

audit.register(
    {
        "data.source.added": Text("登记数据源", "source added"),
        "data.source.removed": Text("删除数据源", "source removed"),
    }
)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source, how far it has come (``upto``, of incremental ones) and when it runs next."""

    declared: lang.Source
    upto: str
    ran_at: datetime | None
    rows: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceRun:
    """What one run brought: rows that landed, in which batches; files that were taken or refused.

    ``pending``: files that still grow, or were seen for the first time.
    """

    rows: int
    batches: tuple[str, ...]
    refused: tuple[str, ...] = ()
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Errand:
    """One run of a source: ``key`` tells a full load that was cut short from the next one.

    ``progress`` hears rows done and in all; it may raise to end the run.
    """

    source: lang.Source
    contract: Contract
    key: str
    by: str
    now: datetime
    progress: Progress


def add(text: str, *, place: str, by: str, now: datetime) -> SourceInfo:
    """Add a source (登记数据源) from its YAML, or change it; what has landed stays landed.

    :raises Invalid: naming every fault with file and line.
    :raises NotFound: its dataset is not registered.
    :raises Conflict: a source of that name feeds another dataset.
    """
    made = load_source(text, source=place)
    selectors.dataset_row(made.dataset)
    with transaction.atomic():
        present = Source.objects.select_for_update().filter(id=made.id).first()
        if present is not None and present.dataset_id != made.dataset:
            raise _taken(made.id, present.dataset_id)
        Source.objects.update_or_create(
            id=made.id,
            defaults={"body": source_to_json(made)},
            create_defaults={
                "body": source_to_json(made),
                "dataset_id": made.dataset,
                "added_at": now,
                "added_by": by,
            },
        )
        _schedule(made, by, now)
        detail = {"dataset": made.dataset, "kind": made.kind.value}
        audit.record("data.source.added", by=by, of=made.id, at=now, detail=detail)
    return show(made.id)


def _taken(source_id: str, dataset_id: str) -> Conflict:
    return Conflict(
        Text(f"数据源“{source_id}”已用于 {dataset_id}", f"{source_id!r} feeds {dataset_id}"),
        Text("请换一个名称，或先删除原数据源", "choose another name, or remove that one first"),
    )


def _schedule(made: lang.Source, by: str, now: datetime) -> None:
    every_s = made.every_s
    if made.kind is SourceKind.FOLDER and every_s is None and not made.daily:
        every_s = _LOOK_S
    if every_s is None and not made.daily:
        jobs.unschedule(_schedule_name(made.id))
        return
    payload = {"source": made.id}
    name = _schedule_name(made.id)
    jobs.schedule(name, KIND, payload, every_s=every_s, daily=made.daily, by=by, now=now)


def _schedule_name(source_id: str) -> str:
    return f"source:{source_id}"


@transaction.atomic
def remove(source_id: str, *, by: str, now: datetime) -> None:
    """Remove a source (删除数据源); what it brought stays.

    :raises NotFound: there is none.
    """
    row(source_id).delete()
    jobs.unschedule(_schedule_name(source_id))
    audit.record("data.source.removed", by=by, of=source_id, at=now)


def row(source_id: str) -> Source:
    """Return a stored source.

    :raises NotFound: there is none.
    """
    found = Source.objects.filter(id=source_id).first()
    if found is None:
        raise NotFound(
            Text(f"没有数据源“{source_id}”", f"there is no source {source_id!r}"),
            Text("请用 duokua source list 查看", "see duokua source list"),
        )
    return found


def show(source_id: str) -> SourceInfo:
    """Return a source.

    :raises NotFound: there is none.
    """
    return _info(row(source_id), _next_runs())


def sources(dataset: str | None = None) -> list[SourceInfo]:
    """Return every source, or those of one dataset."""
    rows = Source.objects.order_by("id")
    if dataset:
        rows = rows.filter(dataset_id=dataset)
    coming = _next_runs()
    return [_info(each, coming) for each in rows]


def _next_runs() -> dict[str, datetime]:
    return {each.name: each.next_at for each in jobs.schedules() if each.kind == KIND}


def _info(stored: Source, coming: dict[str, datetime]) -> SourceInfo:
    declared = source_from_json(stored.body)
    upto = landed_upto(declared) if declared.cursor else ""
    next_at = coming.get(_schedule_name(stored.id))
    return SourceInfo(declared, upto, stored.ran_at, stored.rows, next_at)


def password(secret: Secret | None) -> str:
    """Return the secret of a source, read anew at each run; it is kept nowhere.

    :raises Invalid: the variable or file that the source names is not there.
    """
    if secret is None:
        return ""
    if secret.env:
        value, where = os.environ.get(secret.env, ""), f"${secret.env}"
    else:
        path = Path(secret.file)
        value, where = path.read_text().strip() if path.is_file() else "", secret.file
    if not value:
        raise Invalid(
            Text(f"没有找到口令：{where} 为空或不存在", f"no secret: {where} is empty or missing"),
            Text(
                "请在启动平台的环境中设置该变量，或写入该文件",
                "set the variable where the platform is started, or write the file",
            ),
        )
    return value


def range_name(source: lang.Source, above: str, upto: str) -> str:
    """Return the name of the batch of a cursor range, which keeps how far the source has come."""
    return f"{source.id}@{json.dumps([above, upto])}"


def full_name(errand: Errand) -> str:
    """Return the name of the batch of a whole load."""
    return f"{errand.source.id}@{errand.key}"


def landed_upto(source: lang.Source) -> str:
    """Return the cursor up to which rows have landed; nothing before the first.

    It is read from the newest batch itself, so rows and cursor land together or not at all.
    """
    catalogue.follow_log(source.dataset)  # a crash may have kept it from knowing the batch
    newest = (
        Batch.objects.filter(dataset_id=source.dataset, name__startswith=f"{source.id}@[")
        .order_by("-version")
        .values_list("name", flat=True)
        .first()
    )
    return str(json.loads(newest.partition("@")[2])[1]) if newest else ""


def has_landed(source: lang.Source, batch: str) -> bool:
    """Tell whether a batch is in the dataset."""
    catalogue.follow_log(source.dataset)
    return Batch.objects.filter(dataset_id=source.dataset, name=batch).exists()
