"""Writes of the lake: registering a contract, bringing in a batch."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.engine.intake import stage
from duokua.engine.lock import exclusive
from duokua.identity import facade as identity
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import catalogue, places, selectors
from duokua.lake.changes import breaking_changes
from duokua.lake.models import Batch, Dataset
from duokua.lake.signals import contract_registered, dataset_committed
from duokua.lake.values import DatasetInfo, IngestResult, Mode
from duokua.lang.codec import contract_from_json, contract_to_json
from duokua.lang.contract import Contract
from duokua.lang.odcs import load_contract

Progress = Callable[[int, int], None]
_MAX_BATCH = 200
_MOST_NAMED = 20

audit.register({"data.contract.registered": Text("登记数据契约", "data contract registered")})


def register(text: str, *, source: str, by: str, now: datetime) -> DatasetInfo:
    """Register a contract (登记数据契约) or a new version of it; the same one twice is no change.

    :raises Invalid: the contract is wrong or its department unknown.
    :raises Conflict: the version does not follow, or changes what may not change.
    """
    contract = load_contract(text, source=source)
    if not identity.department_exists(contract.owner):
        raise _unknown_department(contract.owner, source)
    with exclusive(places.lock(contract.id)):
        row = _register(contract, by, now)
        # Levels and personal columns count at once for what is served, not with the next batch.
        contract_registered.send(sender=Dataset, dataset_id=contract.id)
    return selectors.dataset_info(row)


@transaction.atomic
def _register(contract: Contract, by: str, now: datetime) -> Dataset:
    present = Dataset.objects.select_for_update().filter(id=contract.id).first()
    if present is not None:
        old = contract_from_json(present.contract)
        if old == contract:
            return present
        _check_follows(old, contract)
    row = _store(contract, present, now)
    delta.ensure_table(places.table(contract.id), contract.columns)
    detail = {"version": contract.version, "level": contract.level.value}
    audit.record("data.contract.registered", by=by, of=contract.id, at=now, detail=detail)
    return row


def _unknown_department(code: str, source: str) -> Invalid:
    what = Text(f"没有部门“{code}”", f"there is no department {code!r}")
    known = list(identity.departments())[:_MOST_NAMED]
    mend = Text(
        f"请填已有部门的代码，例如 {'、'.join(known) or '（尚无部门）'}",
        f"give the code of a department that exists: {', '.join(known) or 'there is none yet'}",
    )
    return Invalid(what, mend, faults=(Fault(f"{source}: ownerDepartment", what, mend),))


def _check_follows(old: Contract, new: Contract) -> None:
    faults = breaking_changes(old, new)
    if _numbers(new.version) <= _numbers(old.version):
        faults.add(
            "version",
            f"内容已变，而版本不高于 {old.version}",
            f"it has changed, but its version is not above {old.version}",
            "请提高版本号",
            "raise the version",
        )
    if faults.found:
        raise Conflict(
            Text("新契约与现有数据不兼容", "the new contract does not fit what is there"),
            faults.found[0].mend,
            faults=tuple(faults.found),
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _store(contract: Contract, present: Dataset | None, now: datetime) -> Dataset:
    row = present or Dataset(id=contract.id, registered_at=now)
    names = [
        part for each in contract.columns for part in (each.name, each.title.zh, each.title.en)
    ]
    row.contract = contract_to_json(contract)
    row.contract_version = contract.version
    row.title_zh, row.title_en = contract.title.zh, contract.title.en
    row.words = "\n".join([contract.description.zh, contract.description.en, *names])
    row.owner_id = contract.owner
    row.level = contract.level.value
    row.save()
    return row


def ingest(
    dataset_id: str,
    path: Path,
    *,
    batch: str | None,
    mode: Mode,
    by: str,
    now: datetime,
    progress: Progress | None,
) -> IngestResult:
    """Bring in a file (汇聚) as one batch: wholly, once, or not at all.

    :raises NotFound: there is no such dataset.
    :raises Invalid: the file breaks the contract; every kind of fault is counted.
    :raises Conflict: the batch id stands for another file.
    """
    began = time.monotonic()
    selectors.dataset_row(dataset_id)
    _check_request(path, batch)
    digest = _sha256(path)
    name = batch or digest
    with exclusive(places.lock(dataset_id)):
        landing = _land(dataset_id, path, name, digest, mode, by, now, progress)
        catalogue.follow_log(dataset_id)
        seconds = time.monotonic() - began
        dataset_committed.send(sender=Dataset, dataset_id=dataset_id)
    rows = Batch.objects.get(dataset_id=dataset_id, name=name).rows
    return IngestResult(landing.landed, dataset_id, name, rows, landing.version, seconds)


def _check_request(path: Path, batch: str | None) -> None:
    if not path.is_file():
        what = Text(f"没有文件“{path.name}”", f"there is no file {path.name!r}")
        raise Invalid(what, Text("请检查路径", "check the path"), faults=())
    if batch is not None and not (0 < len(batch) <= _MAX_BATCH and batch.isprintable()):
        what = Text("批次号有误", "the batch id is wrong")
        raise Invalid(what, Text("请用 1 至 200 个可见字符", "use 1–200 visible characters"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _land(
    dataset_id: str,
    path: Path,
    name: str,
    digest: str,
    mode: Mode,
    by: str,
    now: datetime,
    progress: Progress | None,
) -> delta.Landing:
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    table = places.table(dataset_id)
    delta.ensure_table(table, contract.columns)
    _sweep(dataset_id)
    before = delta.landed_in(table, name)
    if before is not None:
        _check_same_file(dataset_id, name, digest)
        return delta.Landing(False, before)
    staged = places.staging(dataset_id) / f"part-{uuid.uuid4()}.parquet"
    staged.parent.mkdir(parents=True, exist_ok=True)
    present = delta.head(table) if mode == "append" else None
    try:
        stats = stage(path, contract, staged, present=present, progress=progress)
        file = table / staged.name
        os.link(staged, file)  # the staged name is what tells an orphan, see `_sweep`
        note = {"batch": name, "rows": stats.rows, "mode": mode, "source": path.name}
        note |= {"sha256": digest, "by": by, "at": iso(now)}
        return delta.commit(
            table,
            file,
            stats,
            columns=contract.columns,
            batch=name,
            mode=mode,
            note=json.dumps(note, ensure_ascii=False),
        )
    finally:
        _sweep(dataset_id)


def _check_same_file(dataset_id: str, name: str, digest: str) -> None:
    catalogue.follow_log(dataset_id)  # a crash may have kept it from knowing the batch
    if Batch.objects.get(dataset_id=dataset_id, name=name).sha256 != digest:
        raise Conflict(
            Text(f"批次“{name}”已用于另一个文件", f"the batch {name!r} stands for another file"),
            Text("请换一个批次号", "use another batch id"),
        )


def _sweep(dataset_id: str) -> None:
    """Remove what unfinished ingests left; called by the holder of the dataset's lock only.

    A staged file whose twin in the table is not in its newest version was never committed.
    """
    folder, table = places.staging(dataset_id), places.table(dataset_id)
    left = list(folder.glob("part-*.parquet"))
    if not left:
        return
    live = {file.name for file in delta.head(table).files}
    for staged in left:
        if staged.name not in live:
            (table / staged.name).unlink(missing_ok=True)
        staged.unlink(missing_ok=True)
