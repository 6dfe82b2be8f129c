"""Bulk statements (批量语句): a plan's query in DuckDB over the sorted copy of its rows.

For long pages and whole exports; masks and row filter are those of the index, and so is the order:
the copy is written in it and the engine is told to keep it, so nothing is sorted again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from duokua.engine.arrow import DUCK
from duokua.engine.duck import scan
from duokua.engine.index import SUBJECT
from duokua.lang.contract import Column, Kind
from duokua.lang.interface import Parameter
from duokua.lang.mask import mask_sql
from duokua.lang.predicate import OPS, Value, predicate_sql
from duokua.serving.encode import FORMULA_PATTERN
from duokua.serving.plan import Given, Plan

_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(slots=True)
class Statement:
    """One DuckDB query with its named parameters; the last columns are order and subject."""

    sql: str = ""
    values: dict[str, Value] = field(default_factory=dict)

    def bind(self, value: Value, kind: Kind) -> str:
        """Take a value and return its placeholder, cast to the type of ``kind``."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"cast(${name} as {DUCK[kind]})"


def statement(
    plan: Plan, given: Given, after: tuple[Value, ...] | None, limit: int, format_: str
) -> Statement:
    """Compile the bulk query of a call.

    For JSON and CSV, instants and dates come as text; for CSV, texts that a spreadsheet would run
    as a formula come with a leading apostrophe.
    """
    made = Statement()
    interface = plan.served.interface
    assert plan.served.manifest is not None  # noqa: S101 - there is data, see Seat
    file = plan.served.folder / plan.served.manifest.export
    columns = plan.served.contract.by_name
    shown = [_shown(plan, column, made, format_) for column in plan.columns]
    order = ", ".join(f'"{name}"' for name in interface.order)
    places = [
        f'{as_text(columns[n], _quoted(n))} as "_order{i}"' for i, n in enumerate(interface.order)
    ]
    conditions = [_condition(plan, parameter, value, made) for parameter, value in given]
    if plan.grant.row_filter is not None:
        conditions.append(predicate_sql(plan.grant.row_filter, plan.visible, made.bind))
    if after is not None:
        values = ", ".join(
            made.bind(value, columns[name].kind)
            for name, value in zip(interface.order, after, strict=True)
        )
        conditions.append(f"({order}) > ({values})")
        # Says nothing new, but lets the reader skip row groups by their statistics.
        first = interface.order[0]
        conditions.append(f'"{first}" >= {made.bind(after[0], columns[first].kind)}')
    subject = f'unhex("{SUBJECT}") as "{SUBJECT}"'
    made.sql = (
        f"select {', '.join([*shown, *places, subject])} from {scan([file])} as source "  # noqa: S608
        f"where {' and '.join(conditions) or 'true'} limit {int(limit)}"
    )
    return made


def _quoted(name: str) -> str:
    return f'"{name}"'


def _masked(plan: Plan, name: str, made: Statement) -> str:
    expression = mask_sql(plan.masks.get(name), plan.served.contract.by_name[name], "duckdb")
    if "$mask_key" in expression:
        made.values["mask_key"] = plan.pseudonym_key
    return expression


def _shown(plan: Plan, column: Column, made: Statement, format_: str) -> str:
    expression = _masked(plan, column.name, made)
    if format_ in ("json", "csv"):
        expression = as_text(column, expression)
    if format_ == "csv" and column.kind is Kind.STRING:
        expression = harmless(expression)
    return f"{expression} as {_quoted(column.name)}"


def as_text(column: Column, expression: str) -> str:
    """Return a day or an instant as text, anything else as it is."""
    match column.kind:
        case Kind.DATE:
            return f"strftime({expression}, '%Y-%m-%d')"
        case Kind.TIMESTAMP:
            return f"strftime({expression} at time zone 'UTC', '{_INSTANT}')"
        case _:
            return expression


def harmless(expression: str) -> str:
    """Return the expression of a text that no spreadsheet runs as a formula."""
    return (
        f"case when regexp_matches({expression}, '{FORMULA_PATTERN}') "
        f"then '''' || {expression} else {expression} end"
    )


def _condition(plan: Plan, parameter: Parameter, value: Value, made: Statement) -> str:
    expression = _masked(plan, parameter.column, made)
    place = made.bind(value, plan.parameter_column(parameter).kind)
    if parameter.op == "prefix":
        return f"substr({expression}, 1, {len(str(value))}) = {place}"
    return f"{expression} {OPS[parameter.op]} {place}"
