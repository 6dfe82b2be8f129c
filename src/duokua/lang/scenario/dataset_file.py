"""Derived tables (派生表) of a pack: ``datasets/<name>.sql``, each one query through the gate.

They may read what rules read and each other, in no circle; an opening comment is free text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.lang.contract import Kind
from duokua.lang.scenario.functions import Function
from duokua.lang.scenario.gate import NO_FUNCTIONS, Admitted, Columns, Tables, admit
from duokua.lang.scenario.gate.caps import MOST_LETTERS
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.rule import WINDOW


def read_datasets(
    files: Mapping[str, str],
    *,
    tables: Tables,
    parameters: Collection[str],
    declared: Tables,
    faults: Faults,
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> dict[str, Admitted]:
    """Return the derived tables by name, each after those that it reads; refused ones are not in it.

    ``files`` is path → SQL, ``tables`` what there is besides; ``declared`` has the columns of those
    that a contract stands for: the query has to give exactly these.
    """
    by_name = {PurePosixPath(file).stem: file for file in sorted(files)}
    for name, file in by_name.items():
        if not is_word(name) or name in tables or name in LOOP_TABLES:
            faults.add(
                f"{file}:1", f"“{name}”不能作为派生表的名字", f"{name!r} cannot name a derived table",
                "用小写字母、数字、下划线，且与其他表不同名", "use a-z, 0-9 and _, unlike other tables",
            )  # fmt: skip
    known: dict[str, Columns] = dict(tables)
    found: dict[str, Admitted] = {}
    for name in _in_order(by_name, files, faults):
        file = by_name[name]
        admitted = admit(
            files[file], tables=known, parameters={*parameters, *WINDOW},
            place=_Place(file).of, faults=faults, functions=functions,
        )  # fmt: skip
        told = declared.get(name)
        if admitted is not None:
            found[name] = admitted
            if told is not None:
                _compare(file, told, admitted.columns, faults)
        if told is not None:
            known[name] = told
        elif admitted is not None:
            known[name] = admitted.columns
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    file: str

    def of(self, line: int) -> str:
        return f"{self.file}:{line}"


def _in_order(
    by_name: Mapping[str, str], files: Mapping[str, str], faults: Faults
) -> tuple[str, ...]:
    reads = {name: _reads(files[file]) & by_name.keys() for name, file in by_name.items()}
    while True:
        try:
            return tuple(TopologicalSorter(reads).static_order())
        except CycleError as error:
            circle = list(error.args[1])
            told = " → ".join(circle)
            faults.add(
                f"{by_name[circle[0]]}:1", f"派生表互相引用：{told}",
                f"derived tables read each other: {told}",
                "请拆开其中一张", "take one of them apart",
            )  # fmt: skip
            reads[circle[1]] = reads[circle[1]] - {circle[0]}


def _reads(sql: str) -> set[str]:
    """Return the names that a query may mean; what is wrong with it is told by the gate."""
    if len(sql) > MOST_LETTERS:
        return set()
    try:
        trees = [each for each in parse(sql, dialect="duckdb") if each is not None]
    except (SqlglotError, RecursionError, ValueError):
        return set()
    return {table.name.lower() for tree in trees for table in tree.find_all(exp.Table)}


def _compare(file: str, told: Columns, given: Columns, faults: Faults) -> None:
    for name in told.keys() - given.keys():
        faults.add(
            f"{file}:1", f"缺少契约中的列 {name}", f"lacks the column {name} of its contract",
            f"请输出 {name}", f"return {name}",
        )  # fmt: skip
    for name in given.keys() - told.keys():
        faults.add(
            f"{file}:1", f"列 {name} 不在契约中", f"the column {name} is not in its contract",
            "请写进契约或从查询中删去", "write it into the contract, or leave it out",
        )  # fmt: skip
    for name in told.keys() & given.keys():
        whole = (given[name], told[name]) == (Kind.INTEGER, Kind.NUMBER)
        if given[name] is not None and given[name] != told[name] and not whole:
            faults.add(
                f"{file}:1", f"列 {name} 是 {given[name]}，契约是 {told[name]}",
                f"the column {name} is {given[name]}, its contract says {told[name]}",
                "请在查询中转换或更正契约", "cast it in the query, or correct the contract",
            )  # fmt: skip
