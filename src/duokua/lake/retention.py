"""Retention (保存期限): what a contract keeps no longer goes by itself, from old versions, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from duokua.engine import delta
from duokua.engine.erasing import Chosen, Expired, count_rows
from duokua.engine.parts import batch_mark, mark_of, stats_of
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import NotFound
from duokua.lake import places, purging, selectors
from duokua.lake.models import Batch, Dataset
from duokua.lake.models_erasure import Retention
from duokua.lake.purging import Cause
from duokua.lang import retention as lang
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Kind


@dataclass(frozen=True, slots=True)
class RetentionInfo:
    """What goes next: ``rows`` rows on ``next_at``, as counted at ``looked_at``."""

    kept: lang.Retention
    next_at: datetime | None
    rows: int
    looked_at: datetime | None


def of(dataset_id: str) -> RetentionInfo | None:
    """Return what of a dataset goes next, ``None`` if its contract keeps rows without end.

    :raises NotFound: there is no such dataset.
    """
    kept = _contract(dataset_id).retention
    if kept is None:
        return None
    found = Retention.objects.filter(dataset_id=dataset_id).first()
    if found is None:
        return RetentionInfo(kept, None, 0, None)
    return RetentionInfo(kept, found.next_at, found.rows, found.looked_at)


def apply(dataset_id: str, *, by: str, now: datetime) -> int:
    """Remove for good what is past its retention now; return how many rows that was.

    :raises NotFound: there is no such dataset.
    """
    kept = _contract(dataset_id).retention
    if kept is None or _sql(dataset_id):
        return 0
    chosen, whole = _past(dataset_id, kept, _today(now))
    rows = 0
    if whole or _count(dataset_id, chosen):
        cause = Cause("expired", dataset_id, by, now)
        rows = purging.purge(dataset_id, chosen, cause, whole=whole).rows
    look(dataset_id, now=now)
    return rows


def look(dataset_id: str, *, now: datetime) -> None:
    """Count what goes next, and when."""
    kept = _contract(dataset_id).retention
    if kept is None or _sql(dataset_id):
        Retention.objects.filter(dataset_id=dataset_id).delete()
        return
    tomorrow = _today(now) + timedelta(days=1)
    oldest = _oldest(dataset_id, kept)
    day = None if oldest is None else max(tomorrow, kept.goes_on(oldest))
    rows = 0
    if day is not None:
        chosen, whole = _past(dataset_id, kept, day)
        table = places.table(dataset_id)
        columns = _contract(dataset_id).columns
        rows = sum(each.rows for each in stats_of(table, sorted(whole), columns))
        rows += _count(dataset_id, chosen)
    told = {"next_at": _midnight(day) if day else None, "rows": rows, "looked_at": now}
    Retention.objects.update_or_create(dataset_id=dataset_id, defaults=told)


def apply_all(*, by: str, now: datetime, progress: Callable[[int, int], None] | None = None) -> int:
    """Apply every retention, and finish purges that were cut short; return the rows that went.

    :raises ExceptionGroup: at the end, if some dataset failed.
    """
    names = [row.id for row in Dataset.objects.order_by("id") if row.contract.get("retention")]
    rows, failed = 0, []
    for at, name in enumerate(names):
        if progress:
            progress(at, len(names))
        try:
            rows += apply(name, by=by, now=now)
        except Exception as error:
            error.add_note(name)
            failed.append(error)
    for name in purging.owed():
        purging.forget(name)
    if failed:
        raise ExceptionGroup(f"{len(failed)} datasets failed", failed)
    return rows


class _Nothing:
    """Chooses no row."""

    def condition(self, fields: object) -> None:
        """Tell that no row of any file can go."""


def _past(dataset_id: str, kept: lang.Retention, today: date) -> tuple[Chosen, frozenset[Path]]:
    """Return which rows are past their retention on a day, and which files wholly."""
    first = kept.first_kept(today)
    if kept.column is None:
        return _Nothing(), frozenset(file for file, day in _came(dataset_id).items() if day < first)
    column = _contract(dataset_id).by_name[kept.column]
    if column.kind is Kind.DATE:
        return Expired(kept.column, "date", first.isoformat()), frozenset()
    return Expired(kept.column, "timestamptz", _midnight(first).isoformat()), frozenset()


def _came(dataset_id: str) -> dict[Path, date]:
    """Return when the rows of each file came; of a file of several batches, when it was made."""
    try:
        files = delta.head(places.table(dataset_id)).files
    except NotFound:
        return {}
    batches = Batch.objects.filter(dataset_id=dataset_id).values_list("name", "at")
    known = {batch_mark(name): at for name, at in batches}
    return {
        file: _today(
            known.get(mark_of(file) or "") or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        )
        for file in files
    }


def _oldest(dataset_id: str, kept: lang.Retention) -> date | None:
    """Return the day of the oldest row, from what is kept of the table: nothing is read."""
    if kept.column is None:
        return min(_came(dataset_id).values(), default=None)
    least = selectors.dataset_row(dataset_id).stats.get(kept.column, [0, None, None])[1]
    if least is None:
        return None
    text = str(least)
    if len(text) == len("2026-05-06"):
        return date.fromisoformat(text)
    return _today(datetime.fromisoformat(text))


def _count(dataset_id: str, chosen: Chosen) -> int:
    try:
        return count_rows(delta.head(places.table(dataset_id)).files, chosen)
    except NotFound:
        return 0


def _contract(dataset_id: str) -> Contract:
    return contract_from_json(selectors.dataset_row(dataset_id).contract)


def _sql(dataset_id: str) -> bool:
    return _contract(dataset_id).sql is not None  # it follows what it is made of


def _today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)
