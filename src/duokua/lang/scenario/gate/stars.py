"""``*`` written out as the columns that are known (列展开)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from duokua.lang.scenario.gate.admitted import Teller
from duokua.lang.scenario.gate.scope import Scope, tell_unknown

MOST_COLUMNS = 500


def write_out_stars(select: exp.Expr, scope: Scope, teller: Teller) -> None:
    """Put names in the place of every star among the values of a SELECT."""
    values: list[exp.Expr] = []
    for value in select.expressions:
        values.extend(_star(value, scope, teller) if value.is_star else [value])
    if len(values) > MOST_COLUMNS:
        teller.tell(
            select, f"列超过 {MOST_COLUMNS} 个", f"has more than {MOST_COLUMNS} columns",
            ("请写出需要的列", "name the columns that are needed"),
        )  # fmt: skip
        values = values[:MOST_COLUMNS]
    select.set("expressions", values)


def _star(value: exp.Expr, scope: Scope, teller: Teller) -> Iterator[exp.Expr]:
    star = value.this if isinstance(value, exp.Column) else value
    if not isinstance(star, exp.Star):
        yield value
        return
    left_out = {each.name.lower() for each in star.args.get("except_") or ()}
    only = value.text("table").lower() if isinstance(value, exp.Column) else ""
    found = list(_columns(only, scope))
    if not scope.unknown:
        for name in sorted(left_out - {column for _, column in found}):
            tell_unknown(value, name, [column for _, column in found], teller)
        if not found:
            teller.tell(
                value, "* 没有列", "* stands for no columns", ("请写出列名", "name the columns")
            )
    for source, column in found:
        if column not in left_out:
            bare = source.startswith(" ") or (column in scope.merged and not only)
            yield exp.column(column, table=None if bare else source)


def _columns(only: str, scope: Scope) -> Iterator[tuple[str, str]]:
    """Yield source and column; one that USING made of two is there once."""
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
