"""A small district for the gateway's tests: residents with every kind of column and odd values."""

from __future__ import annotations

import random
from collections.abc import Sequence

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.interface import Interface, Parameter, Shape
from engines import Row

LABEL = Text("测试", "test")
ROWS = 12_000
DEPARTMENTS = 7
FORMULAS = ("=1+1", "+86", "-3", "@cmd", "\tx", "＝甲", "plain", 'a"b,c\nd', "", "王小明", "NULL")


def column(name: str, kind: Kind, *, required: bool = False, personal: str | None = None) -> Column:
    """Return a column; personal ones are of level 3."""
    level = Level.L3 if personal else Level.L1
    return Column(name, kind, Text(f"列{name}", name), required, level=level, personal=personal)


COLUMNS = (
    column("id", Kind.INTEGER, required=True),
    column("name", Kind.STRING, personal="name"),
    column("resident_id", Kind.STRING, required=True, personal="resident_id"),
    column("phone", Kind.STRING, personal="phone"),
    column("department", Kind.STRING, required=True),
    column("born", Kind.DATE, personal="birth_date"),
    column("score", Kind.NUMBER),
    column("active", Kind.BOOLEAN),
    column("changed_at", Kind.TIMESTAMP),
    column("remark", Kind.STRING),
    column("points", Kind.INTEGER),
)
NAMES = tuple(each.name for each in COLUMNS)


def contract(id_: str = "resident", level: Level = Level.L3) -> Contract:
    """Return the contract of the residents under another name or level."""
    return Contract(
        id_, "1.0.0", LABEL, LABEL, "civil", level, COLUMNS, ("id",), subject="resident_id"
    )


def rows(count: int = ROWS, seed: int = 7) -> list[Row]:
    """Return residents in storage form; ``phone`` and ``resident_id`` are unmistakable."""
    rng = random.Random(seed)
    return [_resident(id_, rng) for id_ in range(count)]


def _resident(id_: int, rng: random.Random) -> Row:
    def maybe(value: str | int | float | bool) -> str | int | float | bool | None:
        return None if rng.random() < 0.1 else value

    day = f"{rng.randint(1930, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    return {
        "id": id_,
        "name": maybe(f"姓名{id_ % 97}"),
        "resident_id": f"990108{id_:012d}",
        "phone": maybe(f"100{id_:08d}"),
        "department": f"D{id_ % DEPARTMENTS}",
        "born": maybe(day),
        "score": maybe(rng.choice([rng.random() * 100, float(rng.randint(-50, 50)), 0.1])),
        "active": maybe(rng.random() < 0.5),
        "changed_at": maybe(f"{day}T{rng.randint(0, 23):02d}:00:01.{rng.randint(0, 999999):06d}Z"),
        "remark": maybe(rng.choice(FORMULAS)),
        "points": maybe(rng.choice([rng.randint(-9, 9), 2**63 - 1, -(2**63)])),
    }


PAGE_PARAMETERS = (
    Parameter("department", "department"),
    Parameter("name", "name"),
    Parameter("phone_prefix", "phone", "prefix"),
    Parameter("born_from", "born", "ge"),
    Parameter("score_below", "score", "lt"),
    Parameter("active", "active"),
    Parameter("changed_to", "changed_at", "le"),
    Parameter("points", "points"),
    Parameter("points_not", "points", "ne"),
    Parameter("id_above", "id", "gt"),
)


def page(
    id_: str = "residents",
    *,
    dataset: str = "resident",
    columns: Sequence[str] = NAMES,
    order: Sequence[str] = ("id",),
    open_: bool = False,
) -> Interface:
    """Return an interface of pages."""
    known = tuple(p for p in PAGE_PARAMETERS if p.column in NAMES)
    return Interface(
        id_, "1.0.0", Text("居民分页", "residents by page"), LABEL, dataset, "civil", Shape.PAGE,
        tuple(columns), known, tuple(order), open_,
    )  # fmt: skip


def lookup(
    id_: str = "resident_by_id", *, dataset: str = "resident", key: str = "id", open_: bool = False
) -> Interface:
    """Return an interface of look-ups by one key."""
    return Interface(
        id_, "1.0.0", Text("居民查询", "a resident by id"), LABEL, dataset, "civil", Shape.LOOKUP,
        NAMES, (Parameter(key, key, "eq", True),), (key,), open_,
    )  # fmt: skip


WIDE_ROWS, WIDE_CHARACTERS = 30_000, 2_000
_WIDE = (column("id", Kind.INTEGER, required=True), column("text", Kind.STRING))


def wide_contract() -> Contract:
    """Return the contract of a dataset whose export is larger than every buffer on its way."""
    return Contract("wide", "1.0.0", LABEL, LABEL, "civil", Level.L2, _WIDE, ("id",))


def wide_rows() -> list[Row]:
    """Return 60 MB of rows."""
    text = "长" + "x" * (WIDE_CHARACTERS - 1)
    return [{"id": id_, "text": text} for id_ in range(WIDE_ROWS)]


def wide() -> Interface:
    """Return the interface of the wide dataset."""
    return Interface(
        "wide_page", "1.0.0", LABEL, LABEL, "wide", "civil", Shape.PAGE, ("id", "text"), (), ("id",)
    )
