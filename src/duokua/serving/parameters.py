"""Reading a call's parameters (参数): every wrong one is named at once."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT, Parameter, Shape
from duokua.lang.predicate import Value, parse_text
from duokua.serving.encode import MEDIA
from duokua.serving.plan import Given, Plan
from duokua.serving.problems import Refusal, misfit

_RESERVED = ("limit", "cursor", "format")
_MAX_FIELDS = 100
ACCEPTS = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
    "*/*": "json",
    "application/*": "json",
    "text/*": "csv",
}


@dataclass(frozen=True, slots=True)
class Call:
    """The checked parameters of one call; without ``limit``, all rows that the grant allows."""

    given: Given
    limit: int | None
    cursor: str | None
    format: str


def read_call(plan: Plan, query: str, accept: str | None) -> Call:
    """Check a query string against the plan's interface.

    :raises Refusal: ``parameters_invalid`` with every fault, or ``not_acceptable``.
    """
    if plan.served.interface.shape in (Shape.VERIFY, Shape.CHANGES):
        raise Refusal("not_found")  # these are asked in their own ways
    faults = Faults("/")
    fields = text_fields(query, faults)
    format_ = chosen_format(fields.pop("format", None), accept)
    lookup = plan.served.interface.shape is Shape.LOOKUP
    limit, cursor = 1 if lookup else DEFAULT_LIMIT, None
    if not lookup:
        limit = wanted_limit(fields.pop("limit", None), format_, faults)
        cursor = fields.pop("cursor", None)
    given = given_values(plan, fields, faults)
    if limit == 0 and cursor is not None:
        faults.add("cursor", "limit=all 不接受游标", "limit=all takes no cursor",
                   "请去掉其中之一", "leave one of them out")  # fmt: skip
    if faults.found:
        raise Refusal("parameters_invalid", faults=tuple(faults.found))
    return Call(given, limit or None, cursor, format_)


def text_fields(query: str, faults: Faults) -> dict[str, str]:
    """Return the fields of a query string, noting what is wrong with it as a whole."""
    fields: dict[str, str] = {}
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        faults.add("", "查询串无法读取", "the query string cannot be read",
                   "请用 UTF-8 百分号编码，且不超过 100 项",
                   "use UTF-8 percent-encoding, 100 fields at most")  # fmt: skip
        return fields
    for name, value in pairs:
        if name in fields:
            faults.add(name, f"参数 {name} 重复", f"{name} is given twice",
                       "每个参数只给一次", "give each parameter once")  # fmt: skip
        fields[name] = value
    return fields


def chosen_format(asked: str | None, accept: str | None) -> str:
    """Return the format by ``format=``, else by the Accept header.

    :raises Refusal: ``not_acceptable``.
    """
    if asked is not None:
        if asked not in MEDIA:
            raise Refusal("not_acceptable")
        return asked
    if not accept:
        return "json"
    for part in accept.split(","):
        media = part.partition(";")[0].strip().lower()
        if media in ACCEPTS:
            return ACCEPTS[media]
    raise Refusal("not_acceptable")


def wanted_limit(text: str | None, format_: str, faults: Faults) -> int:
    """Return the limit, 0 for ``all``."""
    if text is None:
        return DEFAULT_LIMIT
    if text == "all":
        if format_ == "json":
            faults.add("limit", "limit=all 仅支持 csv、arrow、parquet",
                       "limit=all is for csv, arrow and parquet only",
                       "请更换 format 或分页读取",
                       "change `format`, or read page by page")  # fmt: skip
        return 0
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    faults.add("limit", f"limit 应为 1 至 {MAX_LIMIT} 的整数",
               f"limit is a whole number from 1 to {MAX_LIMIT}",
               "请改正，或对 csv/arrow/parquet 用 limit=all",
               "mend it, or use limit=all with csv, arrow or parquet")  # fmt: skip
    return DEFAULT_LIMIT


def given_values(
    plan: Plan, fields: dict[str, str], faults: Faults, more: tuple[str, ...] = ()
) -> Given:
    """Return the declared parameters among ``fields``; every other field is noted.

    ``more`` are names of the query string that a shape has besides.
    """
    given: list[tuple[Parameter, Value]] = []
    for name, parameter in plan.parameters.items():
        if name in fields:
            value = _value(parameter, plan.parameter_column(parameter), fields.pop(name), faults)
            if value is not None:
                given.append((parameter, value))
        elif parameter.required:
            faults.add(name, f"缺少参数 {name}", f"{name} is missing",
                       "请补充该参数", "give this parameter")  # fmt: skip
    allowed = "、".join([*plan.parameters, *more, *_RESERVED])
    for name in fields:
        faults.add(name, f"没有参数 {name}", f"there is no parameter {name}",
                   f"可用参数：{allowed}", f"use one of {allowed.replace('、', ', ')}")  # fmt: skip
    return tuple(given)


def _value(parameter: Parameter, column: Column, text: str, faults: Faults) -> Value | None:
    try:
        return parse_text(text, column.kind)
    except ValueError:
        faults.found.extend(misfit(parameter.name, text, column.kind.value).faults)
        return None
