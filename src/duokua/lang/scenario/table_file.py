"""Reads reference tables and samples of a pack, ``tables/*.csv`` and ``samples/*.csv``.

Columns are named as the contract names them; an empty cell is missing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.scenario.sentence_file import fit

_MOST_TOLD = 5  # of one file: the same mistake is often in every row
_BOOLEANS = {"true": True, "false": False}


def check_table(text: str, contract: Contract, *, file: str, faults: Faults) -> None:
    """Note where a table does not fit its contract: head, missing cells, kinds, doubled keys."""
    own = Faults()
    for fault in _faults(text, contract, file):
        own.add(*fault)
        if len(own.found) >= _MOST_TOLD:
            break
    faults.found.extend(own.found)


def _faults(text: str, contract: Contract, file: str) -> Iterator[tuple[str, str, str, str, str]]:
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    head = next(rows, [])
    listed = ",".join(contract.by_name)
    needed = {name for name, column in contract.by_name.items() if column.required}
    if len(set(head)) != len(head) or not needed <= set(head) <= set(contract.by_name):
        yield (f"{file}:1", "表头与契约不符", "its head does not fit the contract",
               f"请用 {listed}", f"use {listed}")  # fmt: skip
        return
    columns = [contract.by_name[name] for name in head]
    keys: set[tuple[str, ...]] = set()
    for row in rows:
        where = f"{file}:{rows.line_num}"
        if len(row) != len(columns):
            yield (where, f"有 {len(row)} 格，表头有 {len(columns)} 列",
                   f"has {len(row)} cells, the head {len(columns)}",
                   "请补齐或加引号", "complete it, or quote cells with commas")  # fmt: skip
            continue
        yield from _cells(where, row, columns)
        told = dict(zip(head, row, strict=True))
        key = tuple(told.get(name, "") for name in contract.key)
        if key in keys:
            yield (where, f"主键 {', '.join(key)} 重复", f"the key {', '.join(key)} is there twice",
                   "请删去其一", "remove one")  # fmt: skip
        keys.add(key)


def _cells(
    where: str, row: list[str], columns: list[Column]
) -> Iterator[tuple[str, str, str, str, str]]:
    for cell, column in zip(row, columns, strict=True):
        if not cell.strip():
            if column.required:
                yield (where, f"列 {column.name} 为空", f"the column {column.name} is empty",
                       "请填写", "fill it in")  # fmt: skip
        elif fit(_plain(cell.strip(), column.kind), column) is None:
            yield (where, f"列 {column.name} 须是 {column.kind}",
                   f"the column {column.name} has to be {column.kind}",
                   "请更正这个值", "correct the value")  # fmt: skip


def _plain(cell: str, kind: Kind) -> object:
    try:
        if kind is Kind.INTEGER:
            return int(cell)
        if kind is Kind.NUMBER:
            return float(cell)
    except ValueError:
        return None
    return _BOOLEANS.get(cell.lower()) if kind is Kind.BOOLEAN else cell
