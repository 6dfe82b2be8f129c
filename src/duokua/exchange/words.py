"""Masks, row filters and states of grants in plain words."""

from __future__ import annotations

from duokua.kernel.text import Text
from duokua.lang.mask import Hide, Keep, Mask, Pseudonym, Round, Truncate
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix

SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
_ZH = (" 且 ", " 或 ", "非 ")
_EN = (" and ", " or ", "not ")
PLAIN = Text("原值", "as it is")
STATES = {
    "active": Text("有效", "active"),
    "future": Text("尚未生效", "not yet valid"),
    "expired": Text("已到期", "expired"),
    "revoked": Text("已撤销", "revoked"),
}


def mask_words(mask: Mask | None) -> Text:
    """Say what a mask leaves of a value."""
    match mask:
        case None:
            return PLAIN
        case Hide():
            return Text("隐藏", "hidden")
        case Keep(head, 0):
            return Text(f"仅显示前 {head} 位", f"first {head} characters")
        case Keep(0, tail):
            return Text(f"仅显示后 {tail} 位", f"last {tail} characters")
        case Keep(head, tail):
            return Text(
                f"显示前 {head} 位和后 {tail} 位", f"first {head} and last {tail} characters"
            )
        case Truncate(unit):
            return (
                Text("只到年份", "year only") if unit == "year" else Text("只到月份", "month only")
            )
        case Round(step):
            return Text(f"向下取整到 {step}", f"rounded down to {step}")
        case Pseudonym():
            return Text("假名", "pseudonym")


def filter_words(predicate: Predicate | None) -> Text:
    """Say which rows a row filter lets through."""
    if predicate is None:
        return Text("全部行", "all rows")
    return Text(_say(predicate, _ZH), _say(predicate, _EN))


def _say(predicate: Predicate, words: tuple[str, str, str]) -> str:
    both, either, negated = words
    match predicate:
        case Compare(column, op, value):
            return f"{column} {SIGNS[op]} {value}"
        case In(column, values):
            return f"{column} ∈ {{{', '.join(str(value) for value in values)}}}"
        case Prefix(column, text):
            return f"{column} = {text}…"
        case IsNull(column):
            return f"{column} = ∅"
        case And(parts):
            return both.join(f"({_say(part, words)})" for part in parts)
        case Or(parts):
            return either.join(f"({_say(part, words)})" for part in parts)
        case Not(part):
            return f"{negated}({_say(part, words)})"
