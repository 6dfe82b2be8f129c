"""A panel as its template draws it: the drawing of its kind, and its rows as a table beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.text import Language, Text
from duokua.lang.contract import Contract
from duokua.lang.scenario.level import TITLES
from duokua.lang.scenario.view import Panel
from duokua.loop.drawing.chart import chart
from duokua.loop.drawing.gantt import gantt
from duokua.loop.drawing.gauge import gauge
from duokua.loop.drawing.plan import Ring, plan
from duokua.loop.drawing.rows import EMPTY, UNKNOWN, Row, Rows, number, said
from duokua.loop.drawing.table import PAGE, Head, Table, Wording, heads, table

_BESIDE = 50  # rows of the table beside a drawing
_TOLD = 15  # lines of a timeline


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks of a panel: its order, its page, and how a row is opened."""

    sort: str = ""
    page: int = 1
    url: Callable[[Row], str] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What a drawing needs besides its rows."""

    now: datetime
    language: Language
    rings: Sequence[Ring] = ()
    contracts: Mapping[str, Contract] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the one before it, where it is told."""

    text: str
    unit: Text
    change: str
    good: bool | None  # whether the change is for the better


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a timeline."""

    at: str
    text: str
    by: str
    level: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel: ``drawing`` is of its kind; without rows there is none, and ``rows`` says why."""

    panel: Panel
    rows: Rows
    drawing: object
    table: Table
    meaning: Text

    @property
    def template(self) -> str:
        """The template of its kind."""
        return f"loop/panels/{self.panel.kind}.html"


def draw(panel: Panel, rows: Rows, asked: Asked, beside: Beside) -> Drawn:
    """Draw a panel; what cannot be drawn of these rows is left to the table."""
    wording, titles = wording_of(panel, beside)
    chosen = panel.options.get("columns")
    names = [str(each) for each in chosen] if isinstance(chosen, list) else list(rows.columns)
    shown = heads(names, titles)
    size = panel.options.get("rows", PAGE) if panel.kind == "table" else _BESIDE
    listed = table(
        rows, shown, sort=asked.sort or str(panel.options.get("sort", "")), page=asked.page,
        size=int(size) if isinstance(size, int) else PAGE, wording=wording, url=asked.url,
    )  # fmt: skip
    drawing = None
    if rows.state not in (EMPTY, UNKNOWN):
        drawing = _DRAWN[panel.kind](panel, rows, beside, shown, wording)
    meaning = both(panel.options.get("meaning")) or Text("", "")
    return Drawn(panel, rows, drawing, listed, meaning)


def wording_of(panel: Panel, beside: Beside) -> tuple[Wording, dict[str, Text]]:
    """Return how a panel's columns are called and their codes said: its own words come first."""
    titles: dict[str, Text] = dict(_TITLES)
    codes: dict[str, dict[str, Text]] = {}
    for name in panel.tables:
        contract = (beside.contracts or {}).get(name)
        for column in contract.columns if contract else ():
            titles[column.name] = column.title
            if column.codes:
                codes[column.name] = {code.value: code.title for code in column.codes}
    own = panel.options.get("titles")
    for name, told in own.items() if isinstance(own, dict) else ():
        titles[str(name)] = both(told) or Text(str(name), str(name))
    levels = frozenset({"level", str(panel.options.get("level", "level"))})
    codes |= {name: {level.value: text for level, text in TITLES.items()} for name in levels}
    return Wording(codes, levels, beside.language), titles


def both(told: object) -> Text | None:
    """Read a text of a view; ``None``: there is none."""
    if isinstance(told, Text):
        return told
    if isinstance(told, dict) and {"zh", "en"} <= set(told):
        return Text(str(told["zh"]), str(told["en"]))
    return None


_TITLES = {
    "number": Text("事件编号", "Case"),
    "title": Text("标题", "Title"),
    "name": Text("对象", "Subject"),
    "level": Text("等级", "Level"),
    "state": Text("状态", "State"),
    "department": Text("主办部门", "Lead"),
    "opened_at": Text("发现时间", "Found"),
    "due_at": Text("到期时间", "Due"),
    "closed_at": Text("结案时间", "Closed"),
    "seen_at": Text("最近一次", "Last seen"),
    "cleared_at": Text("消除时间", "Cleared"),
    "times": Text("次数", "Times"),
    "rule": Text("规则", "Rule"),
    "indicator": Text("指标", "Indicator"),
    "value": Text("数值", "Value"),
    "unit": Text("单位", "Unit"),
    "target": Text("目标", "Target"),
    "good": Text("达标", "Met"),
}
_Draw = Callable[[Panel, Rows, Beside, Sequence[Head], Wording], object]


def _map(panel: Panel, rows: Rows, beside: Beside, *_: object) -> object:
    return plan(rows, beside.rings, panel.options)


def _kpi(panel: Panel, rows: Rows, *_: object) -> object:
    row = rows.rows[0]
    value = number(row.get(str(panel.options["value"])))
    if value is None:
        return None
    before = number(row.get(str(panel.options.get("before", ""))))
    change = "" if before is None else f"{value - before:+,.2f}".rstrip("0").rstrip(".")
    good = None
    if before is not None and value != before and "good" in panel.options:
        good = (value > before) == (panel.options["good"] == "up")
    return Figure(said(value), both(panel.options.get("unit")) or Text("", ""), change, good)


def _chart(panel: Panel, rows: Rows, beside: Beside, *_: object) -> object:
    told = panel.options["y"]
    columns = [str(each) for each in told] if isinstance(told, list) else [str(told)]
    return chart(rows, str(panel.options["x"]), columns, str(panel.options.get("draw", "line")))


def _gauge(panel: Panel, rows: Rows, *_: object) -> object:
    value = number(rows.rows[0].get(str(panel.options["value"])))
    if value is None:
        return None
    bounds = {name: number(panel.options.get(name)) for name in ("least", "most", "warn", "alarm")}
    most = bounds["most"]
    return gauge(
        value, bounds["least"] or 0.0, 100.0 if most is None else most,
        bounds["warn"], bounds["alarm"],
    )  # fmt: skip


def _gantt(panel: Panel, rows: Rows, beside: Beside, *_: object) -> object:
    return gantt(rows, panel.options, beside.now)


def _timeline(panel: Panel, rows: Rows, *_: object) -> object:
    at, text, by, level = (
        str(panel.options.get(name, "")) for name in ("at", "text", "by", "level")
    )
    return tuple(
        Told(said(row.get(at)), said(row.get(text)), said(row.get(by)) if by else "",
             str(row.get(level) or "") if level else "")
        for row in rows.rows[:_TOLD]
    )  # fmt: skip


def _entity(
    panel: Panel, rows: Rows, beside: Beside, shown: Sequence[Head], wording: Wording
) -> object:
    row = rows.rows[0]
    return tuple((head.title, wording.said(head.name, row.get(head.name))) for head in shown)


def _nothing(*_: object) -> object:
    return True  # a table is drawn of its rows; a form of its fields


_DRAWN: dict[str, _Draw] = {
    "map": _map,
    "kpi": _kpi,
    "table": _nothing,
    "chart": _chart,
    "entity": _entity,
    "timeline": _timeline,
    "form": _nothing,
    "gauge": _gauge,
    "gantt": _gantt,
}
