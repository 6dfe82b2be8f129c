"""What is known within one SELECT, and what a column's name stands for there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlglot import exp

from duokua.lang.contract import Kind
from duokua.lang.scenario.gate.admitted import Teller

_SHOWN = 12  # names in a message


@dataclass(slots=True)
class Scope:
    """Sources by name, each with its columns; ``outer`` is that of the query around it."""

    outer: Scope | None
    sources: dict[str, dict[str, Kind | None]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)  # sources that were refused: may have any column
    merged: set[str] = field(default_factory=set)  # columns that USING made one
    aliases: dict[str, Kind | None] = field(default_factory=dict)
    unnamed: int = 0  # sources without a name so far

    def around(self) -> Iterator[Scope]:
        """Yield this one and those around it, from within."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def all_columns(self) -> list[str]:
        """Return every name that a value may have here."""
        return [*(column for source in self.sources.values() for column in source), *self.aliases]


def resolve(node: exp.Expr, scope: Scope, teller: Teller) -> Kind | None:
    """Return the kind of a column; that it stands for nothing, or for several, is told."""
    name, table = node.name.lower(), node.text("table").lower()
    for around in scope.around():
        if table in around.unknown or (not table and around.unknown):
            return None
        sources = [around.sources[table]] if table in around.sources else []
        if not table:
            sources = list(around.sources.values())
        having = [each for each in sources if name in each]
        if len(having) > 1 and name not in around.merged:
            teller.tell(
                node, f"列 {name} 在几张表里都有", f"the column {name} is in several tables",
                ("请写 表.列", "write table.column"),
            )  # fmt: skip
        if having:
            return having[0][name]
        if not table and name in around.aliases:
            return around.aliases[name]
        if sources and table:
            break  # the nearest table of that name is meant
    _tell_unresolved(node, name, table, scope, teller)
    return None


def _tell_unresolved(node: exp.Expr, name: str, table: str, scope: Scope, teller: Teller) -> None:
    holding = next((each for each in scope.around() if table in each.sources), None)
    if not table and any(name in each.sources for each in scope.around()):
        teller.tell(
            node, f"整行 {name} 不能作为值", f"the whole row {name} is no value",
            ("请写出列名", "name the columns"),
        )  # fmt: skip
    elif table and holding is None:
        teller.tell(
            node, f"此处没有表 {table}", f"there is no table {table} here",
            ("请核对表名或别名", "check the table's name or alias"),
        )  # fmt: skip
    elif table and holding is not None:
        tell_unknown(node, f"{table}.{name}", list(holding.sources[table]), teller)
    else:
        known = [column for each in scope.around() for column in each.all_columns()]
        tell_unknown(node, name, known, teller)


def tell_unknown(node: exp.Expr, name: str, known: Sequence[str], teller: Teller) -> None:
    """Tell that there is no such column, and which one may be meant."""
    near = get_close_matches(name.rpartition(".")[2], known, 1)
    listed = ", ".join(dict.fromkeys(known[:_SHOWN])) or "–"
    teller.tell(
        node, f"没有列 {name}", f"there is no column {name}",
        (f"是否为 {near[0]}？" if near else f"有：{listed}",
         f"did you mean {near[0]}?" if near else f"there are: {listed}"),
    )  # fmt: skip
