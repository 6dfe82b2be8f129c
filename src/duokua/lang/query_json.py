"""Reading a JSON query (查询): every fault at once, each named by its JSON pointer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT
from duokua.lang.predicate import And
from duokua.lang.query import FNS, NAME, NUMERIC, Aggregate, Order, Query
from duokua.lang.query_where import Conditions, check_column, check_known, shown

MAX_BODY = 64 * 1024
MAX_TERMS = 64  # of select, group, aggregate and order each
_MAX_LEVELS = 64  # of lists and objects; 20 levels of conditions have about 40
FIELDS = ("select", "where", "group", "aggregate", "order", "limit", "cursor")
_CURSOR = 4096  # characters
Json = dict[str, Any]


def parse_body(body: bytes, faults: Faults) -> Json | None:
    """Return the JSON object of a body, or note what is wrong with it."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        told = str(error) if isinstance(error, _Twice) else ""
        faults.add("", f"请求体不是合法 JSON {told}".rstrip(), f"the body is no JSON {told}".rstrip(),
                   "请发送 UTF-8 编码的 JSON 对象，字段不重复",
                   "send one JSON object in UTF-8, each field once")  # fmt: skip
        return None
    if not isinstance(value, dict) or not _is_flat(value):
        faults.add("", "请求体应为 JSON 对象，且不可嵌套过深",
                   "the body must be a JSON object and not nested too deeply",
                   "请写成 {…}", "write {…}")  # fmt: skip
        return None
    return value


def _is_flat(value: Json) -> bool:
    level: list[Any] = [value]
    for _ in range(_MAX_LEVELS):
        inner = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for part in inner for each in part if isinstance(each, dict | list)]
        if not level:
            return True
    return False


