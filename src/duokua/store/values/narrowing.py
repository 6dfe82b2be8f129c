"""Narrowing (部分同意): what an approver leaves of what is asked. It can only ever become less.

A narrowing names what it takes away, so whatever it is put on comes out smaller or the same, and
the narrowings of several approvers may be put on in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from duokua.lang.contract import Column
from duokua.lang.grant import Quota
from duokua.lang.predicate import (
    And,
    Predicate,
    columns_of,
    predicate_from_json,
    predicate_to_json,
)
from duokua.store.values.request import Ask

LIMITS = Quota.__slots__


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is taken away; everything left empty stays as it was asked."""

    without: frozenset[str] = frozenset()  # columns that are not given
    masked: frozenset[str] = frozenset()  # columns that lose the wish to see them unmasked
    only: Predicate | None = None  # rows for which this holds, of those that were asked for
    quota: Quota = field(default_factory=Quota)  # no more than this
    row_cap: int | None = None
    valid_until: datetime | None = None

    def __bool__(self) -> bool:
        """Tell whether it takes anything away."""
        return self != Narrowing()


def apply(narrowing: Narrowing, ask: Ask) -> Ask:
    """Return what a narrowing leaves of what is asked."""
    columns = tuple(name for name in ask.columns if name not in narrowing.without)
    bare = set(columns) - narrowing.masked
    return replace(
        ask,
        columns=columns,
        masks=tuple((name, mask) for name, mask in ask.masks if name in columns),
        plain=tuple(name for name in ask.plain if name in bare),
        row_filter=_both(ask.row_filter, narrowing.only),
        quota=Quota(
            **{n: _least(getattr(ask.quota, n), getattr(narrowing.quota, n)) for n in LIMITS}
        ),
        row_cap=min(ask.row_cap, narrowing.row_cap or ask.row_cap),
        valid_until=_sooner(ask.valid_until, narrowing.valid_until),
    )


def _both(one: Predicate | None, two: Predicate | None) -> Predicate | None:
    parts = _parts(one)
    parts += tuple(part for part in _parts(two) if part not in parts)
    if len(parts) > 1:
        # In one order, so that two approvers come to the same whoever is first.
        return And(tuple(sorted(parts, key=lambda part: repr(predicate_to_json(part)))))
    return parts[0] if parts else None


def _parts(predicate: Predicate | None) -> tuple[Predicate, ...]:
    if predicate is None:
        return ()
    return predicate.parts if isinstance(predicate, And) else (predicate,)


def _least(one: int | None, two: int | None) -> int | None:
    given = [each for each in (one, two) if each is not None]
    return min(given) if given else None


def _sooner(one: datetime | None, two: datetime | None) -> datetime | None:
    given = [each for each in (one, two) if each is not None]
    return min(given) if given else None


def widened(less: Ask, more: Ask) -> tuple[str, ...]:
    """Return in which fields ``less`` goes beyond ``more``; none: it lies within it.

    Row filters are compared by their conditions: one that keeps all of the other's holds for no
    further row. Another mask counts as wider, since two masks can seldom be ordered.
    """
    masks = dict(more.masks)
    checks = {
        "columns": set(less.columns) <= set(more.columns),
        "plain": set(less.plain) <= set(more.plain),
        # A mask that was asked for stays as long as its column does.
        "masks": all(
            dict(less.masks).get(n) == mask for n, mask in masks.items() if n in less.columns
        )
        and all(n in masks for n, _ in less.masks),
        "row_filter": set(_parts(more.row_filter)) <= set(_parts(less.row_filter)),
        "quota": all(
            _within(getattr(less.quota, n), getattr(more.quota, n)) for n in LIMITS
        ),
        "row_cap": less.row_cap <= more.row_cap,
        "valid_until": more.valid_until is None
        or (less.valid_until is not None and less.valid_until <= more.valid_until),
        "valid_from": more.valid_from is None
        or (less.valid_from is not None and less.valid_from >= more.valid_from),
    }  # fmt: skip
    return tuple(name for name, fine in checks.items() if not fine)


def _within(less: int | None, more: int | None) -> bool:
    return more is None or (less is not None and less <= more)


def narrowing_to_json(narrowing: Narrowing) -> dict[str, Any]:
    """Return a narrowing as plain values."""
    until = narrowing.valid_until
    return {
        "without": sorted(narrowing.without),
        "masked": sorted(narrowing.masked),
        "only": predicate_to_json(narrowing.only) if narrowing.only else None,
        "quota": {name: getattr(narrowing.quota, name) for name in LIMITS},
        "row_cap": narrowing.row_cap,
        "valid_until": until.isoformat() if until else None,
    }


def narrowing_from_json(told: Mapping[str, Any], columns: dict[str, Column]) -> Narrowing:
    """Read a narrowing that :func:`narrowing_to_json` wrote.

    :raises ValueError: the row filter does not fit the columns.
    """
    until = told["valid_until"]
    return Narrowing(
        without=frozenset(told["without"]),
        masked=frozenset(told["masked"]),
        only=predicate_from_json(told["only"], columns) if told["only"] else None,
        quota=Quota(**told["quota"]),
        row_cap=told["row_cap"],
        valid_until=datetime.fromisoformat(until) if until else None,
    )


def used_columns(ask: Ask) -> frozenset[str]:
    """Return every column that is shown or decides which rows are."""
    named = columns_of(ask.row_filter) if ask.row_filter is not None else ()
    return frozenset((*ask.columns, *named))
