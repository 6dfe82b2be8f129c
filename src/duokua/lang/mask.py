"""Masks (脱敏): typed values that change a column before anything filters, sorts or encodes it.

A mask is compiled to one SQL expression per dialect. Both dialects must give the same value for the
same input; ``tests/generative`` holds them against an independent evaluator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duokua.lang.contract import Column, Kind

Dialect = Literal["sqlite", "duckdb"]
STARS = "****"
PSEUDONYM_HEX = 32
_INT64 = 2**63
_WHOLE = 2**52


@dataclass(frozen=True, slots=True)
class Hide:
    """Nothing is shown: every value becomes null."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Show the first ``head`` and last ``tail`` characters (掩码), four stars stand for the rest.

    The number of stars does not tell the length; a value too short to hide anything is all stars.
    """

    head: int
    tail: int


@dataclass(frozen=True, slots=True)
class Truncate:
    """Show a date as the first day of its year or month (泛化)."""

    unit: Literal["year", "month"]


@dataclass(frozen=True, slots=True)
class Round:
    """Show a number rounded down to a multiple of ``step`` (取整)."""

    step: int


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """Show a keyed hash (假名化): equal values stay equal within a grant, and only there."""


Mask = Hide | Keep | Truncate | Round | Pseudonym

_FITS: dict[type, tuple[Kind, ...]] = {
    Hide: tuple(Kind),
    Keep: (Kind.STRING,),
    Truncate: (Kind.DATE,),
    Round: (Kind.INTEGER, Kind.NUMBER),
    Pseudonym: (Kind.STRING, Kind.INTEGER),
}


def fits(mask: Mask, column: Column) -> bool:
    """Tell whether ``mask`` can act on ``column``'s kind."""
    return column.kind in _FITS[type(mask)]


def masked_kind(mask: Mask | None, kind: Kind) -> Kind:
    """Return the kind of a column after its mask."""
    return Kind.STRING if isinstance(mask, Pseudonym) else kind


def mask_sql(mask: Mask | None, column: Column, dialect: Dialect) -> str:
    """Return the SQL expression of the masked column; a pseudonym's key is bound as ``:mask_key``.

    :raises ValueError: the mask does not fit the column.
    """
    name = f'"{column.name}"'
    if mask is None:
        return name
    if not fits(mask, column):
        raise ValueError(f"{type(mask).__name__} cannot mask a {column.kind}")
    match mask:
        case Hide():
            return _null(column.kind, dialect)
        case Keep(head, tail):
            shown = f"substr({name}, 1, {head}) || '{STARS}'"
            if tail:
                shown += f" || substr({name}, length({name}) - {tail - 1})"
            return (
                f"case when {name} is null then null "
                f"when length({name}) <= {head + tail} then '{STARS}' else {shown} end"
            )
        case Truncate(unit):
            if dialect == "sqlite":
                return (
                    f"substr({name}, 1, 4) || '-01-01'"
                    if unit == "year"
                    else f"substr({name}, 1, 7) || '-01'"
                )
            return f"cast(date_trunc('{unit}', {name}) as date)"
        case Round(step):
            return _round(name, step, column.kind, dialect)
        case Pseudonym():
            return _pseudonym(name, dialect)


def _null(kind: Kind, dialect: Dialect) -> str:
    if dialect == "sqlite":
        return "null"
    types = {
        Kind.STRING: "varchar",
        Kind.INTEGER: "bigint",
        Kind.NUMBER: "double",
        Kind.BOOLEAN: "boolean",
        Kind.DATE: "date",
        Kind.TIMESTAMP: "timestamptz",
    }
    return f"cast(null as {types[kind]})"


def _round(name: str, step: int, kind: Kind, dialect: Dialect) -> str:
    if kind is Kind.INTEGER:
        # Rounds down, also below zero, where % is negative in both dialects.
        rounded = f"{name} - (({name} % {step}) + {step}) % {step}"
        least = -(_INT64 // step * step)
        if least == -_INT64:
            return rounded
        # The multiple below the least one of 64 bits does not exist: nothing is shown.
        return f"case when {name} >= {least} then {rounded} end"
    divided = f"({name} / {step}.0)"
    if dialect == "duckdb":
        return f"floor{divided} * {step}.0 + 0.0"
    whole = f"cast({divided} as integer)"
    floor = f"({whole} - ({divided} < {whole}))"
    # From 2^52 on every number is whole, and the cast to a 64-bit integer would soon saturate.
    large = f"abs({divided}) >= {_WHOLE}.0"
    return f"case when {large} then {divided} else {floor} end * {step}.0 + 0.0"


def _pseudonym(name: str, dialect: Dialect) -> str:
    if dialect == "sqlite":
        return f"pseudonym(:mask_key, cast({name} as text))"
    inner = f"sha256($mask_key || cast({name} as varchar))"
    return f"substr(sha256($mask_key || {inner}), 1, {PSEUDONYM_HEX})"


def mask_to_json(mask: Mask) -> dict[str, object]:
    """Write a mask as plain JSON values, the same form as in YAML."""
    match mask:
        case Hide():
            return {"hide": True}
        case Keep(head, tail):
            return {"keep": [head, tail]}
        case Truncate(unit):
            return {"truncate": unit}
        case Round(step):
            return {"round": step}
        case Pseudonym():
            return {"pseudonym": True}


def mask_from_json(value: object) -> Mask:
    """Read a mask such as ``{"keep": [3, 4]}``.

    :raises ValueError: it is none.
    """
    match value:
        case {"hide": True}:
            return Hide()
        case {"keep": [int(head), int(tail)]} if 0 <= head <= 64 and 0 <= tail <= 64:
            return Keep(head, tail)
        case {"truncate": "year"}:
            return Truncate("year")
        case {"truncate": "month"}:
            return Truncate("month")
        case {"round": int(step)} if 0 < step <= 10**9:
            return Round(step)
        case {"pseudonym": True}:
            return Pseudonym()
    raise ValueError(f"{value!r} is no mask")
