"""Rows made up from a contract (样例数据), to show what an answer would look like.

Nothing of the dataset is read: kinds, codes and kinds of personal data are all there is to go by.
The same contract and seed give the same rows.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.mask_kinds import MaskKind

Cell = str | int | float | bool | date | datetime | None
_DAY = date(2025, 1, 1)
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_GIVEN = "伟芳娜敏静丽强磊洋艳"
_MAKERS: dict[str, Callable[[random.Random, int], str]] = {
    MaskKind.NAME: lambda r, _: r.choice(_SURNAMES) + r.choice(_GIVEN) + r.choice(_GIVEN),
    MaskKind.RESIDENT_ID: lambda r, _: f"330108{r.randint(1960, 2005)}0101{r.randint(1000, 9999)}",
    MaskKind.PHONE: lambda r, _: f"1380000{r.randint(0, 9999):04d}",
    MaskKind.LANDLINE: lambda r, _: f"0571-8888{r.randint(0, 9999):04d}",
    MaskKind.BANK_CARD: lambda r, _: f"622202000000000{r.randint(0, 9999):04d}",
    MaskKind.PLATE: lambda r, _: f"浙A{r.randint(10000, 99999)}",
    MaskKind.ADDRESS: lambda r, _: f"浙江省杭州市滨江区样例路{r.randint(1, 99)}号",
    MaskKind.EMAIL: lambda r, at: f"sample{at}@example.cn",
}


def synthetic_rows(contract: Contract, count: int, *, seed: int = 0) -> list[dict[str, Cell]]:
    """Return at most ``count`` made-up rows, unique in the contract's key."""
    made = random.Random(zlib.crc32(f"{contract.id}/{seed}".encode()))  # noqa: S311
    rows: list[dict[str, Cell]] = []
    seen: set[tuple[Cell, ...]] = set()
    for at in range(count):
        row = {
            column.name: _cell(column, made, at, column.name in contract.key)
            for column in contract.columns
        }
        key = tuple(row[name] for name in contract.key)
        if key not in seen:
            seen.add(key)
            rows.append(row)
    return rows


def _cell(column: Column, made: random.Random, at: int, key: bool) -> Cell:
    if column.codes and column.kind is Kind.STRING:
        return column.codes[
            at % len(column.codes) if key else made.randrange(len(column.codes))
        ].value
    if not column.required and not key and made.random() < 0.1:
        return None
    match column.kind:
        case Kind.STRING:
            return _text(column, made, at, key)
        case Kind.INTEGER:
            return 1001 + at if key else made.randint(1, 500)
        case Kind.NUMBER:
            return float(at) if key else round(made.uniform(1, 120), 1)
        case Kind.BOOLEAN:
            return made.random() < 0.5
        case Kind.DATE:
            return _DAY + timedelta(days=at if key else made.randint(0, 364))
        case Kind.TIMESTAMP:
            begin = datetime(2025, 1, 1, tzinfo=UTC)
            return begin + timedelta(hours=at if key else made.randint(0, 8000))


def _text(column: Column, made: random.Random, at: int, key: bool) -> str:
    maker = _MAKERS.get(column.personal or "")
    if key:
        return f"{maker(made, at) if maker else 'S'}{at:04d}"
    return maker(made, at) if maker else f"样例{made.randint(1, 99)}"
