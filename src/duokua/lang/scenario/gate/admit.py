"""Admitting a statement, or a condition over columns, of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import sqlglot
from sqlglot import exp

from duokua.kernel.errors import Faults
from duokua.lang.scenario.functions import Function
from duokua.lang.scenario.gate.admitted import (
    DIALECT,
    NO_FUNCTIONS,
    Admitted,
    Columns,
    Tables,
    Teller,
)
from duokua.lang.scenario.gate.anew import parse_one, write_anew
from duokua.lang.scenario.gate.caps import measure
from duokua.lang.scenario.gate.names import Names
from duokua.lang.scenario.gate.shape import check_shape

_STATEMENTS = (exp.Select, exp.Union, exp.Intersect, exp.Except)
_ROWS = "found"  # what a condition is about
_ONE = ("请只写一条 SELECT（可带 WITH）", "write one SELECT, with WITH if needed")


def admit(
    sql: str,
    *,
    tables: Tables,
    parameters: Collection[str],
    place: Callable[[int], str],
    faults: Faults,
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> Admitted | None:
    """Admit one query over ``tables`` (name → column → kind) that may name ``$parameters``.

    ``functions`` are the pack's own that it may call.

    ``place`` tells ``file:line`` for a line of ``sql``, counted from 1. ``None``: refused, and
    everything that is wrong with it has been noted in ``faults``.
    """
    teller = Teller(place, faults, sql)
    tokens = measure(sql, teller)
    if tokens is None:
        return None
    tree = parse_one(sql, tokens, teller)
    if tree is None:
        return None
    if type(tree) not in _STATEMENTS:
        first = teller.line(tokens[0].start)
        teller.tell(first, "须是一条 SELECT 语句", "it has to be one SELECT statement", _ONE)
        return None
    return _admitted(tree, tables, parameters, teller, functions)


def _admitted(
    tree: exp.Expr,
    tables: Tables,
    parameters: Collection[str],
    teller: Teller,
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> Admitted | None:
    if not check_shape(tree, parameters, teller, functions):
        return None
    for name in tree.find_all(exp.Identifier):
        name.set("this", str(name.this).lower())  # as the rows are asked for; to SQL it is the same
    names = Names(tables, teller, functions)
    names.read(tree)
    if teller.told:
        return None
    written = write_anew(tree)
    if written is None:
        _tell_unstable(teller)
        return None
    text, final = written
    return _checked(text, final, tables, parameters, teller, functions)


def _checked(
    text: str,
    final: exp.Expr,
    tables: Tables,
    parameters: Collection[str],
    teller: Teller,
    functions: Mapping[str, Function],
) -> Admitted | None:
    """Check what will be run as strictly as what was written: it is another tree."""
    quiet = Teller(lambda _line: "", Faults())
    if type(final) not in _STATEMENTS:
        _tell_unstable(teller)
        return None
    check_shape(final, parameters, quiet, functions)
    names = Names(tables, quiet, functions)
    columns = names.read(final) if not quiet.told else {}
    if quiet.told:
        _tell_unstable(teller)
        return None
    used = {str(each.this) for each in final.find_all(exp.Placeholder)}
    return Admitted(text, tuple(sorted(names.used)), tuple(sorted(used)), columns, final)


def _tell_unstable(teller: Teller) -> None:
    teller.tell(
        1, "重写后含义不确定", "does not say the same when written anew",
        ("请改用更简单的写法", "write it in a simpler way"),
    )  # fmt: skip


def admit_condition(
    condition: str, *, columns: Columns, parameters: Collection[str], where: str, faults: Faults
) -> str | None:
    """Admit a condition over columns, without sub-selects; return it written anew.

    ``where`` is its ``file:line``. ``None``: refused, and told.
    """
    teller = Teller(lambda _line: where, faults)
    tokens = measure(condition, teller)
    if tokens is None:
        return None
    tree = parse_one(condition, tokens, teller)
    if tree is None:
        return None
    if isinstance(tree, exp.Query | exp.Table) or tree.find(exp.Query):
        teller.tell(
            1, "条件里不能有查询", "a condition has no query in it",
            ("请只用本规则输出的列", "use columns of this rule's output only"),
        )  # fmt: skip
        return None
    select = exp.Select().from_(exp.to_table(_ROWS)).where(tree, copy=False)
    select.set("expressions", [exp.alias_(exp.Literal.number(1), "one")])
    admitted = _admitted(select, {_ROWS: columns}, parameters, teller)
    return _condition_of(admitted.query) if admitted else None


def _condition_of(query: str) -> str | None:
    tree = sqlglot.parse_one(query, dialect=DIALECT)
    found = tree.args.get("where")
    return found.this.sql(DIALECT, comments=False) if found else None
