"""What every name in a query stands for: tables that were given, WITH names, columns, aliases.

A name that stands for nothing known is refused, so nothing is left for an engine to look up
elsewhere; ``*`` is written out as the columns that are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from duokua.lang.contract import Kind
from duokua.lang.scenario.functions import Function
from duokua.lang.scenario.gate.admitted import NO_FUNCTIONS, Columns, Tables, Teller, shown
from duokua.lang.scenario.gate.kinds import kind_of
from duokua.lang.scenario.gate.outputs import (
    UNKNOWN,
    Outputs,
    of_series,
    of_sides,
    of_values,
    renamed,
)
from duokua.lang.scenario.gate.scope import Scope, resolve
from duokua.lang.scenario.gate.stars import write_out_stars
from duokua.lang.scenario.rule import WINDOW

_RESERVED = frozenset(word.lower() for word in DuckDB.Generator.RESERVED_KEYWORDS)
_SUBQUERIES = (exp.Select, exp.SetOperation, exp.Subquery)
_NAMED = (exp.Alias, exp.Column)  # what else is called, the engine decides
_NAME_IT = ("请用 AS 命名", "name it with AS")
_WINDOW_KINDS = dict(zip(WINDOW, (Kind.TIMESTAMP, Kind.TIMESTAMP, Kind.DATE), strict=True))


class Names:
    """Reads one statement; afterwards ``used`` are the given tables that it reads."""

    def __init__(
        self, tables: Tables, teller: Teller, functions: Mapping[str, Function] = NO_FUNCTIONS
    ) -> None:
        self.functions = functions
        self.tables = {name.lower(): dict(columns) for name, columns in tables.items()}
        self.teller = teller
        self.used: set[str] = set()
        self._seen: dict[int, Outputs] = {}  # what sub-selects among values give

    def read(self, tree: exp.Expr) -> Columns:
        """Check a whole statement and write out its stars; return its columns."""
        found: dict[str, Kind | None] = {}
        for at, (name, kind) in enumerate(self._query(tree, {}, None).columns, 1):
            if not name:
                self.teller.tell(
                    tree, f"第 {at} 个输出列没有名字", f"output column {at} has no name", _NAME_IT
                )
            elif name in found:
                self.teller.tell(
                    tree,
                    f"输出列 {name} 重复",
                    f"the output column {name} is there twice",
                    _NAME_IT,
                )
            found[name] = kind
        return found

    # queries

    def _query(self, node: exp.Expr, ctes: Mapping[str, Outputs], outer: Scope | None) -> Outputs:
        known = dict(ctes)
        for cte in node.args["with_"].expressions if node.args.get("with_") else ():
            self._cte(cte, known, outer)
        if isinstance(node, exp.Subquery):
            if isinstance(node.this, _SUBQUERIES):
                return self._query(node.this, known, outer)
            self.teller.tell(
                node, "FROM 中的括号内须是查询", "parentheses in FROM hold a query",
                ("请去掉括号", "remove the parentheses"),
            )  # fmt: skip
            return UNKNOWN
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, known, outer)
        if isinstance(node, exp.Select):
            return self._select(node, known, outer)
        self.teller.tell(node, "此处须是查询", "this has to be a query", _NAME_IT)
        return UNKNOWN

    def _cte(self, cte: exp.Expr, known: dict[str, Outputs], outer: Scope | None) -> None:
        name = cte.alias.lower()
        outputs = self._query(cte.this, known, outer)
        if name in self.tables or name in known:
            self.teller.tell(
                cte.args["alias"], f"WITH 的名字 {name} 已经有了", f"the WITH name {name} is taken",
                ("请换一个名字", "choose another name"),
            )  # fmt: skip
        known[name] = renamed(outputs, cte.args["alias"], self.teller)

    def _set_operation(
        self, node: exp.Expr, ctes: Mapping[str, Outputs], outer: Scope | None
    ) -> Outputs:
        left = self._query(node.this, ctes, outer)
        right = self._query(node.expression, ctes, outer)
        merged = of_sides(node, left, right, self.teller)
        scope = Scope(None, {"": {name: kind for name, kind in merged.columns if name}})
        if not merged.known:
            scope.unknown.add("")
        for part in ("order", "limit", "offset"):
            if node.args.get(part):
                self._values(node.args[part], ctes, scope)
        return merged

    def _select(self, node: exp.Expr, ctes: Mapping[str, Outputs], outer: Scope | None) -> Outputs:
        scope = Scope(outer)
        first = node.args.get("from_")
        if first is not None:
            self._source(first.this, ctes, scope)
        for join in node.args.get("joins") or ():
            self._join(join, ctes, scope)
        if not node.expressions:
            self.teller.tell(node, "没有列", "selects nothing", ("请写出列", "name the columns"))
        write_out_stars(node, scope, self.teller)
        outputs: list[tuple[str, Kind | None]] = []
        for value in node.expressions:
            self._values(value, ctes, scope)
            kind = kind_of(value, lambda each: self._kind(each, scope))
            name = value.alias_or_name.lower() if isinstance(value, _NAMED) else ""
            outputs.append((name, kind))
            if isinstance(value, exp.Alias):
                scope.aliases.setdefault(name, kind)
        for part in ("distinct", "where", "group", "having", "qualify", "order", "limit", "offset"):
            if node.args.get(part):
                self._values(node.args[part], ctes, scope)
        for window in node.args.get("windows") or ():
            self._values(window, ctes, scope)
        return Outputs(tuple(outputs), known=not scope.unknown)

    # sources

    def _source(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: Scope) -> str:
        """Add a table, WITH name, sub-select or list of values to a scope; return its name there."""
        name = node.alias.lower()
        if isinstance(node, exp.Subquery):
            outputs = self._query(node, ctes, scope.outer)
        elif isinstance(node, exp.Values):
            for row in node.expressions:
                self._values(row, ctes, Scope(None))
            outputs = of_values(node, self.teller)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries):
            outputs = of_series(node.this)
        else:
            outputs, name = self._table(node, ctes), node.alias_or_name.lower()
        return self._add(node, name, renamed(outputs, node.args.get("alias"), self.teller), scope)

    def _table(self, node: exp.Expr, ctes: Mapping[str, Outputs]) -> Outputs:
        this = node.this
        name = this.name.lower() if isinstance(this, exp.Identifier) else ""
        plain = isinstance(this, exp.Identifier) and (
            not this.args.get("quoted") or (this.name == name and name in _RESERVED)
        )
        if plain and name in ctes:
            return ctes[name]
        if plain and name in self.tables:
            self.used.add(name)
            return Outputs(tuple(self.tables[name].items()))
        text = shown(this) if isinstance(this, exp.Expr) else shown(node)
        near = get_close_matches(name, [*self.tables, *ctes], 1)
        known = "、".join(sorted(self.tables)[:12])
        self.teller.tell(
            node, f"不能读取 {text}", f"{text} may not be read",
            (f"是否为 {near[0]}？" if near else f"可读：{known}；或在 pack.yaml 的 consumes 中声明",
             f"did you mean {near[0]}?" if near
             else f"may be read: {known.replace('、', ', ')}; or declare it in consumes of pack.yaml"),
        )  # fmt: skip
        return UNKNOWN

    def _add(self, node: exp.Expr, name: str, outputs: Outputs, scope: Scope) -> str:
        if not name:
            scope.unnamed += 1
            name = f" {scope.unnamed}"  # cannot be written, so nobody can mean it
        if name in scope.sources:
            self.teller.tell(
                node, f"名字 {name} 用了两次", f"the name {name} is used twice",
                ("请用 AS 换名", "rename one with AS"),
            )  # fmt: skip
        columns: dict[str, Kind | None] = {}
        for column, kind in outputs.columns:
            if column in columns:
                self.teller.tell(
                    node, f"列 {column} 重复", f"the column {column} is there twice", _NAME_IT
                )
            if column:
                columns[column] = kind
        scope.sources[name] = columns
        if not outputs.known:
            scope.unknown.add(name)
        return name

    def _join(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: Scope) -> None:
        before = {column for source in scope.sources.values() for column in source}
        name = self._source(node.this, ctes, scope)
        for column in node.args.get("using") or ():
            word = column.name.lower()
            if not scope.unknown and (word not in before or word not in scope.sources[name]):
                self.teller.tell(
                    column, f"USING 的列 {word} 须两侧都有", f"USING {word}: both sides need it",
                    ("请写 on a.x = b.y", "write on a.x = b.y"),
                )  # fmt: skip
            scope.merged.add(word)
        if node.args.get("on"):
            self._values(node.args["on"], ctes, scope)
        if str(node.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
            del scope.sources[name]  # it filters, and cannot be read from
            scope.unknown.discard(name)

    # values

    def _values(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: Scope) -> None:
        """Check every column below a node; sub-selects see what is around them."""
        todo = [node]
        while todo:
            each = todo.pop()
            if isinstance(each, _SUBQUERIES):
                self._seen[id(each)] = self._query(each, ctes, scope)
            elif isinstance(each, exp.Table | exp.Values | exp.GenerateSeries):
                self.teller.tell(each, "只能在 FROM 中", "stands in FROM only", _NAME_IT)
            elif isinstance(each, exp.Column):
                resolve(each, scope, self.teller)
            elif isinstance(each, exp.Star) and not isinstance(each.parent, exp.Count):
                self.teller.tell(
                    each, "* 不能在此处", "* may not stand here", ("请写出列名", "name the columns")
                )
            else:
                todo.extend(each.iter_expressions())

    def _kind(self, node: exp.Expr, scope: Scope) -> Kind | None:
        if isinstance(node, exp.Column):
            return resolve(node, scope, self.teller)
        if isinstance(node, exp.Placeholder):
            return _WINDOW_KINDS.get(str(node.this))
        if isinstance(node, exp.Anonymous):
            own = self.functions.get(str(node.this).lower())
            return own.gives if own else None
        columns = self._seen.get(id(node), UNKNOWN).columns  # it has been read: values come first
        return columns[0][1] if len(columns) == 1 else None
