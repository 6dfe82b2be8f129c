"""How raw values become typed ones, and how each misfit is named; DuckDB expressions only.

The engine's own casts are lenient (``1.5`` becomes 2, ``1_000`` a thousand), so a text must first
have the exact form of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from duokua.engine.arrow import DUCK
from duokua.engine.duck import text_literal
from duokua.lang.contract import Column, Kind

TEXT = "VARCHAR"
_DAY = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_LOCAL = _DAY + r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_OFFSET = _LOCAL + "(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_FORMS = {
    Kind.INTEGER: "[+-]?[0-9]{1,19}",
    Kind.NUMBER: r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?",
    Kind.DATE: _DAY,
}
_TRUE = "('true', '1', '是')"
_FALSE = "('false', '0', '否')"
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_NAIVE = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_INSTANT = "TIMESTAMP WITH TIME ZONE"
_TYPED: dict[Kind, tuple[str, ...]] = {
    Kind.STRING: (),
    Kind.INTEGER: _WHOLE,
    Kind.NUMBER: (*_WHOLE, "FLOAT", "DOUBLE"),
    Kind.BOOLEAN: ("BOOLEAN",),
    Kind.DATE: ("DATE",),
    Kind.TIMESTAMP: (_INSTANT, *_NAIVE),
}


def fits(column: Column, raw: str) -> bool:
    """Tell whether a source column of DuckDB type ``raw`` can become ``column`` without loss."""
    if raw in _NAIVE:
        return column.kind is Kind.TIMESTAMP and column.zone is not None
    decimal = column.kind is Kind.NUMBER and raw.startswith("DECIMAL")
    return raw == TEXT or raw in _TYPED[column.kind] or decimal


def value_sql(column: Column, raw: str, *, lenient: bool = False) -> str:
    """Return the typed value; a misfit is an error, with ``lenient`` a null."""
    name = f'"{column.name}"'
    cast, misfit = ("try_cast", "null") if lenient else ("cast", "error('misfit')")
    whens = " ".join(
        f"when {form} then {value.replace('cast(', f'{cast}(')}"
        for form, value in _forms(column, raw)
    )
    if not whens:
        return name
    return f"case {whens} when {name} is not null then {misfit} end"


def _forms(column: Column, raw: str) -> Iterator[tuple[str, str]]:
    """Yield the accepted forms of a raw value: a condition and the value where it holds."""
    name, zone = f'"{column.name}"', text_literal(column.zone or "")
    kind = DUCK[column.kind]
    if raw in _NAIVE:
        yield f"{name} is not null", f"cast({name} as timestamp) at time zone {zone}"
    elif raw != TEXT:
        yield f"{name} is not null", _number(column, f"cast({name} as {kind})")
    elif column.kind is Kind.BOOLEAN:
        yield f"lower({name}) in {_TRUE}", "true"
        yield f"lower({name}) in {_FALSE}", "false"
    elif column.kind is Kind.TIMESTAMP:
        if column.zone:
            yield _matches(name, _LOCAL), f"cast({name} as timestamp) at time zone {zone}"
        yield _matches(name, _OFFSET), f"cast({name} as timestamptz)"
    elif column.kind is not Kind.STRING:
        yield _matches(name, _FORMS[column.kind]), _number(column, f"cast({name} as {kind})")


def _number(column: Column, value: str) -> str:
    return f"{value} + 0.0" if column.kind is Kind.NUMBER else value  # -0.0 becomes 0.0


def _matches(name: str, form: str) -> str:
    return f"regexp_full_match({name}, '{form}')"


def violations(column: Column, value: str) -> Iterator[tuple[str, str]]:
    """Yield what a typed value may still break: a reason and the condition that tells it."""
    match column.kind:
        case Kind.STRING:
            yield "nul", f"contains({value}, chr(0))"
        case Kind.NUMBER:
            yield "not_finite", f"not isfinite({value})"
        case Kind.DATE:
            yield "year", f"not ({value} between date '0001-01-01' and date '9999-12-31')"
        case Kind.TIMESTAMP:
            first, last = "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"
            yield "year", f"not ({value} between timestamptz '{first}' and timestamptz '{last}')"
        case _:
            pass
    if column.codes:
        codes = ", ".join(text_literal(code.value) for code in column.codes)
        yield "code", f"cast({value} as varchar) not in ({codes})"


def reason_sql(column: Column, raw: str) -> str:
    """Return the reason why a raw value breaks the contract, null when it does not."""
    name = f'"{column.name}"'
    missing = "'missing'" if column.required else "cast(null as varchar)"
    whens = [f"when {name} is null then {missing}"]
    forms = list(_forms(column, raw))
    if forms:
        fine = " or ".join(form for form, _ in forms)
        if raw == TEXT and column.kind is Kind.TIMESTAMP and column.zone is None:
            whens.append(f"when {_matches(name, _LOCAL)} then 'zone'")
        whens.append(f"when not ({fine}) then '{column.kind}'")
        value = value_sql(column, raw, lenient=True)
        whens.append(f"when ({value}) is null then 'range'")
    else:
        value = name
    whens += [f"when {broken} then '{why}'" for why, broken in violations(column, f"({value})")]
    return f"case {' '.join(whens)} end"
