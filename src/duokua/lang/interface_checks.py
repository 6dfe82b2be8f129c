"""What the parts of an interface have to be (接口声明校验), noted at their places in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from duokua.lang.contract import Contract, Level
from duokua.lang.interface import Shape, rows_tell
from duokua.lang.interface_life import Note

MISFITS = {
    Shape.VERIFY: ("columns", "parameters", "order", "cube", "query"),
    Shape.CHANGES: ("parameters", "order", "key", "claims", "cube", "query"),
    Shape.AGGREGATE: ("columns", "parameters", "order", "key", "claims", "query"),
}  # fields that a shape does not have
_OTHERS = ("key", "claims", "cube")


def check_parts(
    shape: Shape,
    value: Mapping[str, Any],
    columns: tuple[str, ...],
    key: tuple[str, ...],
    contract: Contract,
    note: Note,
) -> None:
    """Note what a shape does not have, and what its key has to be."""
    for name in MISFITS.get(shape, _OTHERS):
        if name in value:
            mends = ("请删去", "remove it")
            note((name,), f"{shape} 没有 {name}", f"{shape} has no {name}", mends)
    for at, name in enumerate(key):
        if not contract.by_name[name].required or name in columns:
            mends = ("请用必填且不作核验的列", "use required columns that are no claims")
            note(("key", at), f"“{name}”不能作键", f"{name!r} is no key here", mends)
    lacking = [name for name in contract.key if name not in columns]
    if shape is Shape.CHANGES and lacking:
        names = ", ".join(lacking)
        mends = (f"请加上 {names}", f"add {names}")
        note(("columns",), "变更流须含主键", "changes are told by the key", mends)


def check_open(contract: Contract, used: Iterable[str], note: Note) -> None:
    """Note what keeps an interface from being open to all."""
    if rows_tell(contract):
        mends = ("请写 open: false", "write open: false")
        zh = f"派生数据集的行由 {contract.level} 的列决定，不能开放"
        en = f"columns of {contract.level} decide which rows there are; it cannot be open"
        note(("open",), zh, en, mends)
    for name in dict.fromkeys(used):
        column = contract.by_name[name]
        if column.level is not Level.L1 or column.personal:
            note(
                ("open",),
                f"列“{name}”不是 L1 或含个人信息，不能开放",
                f"the column {name!r} is not L1 or is personal and cannot be open",
                ("请去掉该列，或写 open: false", "leave the column out or write open: false"),
            )
