"""Reads views (视图), ``views/<id>.yaml``: pages put together from panels."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang.scenario.gate import Tables
from duokua.lang.scenario.panel import SOURCES, wrong_options
from duokua.lang.scenario.part import Part, key, shape, unlike
from duokua.lang.scenario.queries import admit_at
from duokua.lang.scenario.view import KINDS, Panel, View
from duokua.lang.yamlfile import Document

SUBJECT = "key"  # on a page of an entity, queries say $key for which one it is about
_WIDE = 12

VIEW = shape(
    "views/*.yaml", "视图", "a view",
    key("title", "{zh, en}", "页面标题", "title of the page", needed=True),
    key("panels", "[{…}]", "面板", "its panels", needed=True),
    key("roles", "[role]", "哪些角色可看，默认全部", "roles that see it; by default all of them"),
    key("entity", "table", "每行一页的表", "the table whose rows have a page each"),
    key("key", "column", "该表中识别一行的列；查询里写 $key",
        "its column that names a row; queries say $key"),
    key("tabs", "[{…}]", "分页签", "tabs"),
)  # fmt: skip
PANEL = shape(
    "views/*.yaml: panels", "面板", "a panel",
    key("id", "word", "标识", "id", needed=True),
    key("kind", "table", "map、kpi、table、chart、entity、timeline、form、gauge 或 gantt",
        "map, kpi, table, chart, entity, timeline, form, gauge or gantt", needed=True),
    key("title", "{zh, en}", "面板标题", "title of the panel", needed=True),
    key("query", "select …", "数据的查询（与 source 二选一）", "the query of its rows; or source"),
    key("source", "cases", "平台的数据：cases、findings 或 indicators",
        "rows of the platform: cases, findings or indicators"),
    key("options", "{…}", "该类面板的选项", "options of that kind of panel"),
    key("wide", "6", "宽度，全宽为 12", "width, of twelve columns"),
)  # fmt: skip
TAB = shape(
    "views/*.yaml: tabs", "页签", "a tab",
    key("title", "{zh, en}", "页签标题", "title of the tab", needed=True),
    key("panels", "[panel]", "其中的面板", "its panels", needed=True),
)  # fmt: skip


def read_view(
    document: Document,
    *,
    tables: Tables,
    parameters: Collection[str],
    roles: Collection[str],
    forms: Collection[str],
    faults: Faults,
) -> View:
    """Read a view; its queries pass the gate over ``tables``, its options the kind's own schema."""
    top = Part(document.value, VIEW, document, faults)
    name = PurePosixPath(document.source).stem
    if not is_word(name):
        top.tell(f"文件名“{name}”不合规", f"{name!r} is no name for a view",
                 "请用小写字母、数字、下划线", "use a-z, 0-9 and _")  # fmt: skip
    entity, subject = _entity(top, tables)
    known = {*parameters, SUBJECT} if entity else set(parameters)
    panels = []
    for part in top.parts("panels", PANEL):
        panel = _panel(part, tables, known)
        _check_form(part, panel, forms)
        panels.append((panel, part.place()))
    unlike([(panel.id, where) for panel, where in panels], faults)
    return View(
        id=name,
        title=top.both("title"),
        panels=tuple(panel for panel, _ in panels),
        roles=top.some_of("roles", roles),
        entity=entity,
        key=subject,
        tabs=tuple(_tabs(top, [panel.id for panel, _ in panels])),
        file=document.source,
    )


def _entity(top: Part, tables: Tables) -> tuple[str, str]:
    entity = top.choice("entity", tuple(tables))
    subject = top.text("key")
    if bool(top.has("entity")) != bool(subject):
        missing = "key" if top.has("entity") else "entity"
        top.wrong(missing, "：entity 与 key 须同时写", "is needed: entity and key go together")
    if entity and subject and subject not in tables[entity]:
        columns = ", ".join(tables[entity])
        top.wrong("key", f"：表 {entity} 没有列 {subject}", f"is no column of {entity}: {subject}",
                  f"可用：{columns}", f"use one of {columns}")  # fmt: skip
        subject = ""
    return entity, subject


def _panel(part: Part, tables: Tables, parameters: Collection[str]) -> Panel:
    kind, source = part.choice("kind", KINDS), part.choice("source", tuple(SOURCES))
    admitted = admit_at(part, "query", tables=tables, parameters=parameters)
    if part.has("query") and part.has("source"):
        part.wrong(
            "source",
            "与 query 只能写一个",
            "and query do not go together",
            "请删去其一",
            "remove one",
        )
    if not part.has("query") and not part.has("source") and kind and kind != "form":
        part.wrong("query", "：须有 query 或 source", "or source is needed")
    options = _options(part)
    columns = tuple(admitted.columns) if admitted else SOURCES.get(source) if source else None
    if kind:
        for wrong in wrong_options(kind, options, columns):
            part.tell(
                wrong.what.zh, wrong.what.en, wrong.mend.zh, wrong.mend.en, "options", wrong.key
            )
    return Panel(
        id=part.word("id"),
        kind=kind,
        title=part.both("title"),
        query=admitted.query if admitted else "",
        tables=admitted.tables if admitted else (),
        source=source,
        options=options,
        wide=part.count("wide", 6, 1, _WIDE),
    )


def _options(part: Part) -> dict[str, object]:
    value = part.told.get("options")
    if value is not None and not isinstance(value, dict):
        part.wrong("options", "须是“选项: 值”", "has to be a mapping of options")
    return value if isinstance(value, dict) else {}


def _check_form(part: Part, panel: Panel, forms: Collection[str]) -> None:
    form = panel.options.get("form")
    if panel.kind == "form" and isinstance(form, str) and form not in forms:
        listed = ", ".join(forms) or "–"
        part.tell(f"没有表单“{form}”", f"there is no form {form!r}",
                  f"可用：{listed}；或新建 forms/{form}.yaml",
                  f"use one of {listed}; or write forms/{form}.yaml", "options", "form")  # fmt: skip


def _tabs(top: Part, panels: list[str]) -> Iterator[tuple[Text, tuple[str, ...]]]:
    shown: set[str] = set()
    for part in top.parts("tabs", TAB):
        named = part.some_of("panels", panels)
        shown |= set(named)
        yield part.both("title"), named
    if top.has("tabs"):
        for name in panels:
            if name not in shown:
                top.wrong("tabs", f"：面板 {name} 不在任何页签里", f"have no place for the panel {name}",
                          f"请把 {name} 列入某个页签", f"name {name} in one of them")  # fmt: skip
