"""Masks, row filters and states of grants in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Language, Text
from duokua.lang.contract import Contract
from duokua.lang.mask import ByKind, Grid, Hide, Keep, Mask, Pseudonym, Round, Truncate
from duokua.lang.mask_kinds import MaskKind
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix

SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}


@dataclass(frozen=True, slots=True)
class _Words:
    """What joins conditions, in a language."""

    language: Language
    both: str
    either: str
    negated: str


_ZH = _Words("zh", " 且 ", " 或 ", "非 ")
_EN = _Words("en", " and ", " or ", "not ")
PLAIN = Text("原值", "as it is")
STATES = {
    "active": Text("有效", "active"),
    "future": Text("尚未生效", "not yet valid"),
    "expired": Text("已到期", "expired"),
    "revoked": Text("已撤销", "revoked"),
    "suspended": Text("已暂停", "suspended"),
}


UNITS = {
    "month": Text("只到月份", "month only"),
    "year": Text("只到年份", "year only"),
    "decade": Text("只到年代", "decade only"),
}
BY_KIND = {
    MaskKind.NAME: Text("姓名：张*、欧阳**", "name: 张*, 欧阳**"),
    MaskKind.RESIDENT_ID: Text(
        "身份证号：330***********1234", "identity number: 330***********1234"
    ),
    MaskKind.PHONE: Text("电话：138****5678", "phone: 138****5678"),
    MaskKind.LANDLINE: Text("座机：0571-****34", "landline: 0571-****34"),
    MaskKind.BANK_CARD: Text("银行卡：仅后 4 位", "bank card: last 4 digits"),
    MaskKind.PLATE: Text("车牌：浙A·***89", "plate: 浙A·***89"),
    MaskKind.ADDRESS: Text("地址：只到区县", "address: down to the district"),
    MaskKind.EMAIL: Text("邮箱：z***@example.cn", "e-mail: z***@example.cn"),
    MaskKind.BIRTH_DATE: Text("出生日期：只到年份", "birth date: year only"),
    MaskKind.MONEY: Text("金额：只留首位数字", "amount: first digit only"),
    MaskKind.COORDINATES: Text("坐标：约 1 公里网格", "coordinates: a grid of about 1 km"),
    MaskKind.FREE_TEXT: Text("自由文本：全部隐藏", "free text: hidden whole"),
}


def mask_words(mask: Mask | None) -> Text:
    """Say what a mask leaves of a value."""
    match mask:
        case None:
            return PLAIN
        case Hide():
            return Text("隐藏", "hidden")
        case Keep(head, tail):
            return _keep_words(head, tail)
        case Truncate(unit):
            return UNITS[unit]
        case Round(step):
            return Text(f"向下取整到 {step}", f"rounded down to {step}")
        case Grid(per_degree):
            return Text(f"网格 {1 / per_degree:g}°", f"a grid of {1 / per_degree:g}°")
        case ByKind(kind):
            return BY_KIND[kind]
        case Pseudonym():
            return Text("假名", "pseudonym")


def _keep_words(head: int, tail: int) -> Text:
    if not tail:
        return Text(f"仅显示前 {head} 位", f"first {_characters(head)}")
    if not head:
        return Text(f"仅显示后 {tail} 位", f"last {_characters(tail)}")
    return Text(f"显示前 {head} 位和后 {tail} 位", f"first {head} and last {_characters(tail)}")


def _characters(count: int) -> str:
    return "character" if count == 1 else f"{count} characters"


def filter_words(predicate: Predicate | None, contract: Contract | None = None) -> Text:
    """Say which rows a row filter lets through, by the titles that a contract gives."""
    if predicate is None:
        return Text("全部行", "all rows")
    return Text(_say(predicate, _ZH, contract), _say(predicate, _EN, contract))


def _say(predicate: Predicate, words: _Words, contract: Contract | None) -> str:
    match predicate:
        case Compare(name, op, value):
            return f"{_title(name, words, contract)} {SIGNS[op]} {_value(name, value, words, contract)}"
        case In(name, values):
            told = ", ".join(_value(name, value, words, contract) for value in values)
            return f"{_title(name, words, contract)} ∈ {{{told}}}"
        case Prefix(name, text):
            return f"{_title(name, words, contract)} = {text}…"
        case IsNull(name):
            return f"{_title(name, words, contract)} = ∅"
        case And(parts):
            return words.both.join(f"({_say(part, words, contract)})" for part in parts)
        case Or(parts):
            return words.either.join(f"({_say(part, words, contract)})" for part in parts)
        case Not(part):
            return f"{words.negated}({_say(part, words, contract)})"


def _title(name: str, words: _Words, contract: Contract | None) -> str:
    column = contract.by_name.get(name) if contract else None
    return column.title.in_(words.language) if column else name


def _value(name: str, value: object, words: _Words, contract: Contract | None) -> str:
    """Return a value, or what its code means."""
    column = contract.by_name.get(name) if contract else None
    code = next((each for each in column.codes if each.value == value), None) if column else None
    return f"{code.title.in_(words.language)} ({value})" if code else str(value)
