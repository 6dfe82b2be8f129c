"""How raw values become typed ones, and how each misfit is named; DuckDB expressions only.

The engine's own casts are lenient (``1.5`` becomes 2, ``1_000`` a thousand), so a text must first
have the exact form of its kind. What people really write, full-width digits (全角), groups of three
digits or 2026年5月6日, comes second, so that plain values never pay for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from duokua.engine.arrow import DUCK
from duokua.engine.duck import text_literal
from duokua.engine.files.table import has_outer_blank
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
_GROUPED = "[+-]?[0-9]{1,3}(,[0-9]{3})+"
_GROUPS = {Kind.INTEGER: _GROUPED, Kind.NUMBER: _GROUPED + r"(\.[0-9]*)?"}
_OTHER_DAY = r"([0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)"
_CLOCK = r"([0-9]{1,2}:[0-9]{2}(:[0-9]{2})?|[0-9]{1,2}[时点][0-9]{1,2}分([0-9]{1,2}秒)?)"
_OTHER_LOCAL = (
    f"({_OTHER_DAY}[ T]?{_CLOCK}|{_DAY}[ T]?[0-9]{{1,2}}[时点][0-9]{{1,2}}分([0-9]{{1,2}}秒)?"
)
_OTHER_LOCAL += r"|[0-9]{8}[ T]?[0-9]{6}|[0-9]{8}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
_OTHER_DAYS = ("%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H时%M分%S秒", "%H时%M分", "%H点%M分%S秒", "%H点%M分")
_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000\u2212"
_NARROW = "".join(map(chr, range(0x21, 0x7F))) + " -"
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
_SHEET_ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")
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


def value_sql(column: Column, raw: str, *, lenient: bool = False, plain: bool = False) -> str:
    """Return the typed value; a misfit is an error, with ``lenient`` a null.

    With ``plain`` all but the plain forms are misfits, and so are blanks around a text. That is
    much faster, as the engine narrows every value of a column once any form asks for it.
    """
    name = f'"{column.name}"'
    if plain and raw == TEXT and column.kind is Kind.STRING:
        return f"case when {has_outer_blank(name)} then error('misfit') else {name} end"
    forms = _plain_forms(column, name) if plain and raw == TEXT else _forms(column, raw)
    misfit = "null" if lenient else "error('misfit')"
    whens = " ".join(f"when {form} then {_strict_or_not(value, lenient)}" for form, value in forms)
    if not whens:
        return name
    return f"case {whens} when {name} is not null then {misfit} end"


def _strict_or_not(value: str, lenient: bool) -> str:
    if not lenient:
        return value
    return value.replace("cast(", "try_cast(").replace("strptime(", "try_strptime(")


def _forms(column: Column, raw: str) -> Iterator[tuple[str, str]]:
    """Yield the accepted forms of a raw value: a condition and the value where it holds."""
    name, zone = f'"{column.name}"', text_literal(column.zone or "")
    if raw in _NAIVE:
        yield f"{name} is not null", f"cast({name} as timestamp) at time zone {zone}"
    elif raw != TEXT:
        yield f"{name} is not null", _number(column, f"cast({name} as {DUCK[column.kind]})")
    elif column.kind is not Kind.STRING:
        narrow = _narrow(name)
        yield from _plain_forms(column, name)
        yield from _plain_forms(column, narrow)
        yield from _other_forms(column, narrow)


def _narrow(name: str) -> str:
    """Return the text with half-width characters and without outer blanks."""
    narrow = f"translate({name}, {text_literal(_WIDE)}, {text_literal(_NARROW)})"
    return f"trim({narrow}, ' \t\r\n\u00a0')"


def _plain_forms(column: Column, text: str) -> Iterator[tuple[str, str]]:
    if column.kind is Kind.BOOLEAN:
        yield f"lower({text}) in {_TRUE}", "true"
        yield f"lower({text}) in {_FALSE}", "false"
    elif column.kind is Kind.TIMESTAMP:
        if column.zone:
            yield _matches(text, _LOCAL), _zoned(column, f"cast({text} as timestamp)")
        yield _matches(text, _OFFSET), f"cast({text} as timestamptz)"
    else:
        form = _matches(text, _FORMS[column.kind])
        yield form, _number(column, f"cast({text} as {DUCK[column.kind]})")


def _other_forms(column: Column, text: str) -> Iterator[tuple[str, str]]:
    if column.kind in _GROUPS:
        plain = f"replace({text}, ',', '')"
        value = _number(column, f"cast({plain} as {DUCK[column.kind]})")
        yield _matches(text, _GROUPS[column.kind]), value
    elif column.kind is Kind.DATE:
        form = f"({_OTHER_DAY}|[0-9]{{8}})"
        yield _matches(text, form), f"cast({_parsed(text, _OTHER_DAYS)} as date)"
    elif column.kind is Kind.TIMESTAMP and column.zone:
        days = ("%Y-%m-%d", "%Y/%m/%d", *_OTHER_DAYS)
        formats = [f"{day}{gap}{clock}" for day in days for gap in " T" for clock in _CLOCKS]
        formats += [f"{day}{clock}" for day in days for clock in _CLOCKS]
        formats += [f"%Y%m%d{gap}%H%M%S" for gap in ("", " ", "T")]
        yield _matches(text, _OTHER_LOCAL), _zoned(column, _parsed(text, formats))


def _parsed(text: str, formats: Iterable[str]) -> str:
    return f"strptime({text}, [{', '.join(map(text_literal, formats))}])"


def _zoned(column: Column, time: str) -> str:
    return f"{time} at time zone {text_literal(column.zone or '')}"


def _number(column: Column, value: str) -> str:
    return f"{value} + 0.0" if column.kind is Kind.NUMBER else value  # -0.0 becomes 0.0


def _matches(name: str, form: str) -> str:
    return f"regexp_full_match({name}, '{form}')"


def violations(column: Column, value: str) -> Iterator[tuple[str, str]]:
    """Yield what a typed value may still break: a reason and the condition that tells it."""
    match column.kind:
        case Kind.STRING:
            yield "nul", f"contains({value}, chr(0))"
            errors = ", ".join(map(text_literal, _SHEET_ERRORS))
            yield "formula", f"starts_with({value}, '#') and {value} in ({errors})"
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
    """Return the reason why a raw value breaks the contract, null when it does not.

    Plain forms are judged first: narrowing every value of a large file would take minutes.
    """
    name = f'"{column.name}"'
    missing = "'missing'" if column.required else "cast(null as varchar)"
    whens = [f"when {name} is null then {missing}"]
    forms = list(_forms(column, raw))
    if not forms:
        return f"case {whens[0]} else {_broken(column, name)} end"
    if raw == TEXT:
        plain = value_sql(column, raw, lenient=True, plain=True)
        whens.append(f"when {_any(_plain_forms(column, name))} then {_judged(column, plain)}")
        if column.kind is Kind.TIMESTAMP and column.zone is None:
            narrow = _narrow(name)
            local = f"{_matches(narrow, _LOCAL)} or {_matches(narrow, _OTHER_LOCAL)}"
            whens.append(f"when {local} then 'zone'")
    whens.append(f"when not ({_any(forms)}) then '{column.kind}'")
    value = value_sql(column, raw, lenient=True)
    return f"case {' '.join(whens)} else {_judged(column, value)} end"


def _any(forms: Iterable[tuple[str, str]]) -> str:
    return " or ".join(form for form, _ in forms)


def _judged(column: Column, value: str) -> str:
    """Return the reason against a value of an accepted form; null is one out of range."""
    return f"case when ({value}) is null then 'range' else {_broken(column, f'({value})')} end"


def _broken(column: Column, value: str) -> str:
    whens = " ".join(f"when {broken} then '{why}'" for why, broken in violations(column, value))
    return f"case {whens} end" if whens else "cast(null as varchar)"
