"""What decides (决定) which rows a statement has, beside the values that it shows.

Joins, filters and groups do, and so do DISTINCT ON, an ORDER BY that a LIMIT cuts, and a named
window, whose order numbers the rows. A column is followed through sub-selects and WITH clauses down to
the columns of datasets that it is made of. Where that cannot be done, every column there is counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

Schemas = Mapping[str, Sequence[str]]
Ref = tuple[str, str]  # dataset and column
_ALWAYS = ("where", "group", "having", "qualify", "windows", "laterals")
_MOST_STEPS = 200  # from a column down to its sources


def deciding(query: exp.Query, schemas: Schemas, whole: exp.Query | None = None) -> set[Ref]:
    """Return the columns of datasets that decide which rows ``query`` has.

    ``whole`` is the statement around it, whose names it may use; both are qualified.
    """
    scopes = {id(scope.expression): scope for scope in traverse_scope(whole or query)}
    tracer = _Tracer(scopes, schemas)
    found: set[Ref] = set()
    for select in query.find_all(exp.Select, exp.SetOperation):
        for part in _parts(select):
            for column in part.find_all(exp.Column):
                found |= set(tracer.of(column))
    return found


def _parts(select: exp.Expr) -> Iterator[exp.Expr]:
    told: list[object] = [select.args.get(name) for name in _ALWAYS]
    # What is joined is a query of its own; here it counts by what it is joined on.
    told += [each.args.get("on") or each.args.get("using") for each in _joins(select)]
    distinct = select.args.get("distinct")
    if isinstance(distinct, exp.Distinct):
        told.append(distinct.args.get("on"))
        if distinct.args.get("on") is not None:
            told.append(select.args.get("order"))  # which of the equal rows is kept
    if any(select.args.get(name) for name in ("limit", "offset", "fetch")):
        told.append(select.args.get("order"))
    for each in told:
        listed = each if isinstance(each, list) else [each]
        yield from (part for part in listed if isinstance(part, exp.Expr))
    if isinstance(select, exp.Except | exp.Intersect):
        yield from (side for side in (select.this, select.expression) if side is not None)


def _joins(select: exp.Expr) -> list[exp.Expr]:
    return select.args.get("joins") or []


class _Tracer:
    """Follows columns to the datasets that they come from."""

    def __init__(self, scopes: Mapping[int, Scope], schemas: Schemas) -> None:
        self._scopes, self._schemas = scopes, schemas

    def of(self, column: exp.Column, steps: int = 0) -> Iterator[Ref]:
        """Yield the columns of datasets behind a column, wherever it stands."""
        select = column.find_ancestor(exp.Select, exp.SetOperation)
        scope = self._scopes.get(id(select))
        if scope is None or steps > _MOST_STEPS:
            yield from self._everything(column)
        elif not column.table:
            yield from self._output(scope, column.name, steps, column)
        else:
            yield from self._of_source(_source(scope, column.table), column, steps)

    def _of_source(self, source: object, column: exp.Column, steps: int) -> Iterator[Ref]:
        if isinstance(source, exp.Table) and column.name in self._schemas.get(source.name, ()):
            yield source.name, column.name
        elif isinstance(source, Scope):
            yield from self._output(source, column.name, steps, column)
        else:
            yield from self._everything(column)

    def _output(self, scope: Scope, name: str, steps: int, column: exp.Column) -> Iterator[Ref]:
        """Yield what an output column of a scope is made of, in every branch of a union."""
        query = scope.expression
        names = query.named_selects if isinstance(query, exp.Query) else []
        if name not in names:
            yield from self._everything(column)
            return
        at = names.index(name)
        for select in _branches(query):
            for inner in select.selects[at].find_all(exp.Column):
                if inner is not column:
                    yield from self.of(inner, steps + 1)

    def _everything(self, column: exp.Column) -> Iterator[Ref]:
        root = column.root()
        for table in root.find_all(exp.Table):
            for name in self._schemas.get(table.name, ()):
                yield table.name, name


def _branches(query: exp.Expr) -> Iterator[exp.Select]:
    if isinstance(query, exp.Subquery):
        yield from _branches(query.this)
    elif isinstance(query, exp.SetOperation):
        yield from _branches(query.this)
        yield from _branches(query.expression)
    elif isinstance(query, exp.Select):
        yield query


def _source(scope: Scope | None, name: str) -> object:
    while scope is not None:
        if name in scope.sources:
            return scope.sources[name]
        scope = scope.parent
    return None