class _Twice(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(f"({shown(name)} ×2)")
        found[name] = value
    return found


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def read_query(
    value: Json,
    columns: Mapping[str, Column],
    usable: frozenset[str],
    faults: Faults,
    figured: frozenset[str] | None = None,
) -> Query:
    """Read a query over the granted ``columns``, of which conditions may name the ``usable``.

    ``figured`` are those that aggregates may name, where they are not the same. What is wrong is
    noted in ``faults``; the query counts only when nothing was.
    """
    return _Reader(value, columns, usable, faults, figured).read()


class _Reader:
    def __init__(
        self,
        value: Json,
        columns: Mapping[str, Column],
        usable: frozenset[str],
        faults: Faults,
        figured: frozenset[str] | None,
    ) -> None:
        self._value, self._columns, self._usable = value, columns, usable
        self._figured = usable if figured is None else figured
        self._faults = faults
        self._conditions = Conditions(columns, usable, faults)

    def read(self) -> Query:
        value = self._value
        check_known(value, FIELDS, "", self._faults)
        group = self._names("group", self._usable)
        aggregates = self._aggregates()
        grouped = bool(group or aggregates)
        select, where = self._select(group, grouped), value.get("where")
        self._check_answer(group, aggregates)
        return Query(
            select,
            And(()) if where is None else self._conditions.read(where, "/where"),
            group,
            aggregates,
            self._order(group, aggregates, grouped),
            self._limit(),
            self._cursor(grouped),
        )

    def _add(self, where: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        self._faults.add(where, zh, en, mend_zh, mend_en)

    def _list(self, name: str) -> list[Any]:
        value = self._value.get(name, [])
        if isinstance(value, list) and len(value) <= MAX_TERMS:
            return value
        self._add(f"/{name}", f"{name} 应为列表，至多 {MAX_TERMS} 项",
                  f"{name} must be a list of at most {MAX_TERMS}",
                  "请写成 […]", "write […]")  # fmt: skip
        return []

    def _names(self, field: str, allowed: frozenset[str]) -> tuple[str, ...]:
        found: list[str] = []
        for at, name in enumerate(self._list(field)):
            if not self._column(name, f"/{field}/{at}", allowed):
                continue
            if name in found:
                self._add(f"/{field}/{at}", f"“{name}”重复", f"{name!r} is there twice",
                          "请删去其一", "remove one")  # fmt: skip
            found.append(name)
        return tuple(found)

    def _column(self, name: object, where: str, allowed: frozenset[str]) -> bool:
        return check_column(name, where, self._columns, allowed, self._faults)

    def _select(self, group: tuple[str, ...], grouped: bool) -> tuple[str, ...]:
        if "select" not in self._value:
            return () if grouped else tuple(self._columns)
        names = self._names("select", frozenset(self._columns))
        if grouped and not set(names) <= set(group):
            self._add("/select", "分组查询只能选取 group 中的列",
                      "a query of groups selects columns of its group",
                      "请去掉 select，或只列分组列", "leave it out, or name columns of group")  # fmt: skip
        if not grouped and not names and not self._value["select"]:
            self._add("/select", "select 为空", "select is empty",
                      "请至少选一列，或去掉 select", "name a column, or leave select out")  # fmt: skip
        return () if grouped else names

    def _aggregates(self) -> tuple[Aggregate, ...]:
        found = []
        for at, item in enumerate(self._list("aggregate")):
            aggregate = self._aggregate(item, f"/aggregate/{at}")
            if aggregate is not None:
                found.append(aggregate)
        return tuple(found)

    def _aggregate(self, item: object, where: str) -> Aggregate | None:
        value = item if isinstance(item, dict) else {}
        check_known(value, ("fn", "field", "as"), where, self._faults)
        fn, field = value.get("fn"), value.get("field")
        if fn not in FNS:
            self._add(f"{where}/fn", "没有该聚合函数", "there is no such function",
                      f"可用：{'、'.join(FNS)}", f"use {', '.join(FNS)}")  # fmt: skip
            return None
        if field is None and fn != "count":
            self._add(f"{where}/field", "缺少 field", "field is missing",
                      "请写明列名；只有 count 可省略", "name a column; only count goes without")  # fmt: skip
            return None
        if field is not None and not self._column(field, f"{where}/field", self._figured):
            return None
        if fn in ("sum", "avg") and self._columns[str(field)].kind not in NUMERIC:
            self._add(f"{where}/field", f"{fn} 只用于数字列", f"{fn} takes a column of numbers",
                      "请改用 count、min、max，或换列", "use count, min or max")  # fmt: skip
            return None
        name = value.get("as", fn if field is None else f"{fn}_{field}"[:63])
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self._add(f"{where}/as", "as 不是合法名称", "as is no name",
                      "请用小写字母开头，只含小写字母、数字、下划线",
                      "use lower case letters, digits and _, a letter first")  # fmt: skip
            return None
        return Aggregate(fn, field, name)

    def _check_answer(self, group: tuple[str, ...], aggregates: tuple[Aggregate, ...]) -> None:
        taken = set(group)
        for at, each in enumerate(aggregates):
            if each.name in taken:
                self._add(f"/aggregate/{at}/as", f"名称“{each.name}”重复",
                          f"the name {each.name!r} is taken", "请用 as 改名", "rename it by as")  # fmt: skip
            taken.add(each.name)

    def _order(
        self, group: tuple[str, ...], aggregates: tuple[Aggregate, ...], grouped: bool
    ) -> tuple[Order, ...]:
        names = (*group, *(each.name for each in aggregates))
        allowed = frozenset(names) if grouped else self._usable
        found: list[Order] = []
        for at, item in enumerate(self._list("order")):
            value = item if isinstance(item, dict) else {}
            where = f"/order/{at}"
            check_known(value, ("field", "dir"), where, self._faults)
            name, way = value.get("field"), value.get("dir", "asc")
            if way not in ("asc", "desc"):
                self._add(f"{where}/dir", "dir 有误", "dir is wrong", "请填 asc 或 desc",
                          "use asc or desc")  # fmt: skip
            if name not in allowed if isinstance(name, str) else True:
                known = "、".join(names if grouped else (n for n in self._columns if n in allowed))
                self._add(f"{where}/field", f"不能按“{shown(name)}”排序",
                          f"{shown(name)} cannot order the answer", f"可用：{known or '无'}",
                          f"use {known.replace('、', ', ') or 'none'}")  # fmt: skip
            elif name in [each.name for each in found]:
                self._add(f"{where}/field", f"“{name}”重复", f"{name!r} is there twice",
                          "请删去其一", "remove one")  # fmt: skip
            else:
                found.append(Order(str(name), way == "desc"))
        return tuple(found)

    def _limit(self) -> int | None:
        value = self._value.get("limit", DEFAULT_LIMIT)
        if value == "all":
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_LIMIT:
            return value
        self._add("/limit", "limit 有误", "limit is wrong",
                  f"请填 1 至 {MAX_LIMIT}，csv、arrow、parquet 另可填 all",
                  f"give 1 to {MAX_LIMIT}, or all for csv, arrow and parquet")  # fmt: skip
        return DEFAULT_LIMIT

    def _cursor(self, grouped: bool) -> str | None:
        value = self._value.get("cursor")
        if value is None:
            return None
        if grouped or not isinstance(value, str) or not 0 < len(value) <= _CURSOR:
            self._add("/cursor", "游标有误，分组查询没有游标",
                      "the cursor is wrong; a query of groups has none",
                      "请原样传回上一页的 next，或去掉", "send `next` as it came")  # fmt: skip
            return None
        return value
