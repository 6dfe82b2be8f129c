"""The cube (立方体) of an interface file: what may stand in it, and what must not."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.cube import BUDGET, LEAST, MAX_DIMENSIONS, Cube, Measure, Noise, is_protected
from duokua.lang.query import NAME

Note = Callable[[tuple[str | int, ...], str, str, tuple[str, str]], None]
_FIELDS = ("dimensions", "measures", "least", "budget", "noise")
_MEASURE_FIELDS = ("name", "fn", "column", "between")
_TAKEN = ("group", "limit", "cursor", "format")  # in the query string
_KINDS = (Kind.STRING, Kind.INTEGER, Kind.BOOLEAN, Kind.DATE)
_MAX_MEASURES = 12
_MAX_EPSILON = 10.0
_MAX_BOUND = 1e15
_MAX_COUNT = 1_000_000


def read_cube(value: object, contract: Contract, note: Note) -> Cube | None:
    """Read what stands under ``cube``; every fault is noted with its path."""
    if not isinstance(value, dict):
        mends = ("请写 cube: {dimensions: […], measures: […]}",
                 "write cube: {dimensions: […], measures: […]}")  # fmt: skip
        note(("cube",), "缺少 cube", "cube is missing", mends)
        return None
    reader = _Reader(value, contract, note)
    return reader.read()


def read_usable(
    value: dict[str, Any], columns: tuple[str, ...], note: Note
) -> tuple[str, ...] | None:
    """Read which columns a JSON query may name: ``false`` none, a list these, else all."""
    match value.get("query", True):
        case True:
            return None
        case False:
            return ()
        case list() as names if all(name in columns for name in names):
            return tuple(names)
    mends = ("请填 true、false 或本接口列名的列表", "use true, false or a list of its columns")
    note(("query",), "query 有误", "query is wrong", mends)
    return ()


class _Reader:
    def __init__(self, value: dict[str, Any], contract: Contract, note: Note) -> None:
        self._value, self._contract, self._note = value, contract, note
        self._protected = is_protected(contract)

    def read(self) -> Cube:
        self._known(self._value, _FIELDS)
        dimensions = self._dimensions()
        return Cube(
            dimensions,
            self._measures(dimensions),
            self._whole("least", LEAST if self._protected else 1, LEAST),
            self._whole("budget", 1, BUDGET),
            self._noise(),
        )

    def _known(self, value: dict[str, Any], names: tuple[str, ...], *path: str | int) -> None:
        for name in value:
            if name not in names:
                mends = (f"可用字段：{'、'.join(names)}", f"use {', '.join(names)}")
                self._note(("cube", *path, name), f"没有字段“{name}”",
                           f"there is no field {name!r}", mends)  # fmt: skip

    def _whole(self, name: str, least: int, default: int) -> int:
        value = self._value.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MAX_COUNT:
            return value
        mends = (f"请填不小于 {least} 的整数", f"give a whole number from {least} on")
        self._note(("cube", name), f"{name} 有误", f"{name} is wrong", mends)
        return default

    def _dimensions(self) -> tuple[str, ...]:
        value = self._value.get("dimensions")
        if not isinstance(value, list) or not 0 < len(value) <= MAX_DIMENSIONS:
            mends = (f"请写 1 至 {MAX_DIMENSIONS} 个列名", f"name 1 to {MAX_DIMENSIONS} columns")
            self._note(("cube", "dimensions"), "dimensions 有误", "dimensions are wrong", mends)
            return ()
        kept = []
        for at, name in enumerate(value):
            if self._dimension(name, at) and name not in kept:
                kept.append(name)
            elif name in kept:
                mends = ("请删去其一", "remove one")
                self._note(("cube", "dimensions", at), f"列“{name}”重复",
                           f"the column {name!r} is there twice", mends)  # fmt: skip
        if kept and set(self._contract.key) <= set(kept):
            mends = ("请去掉主键列，一格不能只有一行", "leave a key column out: a cell is no row")
            self._note(("cube", "dimensions"), "维度包含主键", "they hold the whole key", mends)
        return tuple(kept)

    def _dimension(self, name: object, at: int) -> bool:
        column = self._contract.by_name.get(name) if isinstance(name, str) else None
        path = ("cube", "dimensions", at)
        if column is None:
            names = self._contract.by_name
            self._note(path, f"数据集没有列“{name}”", f"the dataset has no column {name!r}",
                       (f"可用列：{'、'.join(names)}", f"use {', '.join(names)}"))  # fmt: skip
            return False
        if column.kind not in _KINDS or not column.required or name in _TAKEN:
            self._note(path, f"列“{name}”不能作维度", f"{name!r} cannot be a dimension",
                       ("请用必填的文字、整数、布尔或日期列",
                        "use a required text, integer, boolean or date column"))  # fmt: skip
            return False
        if self._protected and self._tells(column):
            self._note(path, f"列“{name}”含个人信息或高于 L2，不能作维度",
                       f"{name!r} is personal or above L2 and cannot be a dimension",
                       ("请只作 sum、avg 度量，或去掉", "only sum or average it"))  # fmt: skip
            return False
        return True

    def _tells(self, column: Column) -> bool:
        high = column.level in (Level.L3, Level.L4)
        return high or column.personal is not None or column.name == self._contract.subject

    def _measures(self, dimensions: tuple[str, ...]) -> tuple[Measure, ...]:
        value = self._value.get("measures")
        if not isinstance(value, list) or not 0 < len(value) <= _MAX_MEASURES:
            mends = ("请写 [{name: n, fn: count}, …]", "write [{name: n, fn: count}, …]")
            self._note(("cube", "measures"), "measures 有误", "measures are wrong", mends)
            return ()
        found: list[Measure] = []
        for at, item in enumerate(value):
            measure = self._measure(item if isinstance(item, dict) else {}, at)
            if measure is None:
                continue
            if measure.name in dimensions or measure.name in [each.name for each in found]:
                mends = ("请改名", "rename it")
                self._note(("cube", "measures", at, "name"), f"名称“{measure.name}”重复",
                           f"the name {measure.name!r} is taken", mends)  # fmt: skip
            if (measure.fn, measure.column) in [(each.fn, each.column) for each in found]:
                mends = ("请删去其一", "remove one")
                self._note(("cube", "measures", at), "同一函数与列只能有一个度量",
                           "there is one measure of a function and column", mends)  # fmt: skip
            found.append(measure)
        return tuple(found)

    def _measure(self, item: dict[str, Any], at: int) -> Measure | None:
        path = ("measures", at)
        self._known(item, _MEASURE_FIELDS, *path)
        name, fn, column = item.get("name"), item.get("fn"), item.get("column")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            mends = ("请写 name: 小写标识", "write name: a lower case word")
            self._note(("cube", *path, "name"), "度量名有误", "the name is wrong", mends)
            return None
        if fn == "count" and column is None and "between" not in item:
            return Measure(name, "count")
        if fn not in ("sum", "avg") or not self._is_number(column):
            self._note(("cube", *path), "度量有误", "the measure is wrong",
                       ("可写 fn: count（不带列），或对数字列写 fn: sum、avg",
                        "use fn: count without a column, or sum or avg of a number"))  # fmt: skip
            return None
        return Measure(name, fn, str(column), self._between(item.get("between"), path))

    def _is_number(self, name: object) -> bool:
        column = self._contract.by_name.get(name) if isinstance(name, str) else None
        return column is not None and column.kind in (Kind.INTEGER, Kind.NUMBER)

    def _between(self, value: object, path: tuple[str | int, ...]) -> tuple[float, float] | None:
        if value is None and not self._protected:
            return None
        match value:
            case [int() | float() as low, int() | float() as high] if (
                isfinite(low) and isfinite(high) and -_MAX_BOUND <= low < high <= _MAX_BOUND
            ):
                return float(low), float(high)
        mends = ("请写 between: [最小, 最大]", "write between: [least, greatest]")
        self._note(("cube", *path, "between"), "缺少取值范围或有误",
                   "the bounds of the values are missing or wrong", mends)  # fmt: skip
        return None

    def _noise(self) -> Noise | None:
        match self._value.get("noise"):
            case None:
                return None
            case {"epsilon": int() | float() as epsilon, "budget": int() | float() as budget,
                  **rest} if (
                not rest and 0 < epsilon <= _MAX_EPSILON and epsilon <= budget < _MAX_COUNT
            ):  # fmt: skip
                return Noise(float(epsilon), float(budget))
        mends = ("请写 noise: {epsilon: 1, budget: 20}", "write noise: {epsilon: 1, budget: 20}")
        self._note(("cube", "noise"), "noise 有误", "noise is wrong", mends)
        return None
