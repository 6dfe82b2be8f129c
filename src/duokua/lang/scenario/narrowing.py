"""Narrowing (收窄): whether a rule's answer for some subjects needs those subjects' rows only.

After a small change only the subjects that it touches are judged anew. That is right where each row
of the answer comes from rows of its own subject in the table that changed; where the text of a
query does not plainly show it, it is run over everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

DIALECT = "duckdb"
_INNER = ("", "INNER", "CROSS")
_TO_THE_LEFT = (*_INNER, "LEFT", "LEFT OUTER", "SEMI", "ANTI", "LEFT SEMI", "LEFT ANTI")
_BEYOND = (exp.Window, exp.Qualify, exp.Limit, exp.Offset, exp.Fetch)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The query over a smaller ``table``, and which columns of it are the subject's, in order."""

    query: str
    columns: tuple[str, ...]


@lru_cache(maxsize=4096)
def narrowed(query: str, table: str, subject: Sequence[str], small: str) -> Narrowed | None:
    """Return a query with ``table`` replaced by ``small``; ``None``: it may not be narrowed.

    ``small`` has the rows of ``table`` of some subjects; the answer is then that of the whole
    query for these subjects.
    """
    try:
        tree = parse_one(query, dialect=DIALECT)
    except SqlglotError:
        return None
    if not isinstance(tree, exp.Select) or tree.args.get("with_") or tree.args.get("with"):
        return None
    source = _source(tree, table)
    if source is None or any(_in_scope(tree, kind) for kind in _BEYOND):
        return None
    columns = [_column(tree, name, source) for name in subject]
    if None in columns or not _grouped_by(tree, subject):
        return None
    alias = source.alias_or_name
    source.replace(exp.alias_(exp.to_table(small), alias, table=True))
    names = tuple(each for each in columns if each is not None)
    return Narrowed(tree.sql(DIALECT), names)


def tables_of(query: str) -> tuple[str, ...]:
    """Return the tables that a query of the gate reads, without what it names itself."""
    tree = parse_one(query, dialect=DIALECT)
    own = {each.alias for each in tree.find_all(exp.CTE)}
    names = (each.name for each in tree.find_all(exp.Table))
    return tuple(sorted({name for name in names if name not in own}))


def parameters_of(query: str) -> frozenset[str]:
    """Return what a query names with ``$``."""
    tree = parse_one(query, dialect=DIALECT)
    return frozenset(each.name for each in tree.find_all(exp.Parameter, exp.Placeholder))


def _source(tree: exp.Select, table: str) -> exp.Table | None:
    """Return where the query reads a table, if once and so that its rows are all that is joined to."""
    found = [each for each in tree.find_all(exp.Table) if each.name == table]
    if len(found) != 1:
        return None
    source = found[0]
    joins: list[exp.Join] = tree.args.get("joins") or []
    ways = [_way(join) for join in joins]
    if _begin(tree) is source:  # whatever is joined to its rows, or left out by it
        return source if all(way in _TO_THE_LEFT for way in ways) else None
    inner = all(way in _INNER for way in ways)
    return source if inner and any(join.this is source for join in joins) else None


def _way(join: exp.Join) -> str:
    told = (join.args.get(name) or "" for name in ("method", "side", "kind"))
    return " ".join(str(each).upper() for each in told if each)


def _begin(tree: exp.Select) -> exp.Expr | None:
    begin = tree.args.get("from_") or tree.args.get("from")
    return begin.this if begin is not None else None


def _in_scope(tree: exp.Select, kind: type[exp.Expr]) -> bool:
    """Tell whether something of a kind belongs to the query itself, not to one within it."""
    return any(each.find_ancestor(exp.Select) is tree or each.parent is tree
               for each in tree.find_all(kind))  # fmt: skip


def _column(tree: exp.Select, name: str, source: exp.Table) -> str | None:
    """Return the column of the source that is shown as ``name``, if it is one and no more."""
    for each in tree.selects:
        if each.alias_or_name != name:
            continue
        inner = each.unalias()
        if not isinstance(inner, exp.Column):
            return None
        alone = not tree.args.get("joins")
        own = inner.table == source.alias_or_name or (not inner.table and alone)
        return inner.name if own or _shared(tree, inner, source) else None
    return None


def _shared(tree: exp.Select, column: exp.Column, source: exp.Table) -> bool:
    """Tell whether an unqualified column is one by which all is joined to the source (USING)."""
    first = _begin(tree) is source
    named = [
        {each.name for each in join.args.get("using") or []}
        for join in tree.args.get("joins") or []
    ]
    return first and not column.table and any(column.name in names for names in named)


def _grouped_by(tree: exp.Select, subject: Sequence[str]) -> bool:
    """Tell whether every group is of one subject, or nothing is summed up at all."""
    group = tree.args.get("group")
    if group is None:
        return not _in_scope(tree, exp.AggFunc) and tree.args.get("having") is None
    if any(group.args.get(kind) for kind in ("grouping_sets", "cube", "rollup", "totals")):
        return False
    shown = list(tree.selects)
    keys: set[str] = set()
    for each in group.expressions:
        if isinstance(each, exp.Literal) and each.is_int and 0 < int(each.name) <= len(shown):
            keys.add(shown[int(each.name) - 1].unalias().sql(DIALECT))
        else:
            keys.add(each.sql(DIALECT))
    wanted = {each.unalias().sql(DIALECT) for each in shown if each.alias_or_name in subject}
    return bool(group.args.get("all")) or wanted <= keys
