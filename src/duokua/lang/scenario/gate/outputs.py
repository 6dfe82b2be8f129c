"""What a query, a list of values or a series gives: its columns, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from duokua.lang.contract import Kind
from duokua.lang.scenario.gate.admitted import Teller
from duokua.lang.scenario.gate.kinds import kind_of


@dataclass(frozen=True, slots=True)
class Outputs:
    """Columns, each with name (``""``: none) and kind; ``known`` is false of what was refused."""

    columns: tuple[tuple[str, Kind | None], ...]
    known: bool = True


UNKNOWN = Outputs((), known=False)


def of_values(node: exp.Expr, teller: Teller) -> Outputs:
    """Return what VALUES give, by the names that the engine gives them."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        teller.tell(
            node, "VALUES 各行的列数不同", "rows of VALUES differ in length",
            ("请补齐各行", "complete the rows"),
        )  # fmt: skip
        return UNKNOWN
    kinds = (kind_of(each, lambda _node: None) for each in rows[0])
    return Outputs(tuple((f"col{at}", kind) for at, kind in enumerate(kinds)))


def of_series(node: exp.Expr) -> Outputs:
    """Return what ``range`` or ``generate_series`` gives."""
    name = "range" if node.args.get("is_end_exclusive") else "generate_series"
    return Outputs(((name, Kind.INTEGER),))


def of_sides(node: exp.Expr, left: Outputs, right: Outputs, teller: Teller) -> Outputs:
    """Return what a set operation gives: the names of its left side."""
    if not (left.known and right.known):
        return left
    if len(left.columns) != len(right.columns):
        teller.tell(
            node, f"两侧的列数不同（{len(left.columns)} 与 {len(right.columns)}）",
            f"its sides have {len(left.columns)} and {len(right.columns)} columns",
            ("请使两侧的列一一对应", "give both sides the same columns"),
        )  # fmt: skip
        return UNKNOWN
    pairs = zip(left.columns, right.columns, strict=True)
    return Outputs(
        tuple((name, kind if kind == other else None) for (name, kind), (_, other) in pairs)
    )


def renamed(outputs: Outputs, alias: exp.Expr | None, teller: Teller) -> Outputs:
    """Return the columns as ``as t(a, b)`` names them."""
    told = alias.args.get("columns") or () if alias is not None else ()
    names = [each.name.lower() for each in told]
    if not names or alias is None:
        return outputs
    if not outputs.known:
        return Outputs(tuple((name, None) for name in names))
    if len(names) != len(outputs.columns):
        teller.tell(
            alias, f"列名有 {len(names)} 个，列有 {len(outputs.columns)} 个",
            f"there are {len(names)} names for {len(outputs.columns)} columns",
            ("请一列一名", "one name for each column"),
        )  # fmt: skip
        return UNKNOWN
    return Outputs(
        tuple((name, kind) for name, (_, kind) in zip(names, outputs.columns, strict=True))
    )
