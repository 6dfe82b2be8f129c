"""Predicates (行级条件) as typed trees: row filters of grants and filters of callers.

Three-valued as in SQL: a comparison with null is unknown, and an unknown row is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Literal

from duokua.kernel.clock import from_iso
from duokua.lang.contract import Column, Kind

Value = str | int | float | bool
Op = Literal["eq", "ne", "lt", "le", "gt", "ge"]
OPS: dict[str, str] = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_MAX_DEPTH = 20
_INT64 = 2**63
_FIGURES = re.compile(
    r"[0-9+\-.eE]{1,400}"
)  # Python would also read 1_000, spaces and other digits


@dataclass(frozen=True, slots=True)
class Compare:
    """``column op value``."""

    column: str
    op: Op
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """``column`` is one of ``values``."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """A text column begins with ``text``."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """``column`` has no value."""

    column: str


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; empty means true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds; empty means false."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``part`` is false (an unknown part stays unknown)."""

    part: Predicate


Predicate = Compare | In | Prefix | IsNull | And | Or | Not


def columns_of(predicate: Predicate) -> Iterator[str]:
    """Yield every column that ``predicate`` reads."""
    match predicate:
        case And(parts) | Or(parts):
            for part in parts:
                yield from columns_of(part)
        case Not(part):
            yield from columns_of(part)
        case _:
            yield predicate.column


def canonical(value: object, kind: Kind) -> Value:
    """Bring a literal to the form in which ``kind`` is stored and compared.

    Dates become ``YYYY-MM-DD``, instants ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; both sort as text.

    :raises ValueError: the literal is not of that kind.
    """
    match kind, value:
        case Kind.STRING, str() if _is_storable(value):
            return value
        case Kind.INTEGER, int() if not isinstance(value, bool) and -_INT64 <= value < _INT64:
            return value
        case Kind.NUMBER, int() | float() if not isinstance(value, bool) and _is_finite(value):
            return float(value)
        case Kind.BOOLEAN, bool():
            return value
        case Kind.DATE, date() | str():
            return date.fromisoformat(str(value)).isoformat()
        case Kind.TIMESTAMP, str():
            return _instant(value)
    raise ValueError(f"{value!r} is no {kind}")


def _is_storable(text: str) -> bool:
    """Tell whether a text can be UTF-8 without NUL; a lone surrogate of a JSON escape cannot."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # an integer beyond every float
        return False


def _instant(text: str) -> str:
    try:
        utc = from_iso(text)
    except OverflowError as error:  # its offset leads out of the years 1 to 9999
        raise ValueError(f"{text!r} is out of range") from error
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_text(text: str, kind: Kind) -> Value:
    """Read a value of ``kind`` from a query string.

    :raises ValueError: the text is no such value.
    """
    if kind in (Kind.INTEGER, Kind.NUMBER) and not _FIGURES.fullmatch(text):
        raise ValueError(f"{text!r} is no {kind}")
    match kind:
        case Kind.INTEGER:
            return canonical(int(text), kind)
        case Kind.NUMBER:
            return canonical(float(text), kind)
        case Kind.BOOLEAN:
            if text not in ("true", "false"):
                raise ValueError(f"{text!r} is neither true nor false")
            return text == "true"
        case _:
            return canonical(text, kind)


Bind = Callable[[Value, Kind], str]


def predicate_sql(
    predicate: Predicate,
    columns: dict[str, Column],
    bind: Bind,
    name: Callable[[str], str] | None = None,
) -> str:
    """Compile to SQL; ``bind`` takes a canonical value and its kind and returns its placeholder.

    ``name`` gives the expression of a column, by default its quoted name.
    """
    quote = name or (lambda column: f'"{column}"')
    match predicate:
        case Compare(column, op, value):
            return f"{quote(column)} {OPS[op]} {bind(value, columns[column].kind)}"
        case In(_, ()):
            return "1 = 0"
        case In(column, values):
            places = ", ".join(bind(value, columns[column].kind) for value in values)
            return f"{quote(column)} in ({places})"
        case Prefix(column, text):
            return f"substr({quote(column)}, 1, {len(text)}) = {bind(text, Kind.STRING)}"
        case IsNull(column):
            return f"{quote(column)} is null"
        case Not(part):
            return f"(not {predicate_sql(part, columns, bind, name)})"
        case And(parts) | Or(parts):
            word, empty = (" and ", "1 = 1") if isinstance(predicate, And) else (" or ", "1 = 0")
            inner = word.join(predicate_sql(part, columns, bind, name) for part in parts)
            return f"({inner or empty})"


def predicate_to_json(predicate: Predicate) -> dict[str, object]:
    """Write a predicate as plain JSON values, the form of ``where`` in a query."""
    match predicate:
        case Compare(column, op, value):
            return {"field": column, "op": op, "value": value}
        case In(column, values):
            return {"field": column, "op": "in", "value": list(values)}
        case Prefix(column, text):
            return {"field": column, "op": "prefix", "value": text}
        case IsNull(column):
            return {"field": column, "op": "is_null"}
        case And(parts):
            return {"and": [predicate_to_json(part) for part in parts]}
        case Or(parts):
            return {"or": [predicate_to_json(part) for part in parts]}
        case Not(part):
            return {"not": predicate_to_json(part)}


def predicate_from_json(value: object, columns: dict[str, Column], depth: int = 0) -> Predicate:
    """Read a predicate over ``columns``; literals become canonical.

    :raises ValueError: naming the unknown field, operator or misfitting value.
    """
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    match value:
        case {"and": [*parts], **rest} if not rest:
            return And(tuple(predicate_from_json(part, columns, depth + 1) for part in parts))
        case {"or": [*parts], **rest} if not rest:
            return Or(tuple(predicate_from_json(part, columns, depth + 1) for part in parts))
        case {"not": part, **rest} if not rest:
            return Not(predicate_from_json(part, columns, depth + 1))
        case {"field": str(field), "op": str(op), **rest}:
            if field not in columns:
                raise ValueError(f"no field {field!r}")
            return _leaf(field, op, rest, columns[field].kind)
    raise ValueError(f"{value!r} is no condition")


def _leaf(field: str, op: str, rest: Mapping[object, object], kind: Kind) -> Predicate:
    match op, rest:
        case "is_null", {}:
            return IsNull(field)
        case "in", {"value": [_, *_] as values}:
            return In(field, tuple(canonical(value, kind) for value in values))
        case "prefix", {"value": str(text)} if kind is Kind.STRING:
            return Prefix(field, str(canonical(text, kind)))
        case "eq" | "ne" | "lt" | "le" | "gt" | "ge", {"value": literal}:
            return Compare(field, op, canonical(literal, kind))
    raise ValueError(f"operator {op!r} with {rest!r} does not fit {field!r} ({kind})")
