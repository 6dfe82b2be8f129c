"""Writes of the catalogue: registering a contract; bringing in a batch is :mod:`.landing`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.engine.lock import exclusive
from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict, Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import impact, lineage, places, selectors
from duokua.lake.changes import breaking_changes, broken_columns
from duokua.lake.models import Dataset
from duokua.lake.signals import contract_registered
from duokua.lake.values import Affected, DatasetInfo
from duokua.lang.codec import contract_from_json, contract_to_json
from duokua.lang.contract import Contract
from duokua.lang.derivation import Derivation
from duokua.lang.odcs import load_contract

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
    derivation = lineage.read(contract, place=source)
    with exclusive(places.lock(contract.id)):
        row = _register(contract, derivation, by, now)
        # Levels and personal columns count at once for what is served, not with the next batch.
        contract_registered.send(sender=Dataset, dataset_id=contract.id)
    return selectors.dataset_info(row)


def check_registrable(contract: Contract, *, now: datetime) -> None:
    """Raise what registering a contract would; nothing changes.

    :raises Invalid: its department is unknown, or its SQL wrong.
    :raises Conflict: the version does not follow, or changes what may not change.
    """
    if not identity.department_exists(contract.owner):
        raise _unknown_department(contract.owner, contract.id)
    lineage.read(contract, place=contract.id)
    present = Dataset.objects.filter(id=contract.id).values_list("contract", flat=True).first()
    old = contract_from_json(present) if present is not None else contract
    if old != contract:
        _check_follows(old, contract, now)


@transaction.atomic
def _register(contract: Contract, derivation: Derivation | None, by: str, now: datetime) -> Dataset:
    present = Dataset.objects.select_for_update().filter(id=contract.id).first()
    if present is not None:
        old = contract_from_json(present.contract)
        if old == contract:
            return present
        _check_follows(old, contract, now)
    row = _store(contract, present, now)
    lineage.note(row, derivation)
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


def _check_follows(old: Contract, new: Contract, now: datetime) -> None:
    """Refuse a version that would break what stands on the dataset, and name that (模式闸门)."""
    faults = breaking_changes(old, new)
    broken = broken_columns(old, faults)
    if faults.found:
        for each in impact.broken_by(old.id, broken, now):
            faults.found.append(_would_break(each, broken))
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


def _would_break(each: Affected, broken: frozenset[str] | None) -> Fault:
    used = ", ".join(name for name in each.columns if broken is None or name in broken)
    grants = (f"，{each.grants} 项有效授权", f", {each.grants} grants") if each.grants else ("", "")
    return Fault(
        f"{each.kind} {each.id}",
        Text(
            f"“{each.title.zh}”将受影响：使用 {used}{grants[0]}",
            f"{each.title.en!r} would break: it uses {used}{grants[1]}",
        ),
        Text(
            "请先发布不使用这些列的新版本，或改为新增列",
            "publish a version of it without these columns first, or add new columns instead",
        ),
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
