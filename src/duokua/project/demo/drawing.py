"""Drawing the rows of a declared dataset (造数): each value by the word its column declares.

======== ======================================= ==================================================
word     example                                 draws
======== ======================================= ==================================================
serial   ``serial YL``                           YL00001, YL00002 …
int num  ``int 1..9``, ``num 0..9/2 by neglect`` a number; a latent trait pushes it up
yes      ``yes 0.9 by distress``                 true that often; a latent trait makes it rarer
day time ``day -90..-1``, ``time -24..0``        a day, an hour, counted from the district's today
after    ``after begins_on 5..40``               a day after another column's
code     ``code a=甲/A b=乙/B``                  a code, earlier ones more often
pick     ``pick 甲 乙``                          one of the words
make     ``make {community_zh}站{n}``            a text of other values and picks
tick     ``tick day``                            where rows are a series: its next day, hour, month …
attr     ``attr``, ``attr company.credit_code``  what the row is drawn from has it, or any of a pool
other    (``name @dataset``)                     the same of a row of another dataset
plate    ``plate``                               an invented number plate
======== ======================================= ==================================================
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Protocol

from duokua.project.demo.declared import Drawn
from duokua.project.demo.district import Row
from duokua.project.demo.latent import TODAY

_NOW = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
_PICK = re.compile(r"\{pick:([^}]*)\}")
_PULL = 0.6  # how much of a value a latent trait decides


class Rows(Protocol):
    """What rows may be taken from."""

    def pool(self, name: str) -> list[Row]:
        """Return a pool of the latent district."""

    def rows(self, dataset: str) -> list[Row]:
        """Return the rows of a dataset."""


@dataclass
class Hand:
    """The row that is being drawn, and what it may be drawn from."""

    world: Rows
    draw: random.Random
    source: Row
    place: Row
    number: int
    tick: int
    ticks: int
    row: Row = field(default_factory=dict)
    others: dict[str, Row] = field(default_factory=dict)

    def trait(self, name: str) -> float:
        """Return a latent trait of what the row is drawn from."""
        found: float = self.source.get(f"_{name}", 0.0)
        return found

    def any_of(self, pool: str) -> Row:
        """Return any member of a pool."""
        return self.draw.choice(self.world.pool(pool))

    def other(self, dataset: str) -> Row:
        """Return a row of another dataset, the same for all columns of this row."""
        if dataset not in self.others:
            self.others[dataset] = self.draw.choice(self.world.rows(dataset))
        return self.others[dataset]


Draw = Callable[[Hand, Drawn], Any]


def value(hand: Hand, column: Drawn) -> Any:
    """Return a value of a column for the row in hand."""
    if column.empty and hand.draw.random() < column.empty:
        return None
    return _DRAWS[column.how](hand, column)


@cache
def _bounds(args: str) -> tuple[float, float, int]:
    """Read ``1..9`` or ``0.5..9/2``."""
    span, _, places = args.partition("/")
    low, _, high = span.partition("..")
    return float(low), float(high), int(places or 0)


@cache
def _words(args: str) -> tuple[str, ...]:
    return tuple(args.split())


def _share(hand: Hand, column: Drawn) -> float:
    """Return how far between its bounds a number lies."""
    share = hand.draw.random()
    return (1 - _PULL) * share + _PULL * hand.trait(column.by) if column.by else share


def _serial(hand: Hand, column: Drawn) -> str:
    prefix, width = (*_words(column.args), "5")[:2]
    return f"{prefix}{hand.number:0{int(width)}}"


def _int(hand: Hand, column: Drawn) -> int:
    low, high, _ = _bounds(column.args)
    return int(low + (high - low + 1) * _share(hand, column) * 0.999999)


def _num(hand: Hand, column: Drawn) -> float:
    low, high, places = _bounds(column.args)
    return round(low + (high - low) * _share(hand, column), places)


def _yes(hand: Hand, column: Drawn) -> bool:
    often = float(column.args)
    return hand.draw.random() < often * (1 - hand.trait(column.by) if column.by else 1)


def _day(hand: Hand, column: Drawn) -> date:
    return TODAY + timedelta(days=_int(hand, column))


def _time(hand: Hand, column: Drawn) -> datetime:
    low, high, _ = _bounds(column.args)
    return _NOW + timedelta(seconds=int(3600 * (low + (high - low) * hand.draw.random())))


def _after(hand: Hand, column: Drawn) -> date:
    name, span = _words(column.args)
    low, high, _ = _bounds(span)
    found: date = hand.row[name] + timedelta(days=hand.draw.randint(int(low), int(high)))
    return found


@cache
def _weighted(column: Drawn) -> tuple[tuple[str, ...], tuple[int, ...]]:
    codes = tuple(code.value for code in column.codes)
    return codes, tuple(len(codes) - at for at in range(len(codes)))


def _code(hand: Hand, column: Drawn) -> str:
    codes, weights = _weighted(column)
    return hand.draw.choices(codes, weights)[0]


def _pick(hand: Hand, column: Drawn) -> str:
    return hand.draw.choice(_words(column.args))


def _make(hand: Hand, column: Drawn) -> str:
    text = _PICK.sub(lambda found: hand.draw.choice(found[1].split(",")), column.args)
    return text.format_map({**hand.place, **hand.source, **hand.row, "n": hand.number})


def _tick(hand: Hand, column: Drawn) -> Any:
    ago = hand.ticks - 1 - hand.tick
    match column.args:
        case "day":
            return TODAY - timedelta(days=ago)
        case "hour":
            return _NOW - timedelta(hours=ago)
        case "month":
            year, month = divmod(TODAY.year * 12 + TODAY.month - 1 - ago, 12)
            return f"{year}-{month + 1:02}"
        case "quarter":
            year, quarter = divmod(TODAY.year * 4 + (TODAY.month - 1) // 3 - ago, 4)
            return f"{year}Q{quarter + 1}"
        case "year":
            return TODAY.year - ago
    return hand.tick + 1


def _attr(hand: Hand, column: Drawn) -> Any:
    if column.args and "=" not in column.args:
        pool, _, name = column.args.partition(".")
        return hand.any_of(pool)[name]
    found = hand.source.get(column.name)
    return hand.place[column.name] if found is None else found


def _other(hand: Hand, column: Drawn) -> Any:
    return hand.other(column.args)[column.name]


def _plate(hand: Hand, column: Drawn) -> str:
    return f"浙A{hand.draw.choice('DF')}{hand.number:05}"


_DRAWS: dict[str, Draw] = {
    "serial": _serial,
    "int": _int,
    "num": _num,
    "yes": _yes,
    "day": _day,
    "time": _time,
    "after": _after,
    "code": _code,
    "pick": _pick,
    "make": _make,
    "tick": _tick,
    "attr": _attr,
    "other": _other,
    "plate": _plate,
}
