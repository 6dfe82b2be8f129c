"""The quarantine (隔离区) of a dataset: what stands aside, brought back corrected, or dismissed.

Its raw values are known to the owning department alone: each function takes the department that
asks as ``viewer``, ``None`` standing for the operator of the installation.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.aside import AsideRow, count_aside, ranges_of, read_aside, still_aside
from duokua.engine.intake import stage_parted
from duokua.engine.lock import exclusive, workshop
from duokua.engine.reasons import REASONS
from duokua.kernel.errors import Conflict, Fault, Invalid, NotFound
from duokua.kernel.text import Language, Text
from duokua.lake import catalogue, correction, landing, places, selectors
from duokua.lake.models import Quarantine
from duokua.lake.states import Leaving
from duokua.lake.values import (
    IngestResult,
    QuarantineInfo,
    QuarantinePage,
    ReplayResult,
    RowFault,
    StandingRow,
)
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract

audit.register(
    {
        "data.quarantine.seen": Text("查看隔离数据", "quarantined rows seen"),
        "data.quarantine.downloaded": Text("下载隔离数据", "quarantined rows downloaded"),
        "data.quarantine.dismissed": Text("不再处理隔离数据", "quarantined rows dismissed"),
    }
)
_MOST_REASON = 500
_MOST_NAMED = 20


def quarantines(dataset_id: str, *, viewer: str | None) -> list[QuarantineInfo]:
    """Return what still stands aside of each batch, from counts that are kept: nothing is read."""
    _owned(dataset_id, viewer)
    return [selectors.quarantine_info(row) for row in selectors.open_quarantines(dataset_id)]


def page(
    dataset_id: str,
    *,
    viewer: str | None,
    batch: str | None,
    reason: str | None,
    column: str | None,
    after: str | None,
    limit: int,
) -> QuarantinePage:
    """Return rows that stand aside, batch by batch and in the order of the source."""
    _owned(dataset_id, viewer)
    limit = max(1, min(limit, selectors.MAX_PAGE))
    found = list(islice(_standing(dataset_id, batch, reason, column, _place(after)), limit + 1))
    shown = found[:limit]
    following = f"{shown[-1][0]}-{shown[-1][1].row}" if len(found) > limit else None
    return QuarantinePage(tuple(row for _, row in shown), following)


def seen(
    dataset_id: str, rows: Sequence[StandingRow], *, batch: str | None, by: str, now: datetime
) -> None:
    """Record that somebody has looked at rows, which may be about persons."""
    if rows:
        detail = {"rows": len(rows), "batch": batch or ""}
        audit.record("data.quarantine.seen", by=by, of=dataset_id, at=now, detail=detail)


def _place(after: str | None) -> tuple[int, int]:
    first, _, second = (after or "0-0").partition("-")
    if not (first.isdecimal() and second.isdecimal()):
        what = Text("翻页位置有误", "the place to go on from is wrong")
        raise Invalid(what, Text("请用上一页给出的值", "use what the page before told"))
    return int(first), int(second)


def _standing(
    dataset_id: str,
    batch: str | None,
    reason: str | None,
    column: str | None,
    place: tuple[int, int],
) -> Iterator[tuple[int, StandingRow]]:
    number, behind = place
    for stood in selectors.open_quarantines(dataset_id, batch=batch, first=number):
        after = behind if stood.pk == number else 0
        file, gone = _file(stood), selectors.gone(stood)
        if any(
            (reason is None or told[1] == reason)
            and (column is None or column in told[0].split(", "))
            for told in stood.counts
        ):
            for row in read_aside(file, gone, reason=reason, column=column, after=after):
                yield stood.pk, standing_row(stood.batch, row)


def standing_row(batch: str, row: AsideRow) -> StandingRow:
    """Return a row that stands aside with its faults in words."""
    faults = []
    for column, reason in row.faults:
        what, mend = REASONS[reason]
        values = [row.raw.get(name) for name in column.split(", ")]
        shown = None if values == [None] else ", ".join(value or "" for value in values)
        faults.append(RowFault(column, reason, shown, what, mend))
    return StandingRow(batch, row.row, row.raw, tuple(faults))


def download(
    dataset_id: str,
    batch: str,
    *,
    viewer: str | None,
    language: Language,
    by: str,
    now: datetime,
) -> Iterator[str]:
    """Return the lines of a CSV of what stands aside of a batch: to be corrected and replayed."""
    contract = _owned(dataset_id, viewer)
    stood = _open(dataset_id, batch)
    detail = {"batch": batch, "rows": stood.left}
    audit.record("data.quarantine.downloaded", by=by, of=dataset_id, at=now, detail=detail)
    rows = read_aside(_file(stood), selectors.gone(stood))
    told = (standing_row(batch, row) for row in rows)
    return correction.written(contract, told, language)


def replay(
    dataset_id: str, batch: str, corrected: Path, *, viewer: str | None, by: str, now: datetime
) -> ReplayResult:
    """Bring corrected rows back as a batch of their own, once; they leave the quarantine.

    Rows that still break the contract, and those that the file leaves out, stay where they are.

    :raises Invalid: the file is not in the download's shape, or no row of it is good now.
    :raises NotFound: nothing of the batch stands aside.
    """
    began = time.monotonic()
    contract = _owned(dataset_id, viewer)
    digest = hashlib.sha256(corrected.read_bytes()).hexdigest()
    told = f"{batch}\n{digest}"
    name = f"replay-{hashlib.sha256(told.encode()).hexdigest()[:40]}"
    with exclusive(places.lock(dataset_id)):
        catalogue.follow_log(dataset_id)
        known = selectors.batch_row(dataset_id, name)
        if known is not None:
            stood = selectors.quarantine_row(dataset_id, batch)
            left = stood.left if stood else 0
            return ReplayResult(False, name, known.rows, known.version, left, ())
        stood = _open(dataset_id, batch)
        with workshop(places.staging(dataset_id)) as work:
            return _replay(stood, contract, corrected, name, digest, work, by, now, began)


def _replay(
    stood: Quarantine,
    contract: Contract,
    corrected: Path,
    name: str,
    digest: str,
    work: Path,
    by: str,
    now: datetime,
    began: float,
) -> ReplayResult:
    file, gone = _file(stood), selectors.gone(stood)
    plain = work / f"{corrected.stem}.csv"  # so that faults name the file that was given
    numbers = correction.read(corrected, contract, plain, still_aside(file, gone))
    good, still = _judge(stood, contract, plain, numbers, work)
    leaving = correction.only(plain, work / "leaving.good", good)
    fresh = ranges_of(numbers[at] for at in good)
    after = count_aside(file, [*gone, *fresh])
    told: dict[str, Any] = {"batch": stood.batch, "how": Leaving.REPLAYED, "ranges": fresh}
    told |= {"rows": len(good), "by_batch": name, "left": after.rows, "counts": after.counts}
    result = _land(stood, leaving, name, digest, told, by, now, corrected.name, began)
    return ReplayResult(result.landed, name, result.rows, result.version, after.rows, tuple(still))


def _judge(
    stood: Quarantine, contract: Contract, plain: Path, numbers: Sequence[int], work: Path
) -> tuple[list[int], list[StandingRow]]:
    """Return the places of the rows that are good now, and the rows that are not."""
    aside = work / "still.parquet"
    parted = stage_parted(
        plain,
        contract,
        work / "good.parquet",
        aside,
        present=landing.present(stood.dataset_id) if stood.mode != "upsert" else None,
        unique=not stood.newest_by,
    )
    still: list[StandingRow] = []
    bad: set[int] = set()
    if parted.aside is not None:
        for row in read_aside(aside, []):
            bad.add(row.row)
            named = AsideRow(numbers[row.row - 1], row.raw, row.faults)
            still.append(standing_row(stood.batch, named))
    return [at for at in range(len(numbers)) if at + 1 not in bad], still


def _land(
    stood: Quarantine,
    leaving: Path,
    name: str,
    digest: str,
    told: dict[str, Any],
    by: str,
    now: datetime,
    source: str,
    began: float,
) -> IngestResult:
    arrival = landing.Arrival(
        dataset=stood.dataset_id,
        path=leaving,
        batch=name,
        sha256=digest,
        mode="upsert" if stood.mode == "upsert" else "append",
        newest_by=stood.newest_by or None,
        strict=True,
        source=source,
        by=by,
        now=now,
        progress=None,
        release=told,
    )
    return landing.land(arrival, began)


def dismiss(
    dataset_id: str,
    batch: str,
    *,
    rows: Sequence[int] | None,
    reason: str,
    viewer: str | None,
    by: str,
    now: datetime,
) -> QuarantineInfo:
    """Let rows leave the quarantine for a reason, all of the batch if ``rows`` is ``None``.

    :raises Invalid: there is no reason, or a row does not stand aside.
    :raises NotFound: nothing of the batch stands aside.
    """
    _owned(dataset_id, viewer)
    said = reason.strip()
    if not 0 < len(said) <= _MOST_REASON:
        what = Text("缺少理由", "the reason is missing")
        mend = Text("请用 1 至 500 字说明", "give it in 1–500 characters")
        raise Invalid(what, mend, faults=(Fault("reason", what, mend),))
    with exclusive(places.lock(dataset_id)):
        catalogue.follow_log(dataset_id)  # a crash may have kept it from knowing what left
        stood = _open(dataset_id, batch)
        file, gone = _file(stood), selectors.gone(stood)
        open_rows = still_aside(file, gone)
        leaving = open_rows if rows is None else set(rows)
        _check_any(leaving)
        _check_known(leaving - open_rows)
        fresh = ranges_of(leaving)
        after = count_aside(file, [*gone, *fresh])
        told: dict[str, Any] = {"batch": batch, "how": Leaving.DISMISSED, "ranges": fresh}
        told |= {"rows": len(leaving), "reason": said, "left": after.rows, "counts": after.counts}
        with transaction.atomic():
            catalogue.release(dataset_id, told, by=by, at=now)
            detail = {"batch": batch, "rows": len(leaving), "reason": said}
            audit.record("data.quarantine.dismissed", by=by, of=dataset_id, at=now, detail=detail)
    stood.refresh_from_db()
    return selectors.quarantine_info(stood)


def _check_any(leaving: set[int]) -> None:
    if not leaving:
        what = Text("没有选中任何行", "no row is chosen")
        mend = Text("请勾选行，或选择整个批次", "tick rows, or take the whole batch")
        raise Invalid(what, mend, faults=(Fault("rows", what, mend),))


def _check_known(unknown: set[int]) -> None:
    if unknown:
        named = ", ".join(map(str, sorted(unknown)[:_MOST_NAMED]))
        what = Text(f"不在隔离区的行：{named}", f"rows that do not stand aside: {named}")
        mend = Text("请核对行号", "check the row numbers")
        raise Invalid(what, mend, faults=(Fault("rows", what, mend),))


def _owned(dataset_id: str, viewer: str | None) -> Contract:
    """Return the contract if ``viewer`` owns the dataset; else it is as if there were none."""
    row = selectors.dataset_row(dataset_id)
    if viewer is not None and row.owner_id != viewer:
        raise selectors.no_dataset(dataset_id)
    return contract_from_json(row.contract)


def _open(dataset_id: str, batch: str) -> Quarantine:
    stood = selectors.quarantine_row(dataset_id, batch)
    if stood is None or not stood.left:
        raise NotFound(
            Text(f"批次“{batch}”没有隔离的行", f"nothing of the batch {batch!r} stands aside"),
            Text("请查看隔离区列表", "see the list of what stands aside"),
        )
    return stood


def _file(stood: Quarantine) -> Path:
    file = places.quarantine(stood.dataset_id) / stood.file
    if not file.is_file():
        raise Conflict(
            Text("隔离文件不在了", "the file of what stands aside is gone"),
            Text("请从备份恢复数据湖", "restore the lake from its backup"),
        )
    return file
