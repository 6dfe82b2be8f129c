"""Masks: one table, the same answer from SQLite and DuckDB."""

from __future__ import annotations

import pytest

from duokua.lang.contract import Kind
from duokua.lang.mask import Hide, Keep, Mask, Pseudonym, Round, Truncate
from engines import COLUMNS, Cell, Engines

MOST = 2**63 - 1
TABLE: list[tuple[Kind, Mask, Cell, Cell]] = [
    *(
        (kind, Hide(), value, None)
        for kind, value in [
            (Kind.STRING, "王"),
            (Kind.INTEGER, 7),
            (Kind.NUMBER, 1.5),
            (Kind.BOOLEAN, True),
            (Kind.DATE, "2020-02-29"),
            (Kind.TIMESTAMP, "2020-02-29T00:00:00.000000Z"),
        ]
    ),
    (Kind.STRING, Keep(3, 4), "13812345678", "138****5678"),
    (Kind.STRING, Keep(3, 4), "12345678", "123****5678"),
    (Kind.STRING, Keep(3, 4), "1234567", "****"),
    (Kind.STRING, Keep(1, 0), "欧阳小明", "欧****"),
    (Kind.STRING, Keep(0, 1), "欧阳小明", "****明"),
    (Kind.STRING, Keep(0, 0), "a", "****"),
    (Kind.STRING, Keep(0, 0), "", "****"),
    (Kind.STRING, Keep(1, 1), "𠮷野家", "𠮷****家"),
    (Kind.STRING, Keep(1, 1), None, None),
    (Kind.DATE, Truncate("year"), "2020-02-29", "2020-01-01"),
    (Kind.DATE, Truncate("month"), "2020-02-29", "2020-02-01"),
    (Kind.DATE, Truncate("month"), "0001-12-31", "0001-12-01"),
    (Kind.DATE, Truncate("year"), None, None),
    (Kind.INTEGER, Round(10), 19, 10),
    (Kind.INTEGER, Round(10), -1, -10),
    (Kind.INTEGER, Round(10), -10, -10),
    (Kind.INTEGER, Round(1), -(2**63), -(2**63)),
    (Kind.INTEGER, Round(10), -(2**63), None),
    (Kind.INTEGER, Round(10), MOST, MOST - 7),
    (Kind.INTEGER, Round(10), None, None),
    (Kind.NUMBER, Round(5), 12.4, 10.0),
    (Kind.NUMBER, Round(5), -0.1, -5.0),
    (Kind.NUMBER, Round(5), -5.0, -5.0),
    (Kind.NUMBER, Round(5), 0.0, 0.0),
    (Kind.NUMBER, Round(1), 1e300, 1e300),
    (Kind.NUMBER, Round(1), -1e300, -1e300),
    (Kind.NUMBER, Round(5), None, None),
    # sha256(key || sha256(key || text)), the first 32 hex digits, by `sha256sum`
    (Kind.STRING, Pseudonym(), "王小明", "52b1687419301b35df3770761e406387"),
    (Kind.INTEGER, Pseudonym(), -42, "6fdfd4b04f8d4cffb9af09df66a76b8d"),
    (Kind.STRING, Pseudonym(), None, None),
]


@pytest.mark.parametrize(("kind", "mask", "raw", "shown"), TABLE)
def test_mask(kind: Kind, mask: Mask, raw: Cell, shown: Cell) -> None:
    row: dict[str, Cell] = {column.name: None for column in COLUMNS}
    engines = Engines([row | {kind.value: raw}])
    try:
        answers = engines.select([kind.value], {kind.value: mask}, [])
    finally:
        engines.close()
    assert answers == ([(shown,)], [(shown,)])
