"""What every name in a query stands for: tables that were given, WITH names, columns, aliases.

A name that stands for nothing known is refused, so nothing is left for an engine to look up
elsewhere; ``*`` is written out as the columns that are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from duokua.lang.contract import Kind
from duokua.lang.scenario.gate.admitted import Columns, Tables, Teller, shown
from duokua.lang.scenario.gate.kinds import kind_of
from duokua.lang.scenario.rule import WINDOW

MOST_COLUMNS = 500
_RESERVED = frozenset(word.lower() for word in DuckDB.Generator.RESERVED_KEYWORDS)
_SUBQUERIES = (exp.Select, exp.SetOperation, exp.Subquery)
_NAME_IT = ("请用 AS 命名", "name it with AS")
_WINDOW_KINDS = dict(zip(WINDOW, (Kind.TIMESTAMP, Kind.TIMESTAMP, Kind.DATE), strict=True))
Outputs = list[tuple[str, Kind | None]]  # "": without a name


@dataclass(slots=True)
class _Scope:
    """What is known within one SELECT."""

    outer: _Scope | None
    sources: dict[str, dict[str, Kind | None]] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)  # columns that USING made one
    aliases: dict[str, Kind | None] = field(default_factory=dict)
    hidden: int = 0  # sources without a name so far


class Names:
    """Reads one statement; afterwards ``used`` are the given tables that it reads."""

    def __init__(self, tables: Tables, teller: Teller) -> None:
        self.tables = {name.lower(): dict(columns) for name, columns in tables.items()}
        self.teller = teller
        self.used: set[str] = set()

    def read(self, tree: exp.Expr) -> Columns:
        """Check a whole statement and write out its stars; return its columns."""
        found: dict[str, Kind | None] = {}
        for at, (name, kind) in enumerate(self._query(tree, {}, None), 1):
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

    def _query(self, node: exp.Expr, ctes: Mapping[str, Outputs], outer: _Scope | None) -> Outputs:
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
            return []
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, known, outer)
        if isinstance(node, exp.Select):
            return self._select(node, known, outer)
        self.teller.tell(node, "此处须是查询", "this has to be a query", _NAME_IT)
        return []

    def _cte(self, cte: exp.Expr, known: dict[str, Outputs], outer: _Scope | None) -> None:
        name = cte.alias.lower()
        outputs = self._query(cte.this, known, outer)
        if name in self.tables or name in known:
            self.teller.tell(
                cte.args["alias"], f"WITH 的名字 {name} 已经有了", f"the WITH name {name} is taken",
                ("请换一个名字", "choose another name"),
            )  # fmt: skip
        known[name] = self._renamed(outputs, cte.args["alias"])

    def _set_operation(
        self, node: exp.Expr, ctes: Mapping[str, Outputs], outer: _Scope | None
    ) -> Outputs:
        left = self._query(node.this, ctes, outer)
        right = self._query(node.expression, ctes, outer)
        if len(left) != len(right):
            self.teller.tell(
                node, f"两侧的列数不同（{len(left)} 与 {len(right)}）",
                f"its sides have {len(left)} and {len(right)} columns",
                ("请使两侧的列一一对应", "give both sides the same columns"),
            )  # fmt: skip
        merged = [
            (name, kind if kind == other else None)
            for (name, kind), (_, other) in zip(left, right, strict=False)
        ]
        scope = _Scope(None, {"": {name: kind for name, kind in merged if name}})
        for part in ("order", "limit", "offset"):
            if node.args.get(part):
                self._values(node.args[part], ctes, scope)
        return merged

    def _select(self, node: exp.Expr, ctes: Mapping[str, Outputs], outer: _Scope | None) -> Outputs:
        scope = _Scope(outer)
        first = node.args.get("from_")
        if first is not None:
            self._source(first.this, ctes, scope)
        for join in node.args.get("joins") or ():
            self._join(join, ctes, scope)
        self._write_out_stars(node, scope)
        outputs: Outputs = []
        for value in node.expressions:
            self._values(value, ctes, scope)
            kind = kind_of(value, lambda each: self._kind(each, ctes, scope))
            name = value.output_name.lower()
            outputs.append((name, kind))
            if isinstance(value, exp.Alias):
                scope.aliases.setdefault(name, kind)
        for part in ("distinct", "where", "group", "having", "qualify", "order", "limit", "offset"):
            if node.args.get(part):
                self._values(node.args[part], ctes, scope)
        for window in node.args.get("windows") or ():
            self._values(window, ctes, scope)
        return outputs

    # sources

    def _source(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: _Scope) -> str:
        """Add a table, WITH name, sub-select or list of values to a scope; return its name there."""
        alias = node.args.get("alias")
        if isinstance(node, exp.Subquery):
            outputs = self._query(node, ctes, scope.outer)
            name = node.alias.lower()
        elif isinstance(node, exp.Values):
            for row in node.expressions:
                self._values(row, ctes, _Scope(None))
            outputs = self._of_values(node)
            name = node.alias.lower()
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries):
            outputs, name = [("", Kind.INTEGER)], node.alias.lower()
        else:
            outputs, name = self._table(node, ctes)
        return self._add(node, name, self._renamed(outputs, alias), scope)

    def _of_values(self, node: exp.Expr) -> Outputs:
        rows = [
            row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions
        ]
        if not rows or any(len(row) != len(rows[0]) for row in rows):
            self.teller.tell(
                node, "VALUES 各行的列数不同", "rows of VALUES differ in length",
                ("请补齐各行", "complete the rows"),
            )  # fmt: skip
            return []
        kinds = (kind_of(each, lambda _node: None) for each in rows[0])
        return [(f"col{at}", kind) for at, kind in enumerate(kinds)]  # the engine's own names

    def _table(self, node: exp.Expr, ctes: Mapping[str, Outputs]) -> tuple[Outputs, str]:
        this = node.this
        name = this.name.lower() if isinstance(this, exp.Identifier) else ""
        plain = isinstance(this, exp.Identifier) and (
            not this.args.get("quoted") or (this.name == name and name in _RESERVED)
        )
        if plain and name in ctes:
            return list(ctes[name]), node.alias_or_name.lower()
        if plain and name in self.tables:
            self.used.add(name)
            return list(self.tables[name].items()), node.alias_or_name.lower()
        text = shown(node)
        near = get_close_matches(name, [*self.tables, *ctes], 1)
        known = "、".join(sorted(self.tables)[:12])
        self.teller.tell(
            node, f"不能读取 {text}", f"{text} may not be read",
            (f"是否为 {near[0]}？" if near else f"可读：{known}；或在 pack.yaml 的 consumes 中声明",
             f"did you mean {near[0]}?" if near
             else f"may be read: {known.replace('、', ', ')}; or declare it in consumes of pack.yaml"),
        )  # fmt: skip
        return [], node.alias_or_name.lower()

    def _renamed(self, outputs: Outputs, alias: exp.Expr | None) -> Outputs:
        names = [each.name.lower() for each in alias.args.get("columns") or ()] if alias else []
        if not names:
            return outputs
        if alias is not None and len(names) != len(outputs):
            self.teller.tell(
                alias, f"列名有 {len(names)} 个，列有 {len(outputs)} 个",
                f"there are {len(names)} names for {len(outputs)} columns",
                ("请一列一名", "one name for each column"),
            )  # fmt: skip
            return [(name, None) for name in names]
        return [(name, kind) for name, (_, kind) in zip(names, outputs, strict=True)]

    def _add(self, node: exp.Expr, name: str, outputs: Outputs, scope: _Scope) -> str:
        if not name:
            scope.hidden += 1
            name = f" {scope.hidden}"  # cannot be written, so nobody can mean it
        if name in scope.sources:
            self.teller.tell(
                node, f"名字 {name} 用了两次", f"the name {name} is used twice",
                ("请用 AS 换名", "rename one with AS"),
            )  # fmt: skip
        columns: dict[str, Kind | None] = {}
        for column, kind in outputs:
            if column in columns:
                self.teller.tell(
                    node, f"列 {column} 重复", f"the column {column} is there twice", _NAME_IT
                )
            if column:
                columns[column] = kind
        scope.sources[name] = columns
        return name

    def _join(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: _Scope) -> None:
        before = {column for source in scope.sources.values() for column in source}
        name = self._source(node.this, ctes, scope)
        for column in node.args.get("using") or ():
            word = column.name.lower()
            if word not in before or word not in scope.sources[name]:
                self.teller.tell(
                    column, f"USING 的列 {word} 须两侧都有", f"USING {word}: both sides need it",
                    ("请写 on a.x = b.y", "write on a.x = b.y"),
                )  # fmt: skip
            scope.merged.add(word)
        if node.args.get("on"):
            self._values(node.args["on"], ctes, scope)
        if str(node.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
            del scope.sources[name]  # it filters, and cannot be read from

    # stars

    def _write_out_stars(self, node: exp.Expr, scope: _Scope) -> None:
        values: list[exp.Expr] = []
        for value in node.expressions:
            values.extend(self._star(value, scope) if value.is_star else [value])
        if len(values) > MOST_COLUMNS:
            self.teller.tell(
                node, f"列超过 {MOST_COLUMNS} 个", f"has more than {MOST_COLUMNS} columns",
                ("请写出需要的列", "name the columns that are needed"),
            )  # fmt: skip
            values = values[:MOST_COLUMNS]
        node.set("expressions", values)

    def _star(self, value: exp.Expr, scope: _Scope) -> Iterator[exp.Expr]:
        star = value.this if isinstance(value, exp.Column) else value
        if not isinstance(star, exp.Star):
            yield value
            return
        left_out = {each.name.lower() for each in star.args.get("except_") or ()}
        only = value.table.lower() if isinstance(value, exp.Column) else ""
        found = list(self._known_columns(only, scope))
        for name in sorted(left_out - {column for _, column in found}):
            self._tell_unknown(value, name, [column for _, column in found])
        if not found:
            self.teller.tell(
                value, "* 没有列", "* stands for no columns", ("请写出列名", "name the columns")
            )
        for source, column in found:
            if column not in left_out:
                table = None if column in scope.merged and not only else source
                yield exp.column(column, table=table if table and table.strip() == table else None)

    def _known_columns(self, only: str, scope: _Scope) -> Iterator[tuple[str, str]]:
        merged: set[str] = set()
        for source, columns in scope.sources.items():
            if only and source != only:
                continue
            for column in columns:
                if column in merged and not only:
                    continue
                if column in scope.merged:
                    merged.add(column)
                yield source, column

    # values

    def _values(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: _Scope) -> None:
        """Check every column below a node; sub-selects see what is around them."""
        todo = [node]
        while todo:
            each = todo.pop()
            if isinstance(each, _SUBQUERIES):
                self._query(each, ctes, scope)
            elif isinstance(each, exp.Table | exp.Values | exp.GenerateSeries):
                self.teller.tell(each, "只能在 FROM 中", "stands in FROM only", _NAME_IT)
            elif isinstance(each, exp.Column):
                self._resolve(each, scope)
            elif isinstance(each, exp.Star) and not isinstance(each.parent, exp.Count):
                self.teller.tell(
                    each, "* 不能在此处", "* may not stand here", ("请写出列名", "name the columns")
                )
            else:
                todo.extend(each.iter_expressions())

    def _kind(self, node: exp.Expr, ctes: Mapping[str, Outputs], scope: _Scope) -> Kind | None:
        if isinstance(node, exp.Column):
            return self._resolve(node, scope)
        if isinstance(node, exp.Placeholder):
            return _WINDOW_KINDS.get(str(node.this), Kind.NUMBER)
        outputs = self._query(node, ctes, scope)
        return outputs[0][1] if len(outputs) == 1 else None

    def _resolve(self, node: exp.Expr, scope: _Scope) -> Kind | None:
        name, table = node.name.lower(), node.text("table").lower()
        around: _Scope | None = scope
        while around is not None:
            sources = [around.sources[table]] if table in around.sources else []
            sources = sources if table else list(around.sources.values())
            having = [each for each in sources if name in each]
            if len(having) > 1 and name not in around.merged:
                self.teller.tell(
                    node, f"列 {name} 在几张表里都有", f"the column {name} is in several tables",
                    ("请写 表.列", "write table.column"),
                )  # fmt: skip
            if having:
                return having[0][name]
            if not table and name in around.aliases:
                return around.aliases[name]
            around = around.outer
        self._tell_unresolved(node, name, table, scope)
        return None

    def _tell_unresolved(self, node: exp.Expr, name: str, table: str, scope: _Scope) -> None:
        if not table and name in scope.sources:
            self.teller.tell(
                node, f"整行 {name} 不能作为值", f"the whole row {name} is no value",
                ("请写出列名", "name the columns"),
            )  # fmt: skip
            return
        if table and table not in scope.sources:
            self.teller.tell(
                node, f"此处没有表 {table}", f"there is no table {table} here",
                ("请核对表名或别名", "check the table's name or alias"),
            )  # fmt: skip
            return
        known = scope.sources[table] if table else [
            *(column for source in scope.sources.values() for column in source), *scope.aliases
        ]  # fmt: skip
        self._tell_unknown(node, f"{table}.{name}" if table else name, list(known))

    def _tell_unknown(self, node: exp.Expr, name: str, known: Sequence[str]) -> None:
        near = get_close_matches(name.rpartition(".")[2], known, 1)
        listed = ", ".join(known[:12])
        self.teller.tell(
            node, f"没有列 {name}", f"there is no column {name}",
            (f"是否为 {near[0]}？" if near else f"有：{listed}",
             f"did you mean {near[0]}?" if near else f"there are: {listed}"),
        )  # fmt: skip
