"""Lineage (血缘): what derived datasets are made of, and what stands on a dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text
from duokua.lake.models import Dataset, LineageEdge
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Level
from duokua.lang.cube import is_protected
from duokua.lang.derivation import ColumnRef, Derivation, read_derivation

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_WRONG = Text("派生数据集的契约有误", "the contract of the derived dataset is wrong")


@dataclass(frozen=True, slots=True)
class Edge:
    """One column made of another; ``column`` is empty where it only decides which rows there are."""

    dataset: str
    column: str
    source: str
    source_column: str


def read(contract: Contract, *, place: str) -> Derivation | None:
    """Guard the SQL of a derived dataset against its contract; ``None`` for one without.

    It may read datasets of its own department and open ones (L1), and is never less protected
    than what it is made of (就高从严).

    :raises Invalid: the SQL is wrong, or the contract does not fit it.
    """
    if contract.sql is None:
        return None
    readable = _readable(contract)
    schemas = tuple((name, tuple(each.by_name)) for name, each in sorted(readable.items()))
    try:
        derivation = _derivation(contract.sql, schemas)
    except Invalid:  # told again with the place
        derivation = read_derivation(contract.sql, dict(schemas), place=f"{place}: sql")
    faults = Faults(f"{place}: ")
    _check_columns(contract, derivation, faults)
    _check_protection(contract, derivation, readable, faults)
    _check_level(contract, derivation, readable, faults)
    _check_not_open(contract, derivation, readable, faults)
    _check_circle(contract, derivation, faults)
    faults.raise_if_any(_WRONG)
    return derivation


@lru_cache(maxsize=256)  # read when it is registered, and again each time it is made anew
def _derivation(sql: str, schemas: tuple[tuple[str, tuple[str, ...]], ...]) -> Derivation:
    return read_derivation(sql, dict(schemas), place="sql")


def note(dataset: Dataset, derivation: Derivation | None) -> None:
    """Keep the edges of a dataset in place of those before."""
    LineageEdge.objects.filter(dataset=dataset).delete()
    if derivation is None:
        return
    edges = [(name, ref) for name, refs in derivation.sources for ref in refs]
    edges += [("", ref) for ref in derivation.decides]
    LineageEdge.objects.bulk_create(
        LineageEdge(dataset=dataset, column=name, source_id=ref.dataset, source_column=ref.column)
        for name, ref in edges
    )


def upstream(dataset_id: str) -> list[Edge]:
    """Return all edges that lead to a dataset, its own first."""
    return _walk(dataset_id, "dataset_id", "source_id")


def downstream(dataset_id: str) -> list[Edge]:
    """Return all edges that lead away from a dataset, the nearest first."""
    return _walk(dataset_id, "source_id", "dataset_id")


def of_column(edges: list[Edge], dataset_id: str, column: str) -> list[Edge]:
    """Return those of the edges up or down a dataset that concern one of its columns.

    What decides which rows a dataset has concerns all its columns, and goes no further.
    """
    found: list[Edge] = []
    wanted = {(dataset_id, column)}
    for edge in edges:  # nearest first, so that one pass follows the column
        made, source = (edge.dataset, edge.column), (edge.source, edge.source_column)
        if made in wanted or source in wanted or (edge.dataset == dataset_id and not edge.column):
            found.append(edge)
            wanted |= {made, source} if edge.column else set()
    return found


def derived_from(dataset_id: str) -> list[str]:
    """Return the datasets whose SQL reads a dataset."""
    rows = LineageEdge.objects.filter(source_id=dataset_id).values_list("dataset_id", flat=True)
    return sorted(set(rows))


def _walk(start: str, near: str, far: str) -> list[Edge]:
    """Follow edges level by level: one query for each, never one for each dataset."""
    found: list[Edge] = []
    seen, level = {start}, {start}
    while level:
        rows = LineageEdge.objects.filter(**{f"{near}__in": level}).order_by(
            "dataset_id", "column", "source_id", "source_column"
        )
        edges = [Edge(row.dataset_id, row.column, row.source_id, row.source_column) for row in rows]
        found += edges
        ends = {edge.dataset if far == "dataset_id" else edge.source for edge in edges}
        level = ends - seen
        seen |= ends
    return found


def _readable(contract: Contract) -> dict[str, Contract]:
    """Return the contracts of what the SQL may read, as far as it names that anywhere."""
    words = set(_WORD.findall((contract.sql or "").lower()))
    own = Dataset.objects.filter(owner_id=contract.owner) | Dataset.objects.filter(level=Level.L1)
    rows = own.filter(id__in=words).exclude(id=contract.id).values_list("id", "contract")
    return {name: contract_from_json(body) for name, body in rows}


def _check_columns(contract: Contract, derivation: Derivation, faults: Faults) -> None:
    made = [name for name, _ in derivation.sources]
    for name in contract.by_name:
        if name not in made:
            faults.add(
                name,
                "SQL 没有产生该列",
                "the SQL does not make this column",
                f"请在 SELECT 中写 AS {name}",
                f"write AS {name} in the SELECT",
            )
    for name in made:
        if name not in contract.by_name:
            faults.add(
                name,
                "契约中没有该列",
                "the contract lacks this column of the SQL",
                "请写入契约或从 SELECT 中删去",
                "add it to the contract or remove it from the SELECT",
            )


def _check_protection(
    contract: Contract, derivation: Derivation, readable: dict[str, Contract], faults: Faults
) -> None:
    for name, refs in derivation.sources:
        column = contract.by_name.get(name)
        if column is None:
            continue
        strictest = max((_level(ref, readable) for ref in refs), default=Level.L1)
        if column.level < strictest:
            faults.add(
                name,
                f"分级 {column.level} 低于其来源的 {strictest}",
                f"its level {column.level} is below {strictest} of what it is made of",
                f"请写 classification: {strictest}",
                f"write classification: {strictest}",
            )
        kinds = _personal(refs, readable)
        if kinds and column.personal and column.personal not in _may_become(kinds):
            known = ", ".join(sorted(kinds))
            faults.add(
                name,
                f"由 {known} 得出，却标为 {column.personal}",
                f"is made of {known} and marked {column.personal}",
                f"请写 personal: {known}；混合的内容写 free_text",
                f"write personal: {known}, or free_text for a mixture",
            )
        if kinds and not column.personal:
            faults.add(
                name,
                "由个人信息列得出，却未标为个人信息",
                "is made of personal data and not marked so",
                "请写 personal（与来源列相同）",
                "write personal, as the source column has it",
            )


def _check_level(
    contract: Contract, derivation: Derivation, readable: dict[str, Contract], faults: Faults
) -> None:
    """A row tells by its being there of what decided on it: the whole dataset is as protected."""
    strictest = max((_level(ref, readable) for ref in derivation.decides), default=Level.L1)
    if contract.level < strictest:
        names = ", ".join(
            f"{ref.dataset}.{ref.column}"
            for ref in derivation.decides
            if _level(ref, readable) == strictest
        )
        faults.add(
            "level",
            f"分级 {contract.level} 低于决定其行的 {names}（{strictest}）",
            f"its level {contract.level} is below {strictest} of {names}, which decide its rows",
            f"请写 level: {strictest}",
            f"write level: {strictest}",
        )


def _check_not_open(
    contract: Contract, derivation: Derivation, readable: dict[str, Contract], faults: Faults
) -> None:
    """What is counted from people's rows stays inside: a count of one tells of somebody."""
    if contract.level is not Level.L1:
        return
    for name in derivation.inputs:
        if is_protected(readable[name]):
            faults.add(
                "level",
                f"由含个人或敏感数据的 {name} 派生，分级不能是 L1",
                f"derived from {name}, which tells of people: it cannot be L1",
                "请写 level: L2；要向公众开放请用统计立方体接口",
                "write level: L2; for figures that anyone may read, publish a cube interface",
            )


def _level(ref: ColumnRef, readable: dict[str, Contract]) -> Level:
    return readable[ref.dataset].by_name[ref.column].level


def _personal(refs: Iterable[ColumnRef], readable: dict[str, Contract]) -> set[str]:
    found = (readable[ref.dataset].by_name[ref.column].personal for ref in refs)
    return {kind for kind in found if kind is not None}


def _may_become(kinds: set[str]) -> set[str]:
    """Return the kinds by which a column made of ``kinds`` is masked no less than they are."""
    born = {"birth_date"} if "resident_id" in kinds else set()
    return {*kinds, *born, "free_text"}


def _check_circle(contract: Contract, derivation: Derivation, faults: Faults) -> None:
    standing = {edge.dataset for edge in downstream(contract.id)}
    for name in standing & set(derivation.inputs):
        faults.add(
            name,
            "该数据集又派生自本数据集",
            "that dataset is itself derived from this one",
            "请去掉循环",
            "break the circle",
        )
