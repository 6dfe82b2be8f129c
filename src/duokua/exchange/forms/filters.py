"""The row filter (行级条件) of a form: a few conditions, all or any of which must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from duokua.kernel.errors import Fault, Faults
from duokua.kernel.text import Text
from duokua.lang.contract import KIND_WORDS, Column, Contract, Kind
from duokua.lang.predicate import (
    And,
    Compare,
    In,
    IsNull,
    Not,
    Or,
    Predicate,
    Prefix,
    Value,
    parse_text,
)

CONDITIONS = 4  # lines of the form
OPERATORS = {
    "eq": Text("等于", "equals"),
    "ne": Text("不等于", "is not"),
    "ge": Text("不小于", "at least"),
    "le": Text("不大于", "at most"),
    "gt": Text("大于", "more than"),
    "lt": Text("小于", "less than"),
    "in": Text("是其中之一（逗号分隔）", "one of (commas between)"),
    "prefix": Text("开头是", "begins with"),
    "missing": Text("为空", "is missing"),
    "present": Text("不为空", "is not missing"),
}
_MOST_VALUES = 200
_MOST_TOLD = 12  # codes in a message


@dataclass(frozen=True, slots=True)
class Condition:
    """One line as it was typed."""

    column: str
    op: str
    value: str


def typed_conditions(form: Mapping[str, str]) -> list[Condition]:
    """Return every line of the form, the empty ones too."""
    return [
        Condition(
            form.get(f"where_column_{at}", ""),
            form.get(f"where_op_{at}", "eq"),
            form.get(f"where_value_{at}", "").strip(),
        )
        for at in range(1, CONDITIONS + 1)
    ]


def read_filter(form: Mapping[str, str], contract: Contract, faults: Faults) -> Predicate | None:
    """Read the row filter, ``None`` for all rows; faults are named ``where/<line>``."""
    parts: list[Predicate] = []
    for at, line in enumerate(typed_conditions(form), 1):
        if not line.column:
            continue
        column = contract.by_name.get(line.column)
        if column is None:
            faults.add(f"where/{at}", f"没有字段 {line.column[:60]}", f"no column {line.column[:60]}",
                       "请从列表中选择", "choose one of the list")  # fmt: skip
            continue
        try:
            part = _part(line, column)
        except _NoCodeError as error:
            _tell_codes(f"where/{at}", column, str(error), faults)
            continue
        if part is None:
            kind, title = KIND_WORDS[column.kind], column.title
            faults.add(f"where/{at}", f"“{title.zh}”是{kind.zh}，与条件或值不符",
                       f"{title.en!r} is a {kind.en}: the condition or its value does not fit",
                       "请核对条件与值", "check the condition and its value")  # fmt: skip
        else:
            parts.append(part)
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    return Or(tuple(parts)) if form.get("where_join") == "any" else And(tuple(parts))


class _NoCodeError(Exception):
    """A value that a code list does not have."""


def _tell_codes(where: str, column: Column, text: str, faults: Faults) -> None:
    zh = "、".join(f"{each.title.zh}（{each.value}）" for each in column.codes[:_MOST_TOLD])
    en = ", ".join(f"{each.title.en} ({each.value})" for each in column.codes[:_MOST_TOLD])
    more = "…" if len(column.codes) > _MOST_TOLD else ""
    faults.add(where, f"“{column.title.zh}”没有“{text}”", f"{column.title.en!r} is never {text!r}",
               f"可填：{zh}{more}", f"it may be: {en}{more}")  # fmt: skip


def _value(text: str, column: Column) -> Value:
    """Read a value; of a code list it may be given by its title.

    :raises ValueError: it is none of the column's kind.
    """
    if not column.codes:
        return parse_text(text, column.kind)
    for code in column.codes:
        if text in (code.value, code.title.zh) or text.lower() == code.title.en.lower():
            return parse_text(code.value, column.kind)
    raise _NoCodeError(text[:60])


def _part(line: Condition, column: Column) -> Predicate | None:
    """Return the condition of a line, ``None`` where its value is none of the column's kind."""
    name, kind = column.name, column.kind
    try:
        match line.op:
            case "missing":
                return IsNull(name)
            case "present":
                return Not(IsNull(name))
            case "in":
                told = [part.strip() for part in line.value.replace("，", ",").split(",")]
                values = tuple(_value(part, column) for part in told[:_MOST_VALUES] if part)
                return In(name, values) if values else None
            case "prefix":
                return Prefix(name, line.value) if kind is Kind.STRING and line.value else None
            case "eq" | "ne" | "lt" | "le" | "gt" | "ge" as op:
                return Compare(name, op, _value(line.value, column)) if line.value else None
    except ValueError:
        return None
    return None


def filter_fields(typed: Mapping[str, str], faults: Mapping[str, list[Fault]]) -> dict[str, object]:
    """Return what the template of the row filter needs."""
    lines = enumerate(typed_conditions(typed), 1)
    return {
        "conditions": [(at, line, faults.get(f"where/{at}", [])) for at, line in lines],
        "comparisons": OPERATORS,
        "join": typed.get("where_join", "all"),
    }
