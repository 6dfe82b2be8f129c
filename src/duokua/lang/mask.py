"""Masks (脱敏): typed values that change a column before anything filters, sorts or encodes it.

A mask is compiled to one SQL expression per dialect. Both dialects must give the same value for the
same input; ``tests/generative`` holds them against an independent evaluator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duokua.lang.contract import Column, Kind
from duokua.lang.mask_kinds import (
    GRIDS,
    STARS,
    Dialect,
    MaskKind,
    grid,
    kind_sql,
    kinds_masked,
    rounded,
    truncated,
)

PSEUDONYM_HEX = 32
_GRID_SIZES = {1 / per_degree: per_degree for per_degree in GRIDS}


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
    """Show a date as the first day of its month, year or decade (泛化)."""

    unit: Literal["month", "year", "decade"]


@dataclass(frozen=True, slots=True)
class Round:
    """Show a number rounded down to a multiple of ``step`` (取整)."""

    step: int


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """Show a keyed hash (假名化): equal values stay equal within a grant, and only there."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Show a coordinate as the corner of its cell in a grid (坐标取整)."""

    per_degree: int  # one of GRIDS


@dataclass(frozen=True, slots=True)
class ByKind:
    """Show what is customary for a kind of datum (按类别), see :mod:`duokua.lang.mask_kinds`."""

    kind: MaskKind


Mask = Hide | Keep | Truncate | Round | Pseudonym | Grid | ByKind

_FITS: dict[type, tuple[Kind, ...]] = {
    Hide: tuple(Kind),
    Keep: (Kind.STRING,),
    Truncate: (Kind.DATE,),
    Round: (Kind.INTEGER, Kind.NUMBER),
    Pseudonym: (Kind.STRING, Kind.INTEGER),
    Grid: (Kind.NUMBER,),
}


def fits(mask: Mask, column: Column) -> bool:
    """Tell whether ``mask`` can act on ``column``'s kind."""
    if isinstance(mask, ByKind):
        return column.kind in kinds_masked(mask.kind)
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
    if isinstance(mask, Hide):
        return _null(column.kind, dialect)
    if isinstance(mask, Pseudonym):
        return _pseudonym(name, dialect)
    return _shown_sql(mask, name, column.kind, dialect)


def _shown_sql(
    mask: Keep | Truncate | Round | Grid | ByKind, name: str, of: Kind, dialect: Dialect
) -> str:
    match mask:
        case Keep(head, tail):
            return _keep(name, head, tail)
        case Truncate(unit):
            return truncated(unit, name, dialect)
        case Round(step):
            return rounded(name, step, of, dialect)
        case Grid(per_degree):
            return grid(per_degree, name, dialect)
        case ByKind(kind):
            return kind_sql(kind, name, of, dialect)


def _keep(name: str, head: int, tail: int) -> str:
    shown = f"substr({name}, 1, {head}) || '{STARS}'"
    if tail:
        shown += f" || substr({name}, length({name}) - {tail - 1})"
    return (
        f"case when {name} is null then null "
        f"when length({name}) <= {head + tail} then '{STARS}' else {shown} end"
    )


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
        case Grid(per_degree):
            return {"grid": 1 / per_degree}
        case ByKind(kind):
            return {"kind": kind.value}


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
        case {"truncate": "decade"}:
            return Truncate("decade")
        case {"round": int(step)} if 0 < step <= 10**9:
            return Round(step)
        case {"pseudonym": True}:
            return Pseudonym()
        case {"grid": float(size)} if size in _GRID_SIZES:
            return Grid(_GRID_SIZES[size])
        case {"kind": str(kind)} if kind in set(MaskKind):
            return ByKind(MaskKind(kind))
    raise ValueError(f"{value!r} is no mask")
