"""What a new version of a contract may change: it may add columns that can be empty."""

from __future__ import annotations

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Contract

_ADD_ONLY = (
    "请保持原样，新版本只可增加可空列",
    "keep it; a new version may only add nullable columns",
)
_WHOLE = {"key", "ownerDepartment", "level"}


def breaking_changes(old: Contract, new: Contract) -> Faults:
    """Return each change that would break what has been built on ``old``."""
    faults = Faults(f"{new.id} {new.version}: ")
    if new.key != old.key:
        faults.add("key", "主键变了", "the key has changed", *_ADD_ONLY)
    if new.owner != old.owner:
        faults.add("ownerDepartment", "责任部门变了", "the owner has changed", *_ADD_ONLY)
    if new.level < old.level:
        faults.add("level", "分级降低了", "the level is lower", *_ADD_ONLY)
    for column in old.columns:
        if column.name not in new.by_name:
            faults.add(column.name, "列被删除", "the column is gone", *_ADD_ONLY)
        else:
            _compare(column, new.by_name[column.name], faults)
    for column in new.columns:
        if column.name not in old.by_name and column.required:
            faults.add(
                column.name,
                "新增列必填，而旧数据没有该列",
                "the new column is required, but old rows lack it",
                "请写 required: false",
                "write required: false",
            )
    return faults


def _compare(old: Column, new: Column, faults: Faults) -> None:
    if new.kind is not old.kind:
        faults.add(
            old.name,
            f"类型由 {old.kind} 变为 {new.kind}",
            f"its type has changed from {old.kind} to {new.kind}",
            *_ADD_ONLY,
        )
    if new.required != old.required:
        faults.add(old.name, "必填与否变了", "`required` has changed", *_ADD_ONLY)
    if new.level < old.level:
        faults.add(old.name, "分级降低了", "its level is lower", *_ADD_ONLY)
    if old.personal and not new.personal:
        faults.add(old.name, "不再标为个人信息", "it is no longer marked personal", *_ADD_ONLY)
    gone = {code.value for code in old.codes} - {code.value for code in new.codes}
    if gone and new.codes:
        values = ", ".join(sorted(gone))
        faults.add(old.name, f"代码 {values} 被删除", f"the codes {values} are gone", *_ADD_ONLY)


def broken_columns(old: Contract, faults: Faults) -> frozenset[str] | None:
    """Return the columns that ``faults`` of :func:`breaking_changes` are about.

    ``None``: the whole dataset, as its key, owner or level is among them.
    """
    places = {fault.where.removeprefix(faults.where) for fault in faults.found}
    return None if places & _WHOLE else frozenset(places & old.by_name.keys())
