"""Masks by kind of datum (按数据类别脱敏): what Chinese counters and sites show of each kind.

===============  ==============================  =================================================
kind             a value                         what is shown
===============  ==============================  =================================================
name 姓名        张三 · 张小明 · 欧阳娜娜        张* · 张** · 欧阳**; John Smith: J**
resident_id      330106199001011234              330***********1234; 15 digits: 330********123
phone 手机       +86 138-1234-5678               138****5678; a landline as below
landline 座机    0571-88881234                   0571-****34
bank_card        6222021234567890123             **** **** **** 0123
plate 车牌       浙A12389                        浙A·***89
address 地址     浙江省杭州市西湖区文三路9号     浙江省杭州市西湖区****
email            zhang.san@example.cn            z***@example.cn
birth_date       1990-05-17                      1990-01-01
money 金额       12345.6                         10000.0: one digit, in steps of 1000 at least
coordinates      120.12345                       120.12, a grid of about 1 km
free_text        anything                        ****
===============  ==============================  =================================================

How many stars stand there never tells how long the value is, beyond what its form tells anyway: a
name has one star for one hidden character and two for any more. Where customs differ (3 to 6
characters of an identity number are seen about), the table is our choice of the usual one that
shows least. A value that has not the form of
its kind shows nothing but ``****``: what stands in the wrong column must not slip through. Free text
is hidden whole: what a finder overlooks in it would be shown.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from duokua.lang.contract import Kind

Dialect = Literal["sqlite", "duckdb"]
STARS = "****"
COMPOUND_SURNAMES = (
    "欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯",
    "宇文", "长孙", "端木", "轩辕", "南宫", "东郭", "西门", "独孤", "申屠", "闻人", "钟离", "澹台",
    "公冶", "濮阳", "淳于", "单于", "太史", "赫连", "呼延", "闾丘", "完颜", "拓跋", "第五", "百里",
)  # fmt: skip
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
NO_DISTRICTS = ("小区", "社区", "园区", "校区", "厂区", "库区", "景区", "街区", "学区", "矿区")
ROADS = ("路", "街", "号", "弄", "巷", "村", "幢", "栋", "室", "楼")
ADDRESS_HEAD = 14  # characters: no province, city and district together are longer
GRIDS = (10, 100, 1000)  # cells per degree; 100 is about 1.1 km from north to south
MONEY_STEPS = tuple(10**power for power in range(3, 10))
_DIGITS = "0123456789"
_INT64 = 2**63
_FIRST_DAY = "0001-01-01"
_WHOLE = 2**52


class MaskKind(StrEnum):
    """A kind of datum that has a mask of its own."""

    NAME = "name"
    RESIDENT_ID = "resident_id"
    PHONE = "phone"
    LANDLINE = "landline"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    ADDRESS = "address"
    EMAIL = "email"
    BIRTH_DATE = "birth_date"
    MONEY = "money"
    COORDINATES = "coordinates"
    FREE_TEXT = "free_text"


def kinds_masked(kind: MaskKind) -> tuple[Kind, ...]:
    """Return the kinds of column that a mask by kind can act on."""
    match kind:
        case MaskKind.BIRTH_DATE:
            return (Kind.DATE, Kind.STRING)
        case MaskKind.MONEY:
            return (Kind.INTEGER, Kind.NUMBER)
        case MaskKind.COORDINATES:
            return (Kind.NUMBER,)
    return (Kind.STRING,)


def kind_sql(kind: MaskKind, name: str, of: Kind, dialect: Dialect) -> str:
    """Return the expression of a mask by kind on the quoted column ``name``."""
    match kind:
        case MaskKind.BIRTH_DATE if of is Kind.DATE:
            return truncated("year", name, dialect)
        case MaskKind.MONEY:
            return _money(name, of, dialect)
        case MaskKind.COORDINATES:
            return grid(100, name, dialect)
    return f"case when {name} is null then null {_TEXTS[kind](name)} else '{STARS}' end"


def truncated(unit: str, name: str, dialect: Dialect) -> str:
    """Return a date brought down to the first day of its month, year or decade.

    The first decade begins with year 1: there is no year 0.
    """
    if dialect == "duckdb":
        first = f"cast(date_trunc('{unit}', {name}) as date)"
        if unit != "decade":
            return first
        return f"case when {name} is not null then greatest({first}, date '{_FIRST_DAY}') end"
    if unit == "decade":
        return f"max(substr({name}, 1, 3) || '0-01-01', '{_FIRST_DAY}')"
    return (
        f"substr({name}, 1, 4) || '-01-01'" if unit == "year" else f"substr({name}, 1, 7) || '-01'"
    )


def rounded(name: str, step: int, kind: Kind, dialect: Dialect) -> str:
    """Return a number rounded down to a multiple of ``step``."""
    if kind is Kind.INTEGER:
        # Rounds down, also below zero, where % is negative in both dialects.
        made = f"{name} - (({name} % {step}) + {step}) % {step}"
        least = -(_INT64 // step * step)
        if least == -_INT64:
            return made
        # The multiple below the least one of 64 bits does not exist: nothing is shown.
        return f"case when {name} >= {least} then {made} end"
    return f"{_floor(f'({name} / {step}.0)', dialect)} * {step}.0 + 0.0"


def grid(per_degree: int, name: str, dialect: Dialect) -> str:
    """Return a coordinate brought down to a grid; what is no coordinate becomes null."""
    floor = _floor(f"({name} * {per_degree}.0)", dialect)
    return f"case when {name} between -180.0 and 180.0 then {floor} / {per_degree}.0 + 0.0 end"


def _floor(number: str, dialect: Dialect) -> str:
    if dialect == "duckdb":
        return f"floor({number})"
    whole = f"cast({number} as integer)"
    # From 2^52 on every number is whole, and the cast to a 64-bit integer would soon saturate.
    large = f"abs({number}) >= {_WHOLE}.0"
    return f"case when {large} then {number} else ({whole} - ({number} < {whole})) end"


def _money(name: str, of: Kind, dialect: Dialect) -> str:
    cases = "".join(
        f"when {name} > -{step * 10} and {name} < {step * 10} "
        f"then {rounded(name, step, of, dialect)} "
        for step in MONEY_STEPS[:-1]
    )
    return f"case {cases}else {rounded(name, MONEY_STEPS[-1], of, dialect)} end"


def _without(name: str, *parts: str) -> str:
    for part in parts:
        name = f"replace({name}, '{part}', '')"
    return name


def _last(text: str, count: int) -> str:
    return f"substr({text}, length({text}) - {count - 1})"


def _digits(count: int) -> str:
    return "[0-9]" * count


def _name(name: str) -> str:
    compound = ", ".join(f"'{each}'" for each in COMPOUND_SURNAMES)
    numbers = " or ".join(f"instr({name}, '{digit}') > 0" for digit in _DIGITS)
    head = f"substr({name}, 1, 1)"
    return (
        f"when {numbers} then '{STARS}' "
        f"when length({name}) < 2 then '*' "
        f"when length({name}) > 2 and substr({name}, 1, 2) in ({compound}) then "
        f"substr({name}, 1, 2) || case when length({name}) = 3 then '*' else '**' end "
        f"when length({name}) = 2 then {head} || '*' "
        f"when length({name}) > 2 then {head} || '**'"
    )


def _resident_id(name: str) -> str:
    return (
        f"when {name} glob '{_digits(17)}[0-9Xx]' then "
        f"substr({name}, 1, 3) || '***********' || {_last(name, 4)} "
        f"when {name} glob '{_digits(15)}' then "
        f"substr({name}, 1, 3) || '********' || {_last(name, 4)}"
    )


def _phone(name: str) -> str:
    bare = _without(name, " ", "-")
    local = f"case when substr({bare}, 1, 3) = '+86' then substr({bare}, 4) else {bare} end"
    return (
        f"when ({local}) glob '1{_digits(10)}' then "
        f"substr(({local}), 1, 3) || '****' || {_last(bare, 4)} {_landline(name)}"
    )


def _landline(name: str) -> str:
    cases = []
    for area in (3, 4):
        for rest in (7, 8):
            form = f"0{_digits(area - 1)}-{_digits(rest)}"
            shown = f"substr({name}, 1, {area}) || '-****' || {_last(name, 2)}"
            cases.append(f"when {name} glob '{form}' then {shown}")
    return " ".join(cases)


def _bank_card(name: str) -> str:
    bare = _without(name, " ", "-")
    return (
        f"when length({bare}) between 12 and 19 and ltrim({bare}, '{_DIGITS}') = '' "
        f"then '**** **** **** ' || {_last(bare, 4)}"
    )


def _plate(name: str) -> str:
    bare = _without(name, " ", "·", "-", ".")
    return (
        f"when length({bare}) between 7 and 8 and instr('{PROVINCES}', substr({bare}, 1, 1)) > 0 "
        f"and substr({bare}, 2, 1) glob '[A-Za-z]' "
        f"then substr({bare}, 1, 2) || '·***' || {_last(bare, 2)}"
    )


def _address(name: str) -> str:
    plain = name
    for each in NO_DISTRICTS:
        plain = f"replace({plain}, '{each}', '□□')"
    cases = []
    for end in ("区", "县", "市"):
        at = f"instr({plain}, '{end}')"
        # The name of the district itself may hold such a character: 路桥区.
        before = f"substr({name}, 1, {at} - 3)"
        streets = "".join(f" and instr({before}, '{each}') = 0" for each in ROADS)
        digits = "".join(f" and instr(substr({name}, 1, {at}), '{each}') = 0" for each in _DIGITS)
        fits = f"{at} between 3 and {ADDRESS_HEAD}{streets}{digits}"
        cases.append(
            f"when {at} > 0 then case when {fits} then substr({name}, 1, {at}) || '{STARS}' "
            f"else '{STARS}' end"
        )
    return " ".join(cases)


def _email(name: str) -> str:
    domain = f"substr({name}, instr({name}, '@'))"
    return (
        f"when instr({name}, '@') > 1 and instr({name}, '.') > 0 and instr({name}, ' ') = 0 "
        f"and instr(substr({domain}, 2), '@') = 0 and instr({domain}, '.') > 2 "
        f"then substr({name}, 1, 1) || '***' || {domain}"
    )


def _birth_date(name: str) -> str:
    form = f"{_digits(4)}-{_digits(2)}-{_digits(2)}"
    return f"when {name} glob '{form}' then substr({name}, 1, 4) || '-01-01'"


def _nothing(name: str) -> str:
    return f"when {name} is null then null"


_TEXTS = {
    MaskKind.NAME: _name,
    MaskKind.RESIDENT_ID: _resident_id,
    MaskKind.PHONE: _phone,
    MaskKind.LANDLINE: _landline,
    MaskKind.BANK_CARD: _bank_card,
    MaskKind.PLATE: _plate,
    MaskKind.ADDRESS: _address,
    MaskKind.EMAIL: _email,
    MaskKind.BIRTH_DATE: _birth_date,
    MaskKind.FREE_TEXT: _nothing,
}
