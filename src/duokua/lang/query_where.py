"""The conditions (条件) of a JSON query: read into a predicate, with every fault noted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Kind
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
    canonical,
)

MAX_DEPTH = 20
MAX_NODES = 200
MAX_VALUES = 1_000  # of one `in`
MAX_ALL_VALUES = 5_000  # of all conditions together
OPS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "prefix", "is_null")
_SHOWN = 80
Json = dict[str, Any]


def shown(value: object) -> str:
    """Return a caller's value for a message: short, and always text that can be sent."""
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told[:_SHOWN].encode("utf-8", "replace").decode()


def check_known(value: Json, names: tuple[str, ...], where: str, faults: Faults) -> None:
    """Note every field that is not one of ``names``."""
    for name in value:
        if name not in names:
            token = shown(name).replace("~", "~0").replace("/", "~1")
            faults.add(f"{where}/{token}", f"没有字段“{shown(name)}”",
                       f"there is no field {shown(name)}", f"可用：{'、'.join(names)}",
                       f"use {', '.join(names)}")  # fmt: skip


def check_column(
    name: object,
    where: str,
    columns: Mapping[str, Column],
    allowed: frozenset[str],
    faults: Faults,
) -> bool:
    """Tell whether a column may be named here; one that may not is noted.

    What is not granted and what does not exist are told apart by nothing.
    """
    if isinstance(name, str) and name in allowed:
        return True
    names = [each for each in columns if each in allowed]
    faults.add(where, f"不可用的列“{shown(name)}”", f"{shown(name)} cannot be used here",
               f"可用：{'、'.join(names) or '无'}", f"use {', '.join(names) or 'none'}")  # fmt: skip
    return False


class Conditions:
    """Reads one tree of conditions over the ``usable`` of the granted ``columns``."""

    def __init__(
        self, columns: Mapping[str, Column], usable: frozenset[str], faults: Faults
    ) -> None:
        self._columns, self._usable, self._faults = columns, usable, faults
        self._nodes = self._values = 0

    def read(self, value: object, where: str) -> Predicate:
        """Return the predicate; it counts only when no fault was noted."""
        return self._where(value, where, 1)

    def _add(self, where: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        self._faults.add(where, zh, en, mend_zh, mend_en)

    def _column(self, name: object, where: str) -> bool:
        return check_column(name, where, self._columns, self._usable, self._faults)

    def _where(self, value: object, where: str, depth: int) -> Predicate:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            if depth > MAX_DEPTH or self._nodes == MAX_NODES + 1:
                self._add(where, f"条件过多或过深（至多 {MAX_NODES} 个、{MAX_DEPTH} 层）",
                          f"more than {MAX_NODES} conditions or {MAX_DEPTH} levels",
                          "请简化条件，或改用 in", "simplify it, or use in")  # fmt: skip
            return And(())
        match value:
            case {"and": [*parts], **rest} if not rest:
                return And(self._parts(parts, f"{where}/and", depth))
            case {"or": [*parts], **rest} if not rest:
                return Or(self._parts(parts, f"{where}/or", depth))
            case {"not": part, **rest} if not rest:
                return Not(self._where(part, f"{where}/not", depth + 1))
            case dict() if "field" in value and set(value) <= {"field", "op", "value"}:
                return self._leaf(value, where)
        self._add(where, "不是条件", "this is no condition",
                  '请写 {"field", "op", "value"}、{"and": […]}、{"or": […]} 或 {"not": …}',
                  'write {"field", "op", "value"}, {"and": […]}, {"or": […]} or {"not": …}')  # fmt: skip
        return And(())

    def _parts(self, parts: list[Any], where: str, depth: int) -> tuple[Predicate, ...]:
        kept = parts[: MAX_NODES + 1]  # one too many is told; all of them need not be
        return tuple(self._where(part, f"{where}/{at}", depth + 1) for at, part in enumerate(kept))

    def _leaf(self, value: Json, where: str) -> Predicate:
        name, op, literal = value["field"], value.get("op", "eq"), value.get("value")
        if op not in OPS:
            self._add(f"{where}/op", "没有该运算符", "there is no such operator",
                      f"可用：{'、'.join(OPS)}", f"use {', '.join(OPS)}")  # fmt: skip
            return And(())
        if not self._column(name, f"{where}/field"):
            return And(())
        kind = self._columns[name].kind
        match op:
            case "is_null":
                return self._is_null(name, value.get("value", True), where)
            case "in":
                return In(name, self._in(literal, kind, f"{where}/value"))
            case "prefix":
                return self._prefix(name, literal, kind, where)
        found = self._literal(literal, kind, f"{where}/value")
        return And(()) if found is None else Compare(name, op, found)

    def _is_null(self, name: str, holds: object, where: str) -> Predicate:
        if not isinstance(holds, bool):
            self._add(f"{where}/value", "is_null 的 value 应为 true 或 false",
                      "is_null takes true or false", "请改正或去掉 value",
                      "mend it, or leave it out for true")  # fmt: skip
        return IsNull(name) if holds else Not(IsNull(name))

    def _prefix(self, name: str, literal: object, kind: Kind, where: str) -> Predicate:
        if kind is not Kind.STRING:
            self._add(f"{where}/op", "prefix 只用于文字列", "prefix takes a column of texts",
                      "请改用其他运算符", "use another operator")  # fmt: skip
            return And(())
        found = self._literal(literal, kind, f"{where}/value")
        return And(()) if found is None else Prefix(name, str(found))

    def _in(self, values: object, kind: Kind, where: str) -> tuple[Value, ...]:
        if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:
            self._add(where, f"in 的 value 应为 1 至 {MAX_VALUES} 个值的列表",
                      f"in takes a list of 1 to {MAX_VALUES} values",
                      "请写成 […]", "write […]")  # fmt: skip
            return ()
        self._values += len(values)
        if self._values > MAX_ALL_VALUES:
            self._add(where, f"所有 in 的值合计超过 {MAX_ALL_VALUES}",
                      f"more than {MAX_ALL_VALUES} values in all",
                      "请分几次查询", "ask in parts")  # fmt: skip
            return ()
        found = [self._literal(each, kind, f"{where}/{at}") for at, each in enumerate(values)]
        return tuple(each for each in found if each is not None)

    def _literal(self, value: object, kind: Kind, where: str) -> Value | None:
        try:
            return canonical(value, kind)
        except ValueError:
            told = shown(value)
            self._add(where, f"{told} 不是 {kind.value}", f"{told} is no {kind.value}",
                      f"请填 {kind.value}；查缺失值用 is_null",
                      f"give a {kind.value}; for missing values use is_null")  # fmt: skip
            return None
