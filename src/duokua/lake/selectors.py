"""Reads the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake.models import Batch, Dataset, Quarantine, Release
from duokua.lake.values import (
    BatchInfo,
    ColumnStats,
    DatasetInfo,
    DatasetLine,
    FaultCount,
    Mode,
    QuarantineInfo,
)
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Level

MAX_PAGE = 10_000
_MODES: dict[str, Mode] = {"append": "append", "replace": "replace", "upsert": "upsert"}


def dataset_row(dataset_id: str) -> Dataset:
    """Return a stored dataset.

    :raises NotFound: there is none.
    """
    found = Dataset.objects.filter(id=dataset_id).first()
    if found is None:
        raise no_dataset(dataset_id)
    return found


def no_dataset(dataset_id: str) -> NotFound:
    """Return the error for a dataset that is not there, or not to be known of: the same."""
    return NotFound(
        Text(f"没有数据集“{dataset_id}”", f"there is no dataset {dataset_id!r}"),
        Text("请先登记数据契约", "register its contract first"),
    )


def contracts(dataset_ids: frozenset[str]) -> dict[str, Contract]:
    """Return the newest contracts of some datasets, in one query."""
    rows = Dataset.objects.filter(id__in=dataset_ids).values_list("id", "contract")
    return {dataset_id: contract_from_json(body) for dataset_id, body in rows}


def titles(dataset_ids: Iterable[str], viewer: str | None) -> dict[str, Text]:
    """Return the titles of those datasets that the viewer may know of, in one query."""
    rows = _knowable(Dataset.objects.filter(id__in=set(dataset_ids)), viewer)
    return {name: Text(zh, en) for name, zh, en in rows.values_list("id", "title_zh", "title_en")}


def _knowable(rows: QuerySet[Dataset], viewer: str | None) -> QuerySet[Dataset]:
    return rows.filter(~Q(level=Level.L4) | Q(owner_id=viewer)) if viewer else rows


def datasets(
    search: str | None,
    department: str | None,
    level: str | None,
    after: str | None,
    limit: int,
    viewer: str | None,
) -> list[DatasetInfo]:
    """Return datasets by id; ``search`` looks into ids, titles and columns."""
    rows = _wanted(search, department, level, viewer)
    if after:
        rows = rows.filter(id__gt=after)
    return [dataset_info(row) for row in rows[: min(limit, MAX_PAGE)]]


def dataset_lines(
    search: str | None, department: str | None, level: str | None, viewer: str | None
) -> list[DatasetLine]:
    """Return by what every dataset is sorted in a list, by id; no contract is read."""
    told = _wanted(search, department, level, viewer).values_list(
        "id", "title_zh", "title_en", "level", "rows", "refreshed_at"
    )
    return [
        DatasetLine(id_, Text(zh, en), level, rows, at) for id_, zh, en, level, rows, at in told
    ]


def named_datasets(ids: Sequence[str]) -> list[DatasetInfo]:
    """Return datasets in the order of their ids as given; one that is gone is left out."""
    rows = Dataset.objects.in_bulk(ids)
    return [dataset_info(rows[each]) for each in ids if each in rows]


def _wanted(
    search: str | None, department: str | None, level: str | None, viewer: str | None
) -> QuerySet[Dataset]:
    rows = _knowable(Dataset.objects.order_by("id"), viewer)
    if search:
        rows = rows.filter(
            Q(id__icontains=search)
            | Q(title_zh__icontains=search)
            | Q(title_en__icontains=search)
            | Q(words__icontains=search)
        )
    if department:
        rows = rows.filter(owner_id=department)
    if level:
        rows = rows.filter(level=level)
    return rows


def dataset_info(row: Dataset) -> DatasetInfo:
    """Return a stored dataset as a value."""
    return DatasetInfo(
        id=row.id,
        title=Text(row.title_zh, row.title_en),
        owner=row.owner_id,
        level=Level(row.level),
        contract=contract_from_json(row.contract),
        version=row.version,
        rows=row.rows,
        stats={name: ColumnStats(*each) for name, each in row.stats.items()},
        refreshed_at=row.refreshed_at,
    )


def batches(dataset_id: str, limit: int) -> list[BatchInfo]:
    """Return the newest batches of a dataset."""
    rows = Batch.objects.filter(dataset_id=dataset_id).order_by("-version")
    return [
        BatchInfo(
            id=row.name,
            dataset=row.dataset_id,
            rows=row.rows,
            mode=_MODES[row.mode],
            source=row.source,
            sha256=row.sha256,
            version=row.version,
            at=row.at,
            by=row.by,
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows[: min(limit, MAX_PAGE)]
    ]


def quarantine_row(dataset_id: str, batch: str) -> Quarantine | None:
    """Return what of a batch stands, or stood, aside."""
    return Quarantine.objects.filter(dataset_id=dataset_id, batch=batch).first()


def batch_row(dataset_id: str, name: str) -> Batch | None:
    """Return a batch that has landed."""
    return Batch.objects.filter(dataset_id=dataset_id, name=name).first()


def open_quarantines(
    dataset_id: str, *, batch: str | None = None, first: int = 0
) -> list[Quarantine]:
    """Return what still stands aside, by batch in the order of landing."""
    rows = Quarantine.objects.filter(dataset_id=dataset_id, left__gt=0, id__gte=first)
    if batch is not None:
        rows = rows.filter(batch=batch)
    return list(rows.order_by("id"))


def gone(stood: Quarantine) -> list[tuple[int, int]]:
    """Return the ranges of rows that have left a quarantine."""
    told = Release.objects.filter(quarantine=stood).values_list("ranges", flat=True)
    return [(first, last) for ranges in told for first, last in ranges]


def quarantine_info(stood: Quarantine) -> QuarantineInfo:
    """Return a stored quarantine as a value."""
    return QuarantineInfo(
        dataset=stood.dataset_id,
        batch=stood.batch,
        rows=stood.rows,
        left=stood.left,
        faults=tuple(FaultCount(*each) for each in stood.counts),
        at=stood.at,
    )


def promised() -> list[str]:
    """Return the datasets whose contracts promise when new data come."""
    rows = Dataset.objects.filter(contract__refresh_h__isnull=False).order_by("id")
    return [name for name, body in rows.values_list("id", "contract") if body.get("refresh_h")]
