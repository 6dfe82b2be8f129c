"""Reads indicators (指标), ``indicators/<id>.yaml``."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.lang.scenario.gate import Admitted, Tables
from duokua.lang.scenario.indicator import Indicator
from duokua.lang.scenario.part import Part, key, shape
from duokua.lang.scenario.queries import admit_at
from duokua.lang.yamlfile import Document

INDICATOR = shape(
    "indicators/*.yaml", "指标", "an indicator",
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("numerator", "select … as value …", "分子：一行一列的查询",
        "a query of one row and one column", needed=True),
    key("denominator", "select … as value …", "分母，同上；不写则只有分子",
        "the same; without it the numerator alone"),
    key("rows", "select …", "背后的明细", "the rows behind it"),
    key("unit", "1", "UCUM 单位；1 为比率", "UCUM; 1 is a share", needed=True),
    key("direction", "up", "up 越高越好，down 越低越好", "which way is good: up or down", needed=True),
    key("target", "0.95", "目标值", "the target"),
    key("target_source", "text", "目标值的出处（有目标值时必填）",
        "where the target was read; needed with one"),
)  # fmt: skip


def read_indicator(
    document: Document, *, tables: Tables, parameters: Collection[str], faults: Faults
) -> Indicator:
    """Read an indicator; its queries pass the gate over ``tables``."""
    top = Part(document.value, INDICATOR, document, faults)
    name = PurePosixPath(document.source).stem
    if not is_word(name):
        top.tell(f"文件名“{name}”不合规", f"{name!r} is no name for an indicator",
                 "请用小写字母、数字、下划线", "use a-z, 0-9 and _")  # fmt: skip
    read = {
        each: admit_at(top, each, tables=tables, parameters=parameters)
        for each in ("numerator", "denominator", "rows")
    }
    for each in ("numerator", "denominator"):
        _check_one(top, each, read[each])
    target = top.number("target")
    if target is not None and not top.has("target_source"):
        top.wrong("target_source", "：目标值须有出处", "is needed: where the target was read")
    used = {table for each in read.values() if each for table in each.tables}
    return Indicator(
        id=name,
        title=top.both("title"),
        numerator=_query(read["numerator"]),
        denominator=_query(read["denominator"]),
        rows=_query(read["rows"]),
        unit=top.text("unit"),
        direction=top.choice("direction", ("up", "down"), "up"),
        target=target,
        target_source=top.text("target_source"),
        tables=tuple(sorted(used)),
        file=document.source,
    )


def _query(admitted: Admitted | None) -> str:
    return admitted.query if admitted else ""


def _check_one(top: Part, name: str, admitted: Admitted | None) -> None:
    if admitted is not None and len(admitted.columns) != 1:
        top.wrong(name, f"须只有一列，现有 {len(admitted.columns)} 列",
                  f"has to give one column, not {len(admitted.columns)}",
                  "请写 select count(*) as value from …",
                  "write select count(*) as value from …")  # fmt: skip
