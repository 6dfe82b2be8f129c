"""Masks: one table, the same answer from SQLite and DuckDB."""

from __future__ import annotations

import pytest

from duokua.lang.contract import Kind
from duokua.lang.mask import ByKind, Grid, Hide, Keep, Mask, Pseudonym, Round, Truncate
from duokua.lang.mask_kinds import MaskKind, kinds_masked
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
    (Kind.DATE, Truncate("decade"), "1987-02-28", "1980-01-01"),
    (Kind.DATE, Truncate("decade"), "0009-02-28", "0001-01-01"),
    (Kind.NUMBER, Grid(10), -0.01, -0.1),
    (Kind.NUMBER, Grid(1000), 30.27415, 30.274),
    (Kind.NUMBER, Grid(1000), 180.5, None),
]
NAMES = [
    ("张三", "张*"),
    ("张小明", "张**"),
    ("欧阳修", "欧阳*"),
    ("欧阳娜娜", "欧阳**"),
    ("欧阳", "欧*"),
    ("阿卜杜拉·买买提", "阿**"),
    ("John Smith", "J**"),
    ("王", "*"),
    ("", "*"),
    ("张三13812345678", "****"),
]
OTHERS = [
    ("resident_id", "330106199001011234", "330***********1234"),
    ("resident_id", "33010619900101123X", "330***********123X"),
    ("resident_id", "330106900101123", "330********1123"),
    ("resident_id", "3301061990010112345", "****"),
    ("resident_id", "３３０106199001011234", "****"),
    ("phone", "13812345678", "138****5678"),
    ("phone", "+86 138-1234-5678", "138****5678"),
    ("phone", "0571-88881234", "0571-****34"),
    ("phone", "110", "****"),
    ("phone", "张三13812345678", "****"),
    ("landline", "010-65551234", "010-****34"),
    ("landline", "13812345678", "****"),
    ("bank_card", "6222 0212 3456 7890 123", "**** **** **** 0123"),
    ("bank_card", "622202", "****"),
    ("plate", "浙A12389", "浙A·***89"),
    ("plate", "浙A·D12389", "浙A·***89"),
    ("plate", "ABC12389", "****"),
    ("address", "浙江省杭州市西湖区文三路9号3幢201室", "浙江省杭州市西湖区****"),
    ("address", "台州市路桥区路北街道1号", "台州市路桥区****"),
    ("address", "义乌市江东街道3号", "义乌市****"),
    ("address", "德清县武康街道", "德清县****"),
    ("address", "翠苑小区3幢201室", "****"),
    ("address", "文三路9号西湖区", "****"),
    ("email", "zhang.san@example.cn", "z***@example.cn"),
    ("email", "zhang.san", "****"),
    ("email", "a@b@c.cn", "****"),
    ("free_text", "张三，电话13812345678", "****"),
    ("birth_date", "19900517", "****"),
]
TABLE += [(Kind.STRING, ByKind(MaskKind.NAME), raw, shown) for raw, shown in NAMES]
TABLE += [(Kind.STRING, ByKind(MaskKind(kind)), raw, shown) for kind, raw, shown in OTHERS]
TABLE += [
    (Kind.STRING, ByKind(kind), None, None)
    for kind in MaskKind
    if Kind.STRING in kinds_masked(kind)
]
TABLE += [
    (Kind.DATE, ByKind(MaskKind.BIRTH_DATE), "1990-05-17", "1990-01-01"),
    (Kind.NUMBER, ByKind(MaskKind.MONEY), 12345.6, 10000.0),
    (Kind.NUMBER, ByKind(MaskKind.MONEY), 999.99, 0.0),
    (Kind.NUMBER, ByKind(MaskKind.MONEY), -0.5, -1000.0),
    (Kind.NUMBER, ByKind(MaskKind.MONEY), 1e300, 1e300),
    (Kind.INTEGER, ByKind(MaskKind.MONEY), 8765432, 8000000),
    (Kind.INTEGER, ByKind(MaskKind.MONEY), -(2**63), None),
    (Kind.NUMBER, ByKind(MaskKind.COORDINATES), 120.12345, 120.12),
    (Kind.NUMBER, ByKind(MaskKind.COORDINATES), -0.0001, -0.01),
    (Kind.NUMBER, ByKind(MaskKind.COORDINATES), 1e308, None),
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
