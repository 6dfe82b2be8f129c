"""Made-up values for the page that shows every shared part (样式)."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.kernel.text import Text
from duokua.lists.asking import FilterChoice
from duokua.shell.components import (
    Answer,
    ApprovalCard,
    CartLine,
    Cell,
    Grade,
    Kpi,
    Moment,
    Reason,
    TableRow,
    WizardPlace,
    Wrong,
)

_DATASET = Text("建筑工人实名信息", "Registered site workers")
_OWNER = Text("住房和城乡建设局", "Housing bureau")
_HEADS = (Text("名称", "Name"), Text("提供部门", "Provider"), Text("调用次数", "Calls"))


def style_values(now: datetime) -> dict[str, object]:
    """Return what the page of parts is given; dates count from ``now``."""
    return {
        "grades": tuple(Grade),
        "grade_why": Text("在线率 61 %，低于 80 %", "61 % online, below 80 %"),
        "kpis": _kpis(),
        "rings": ((120, 1000), (850, 1000), (1000, 1000)),
        "ring_title": Text("每日调用", "Calls a day"),
        "moments": _moments(now),
        "steps": _steps(),
        "faults": (
            Wrong("words", Text("未填写用途", "no purpose"), Text("请填写用途", "fill it in")),
        ),
        "answers": (
            Answer(Text("用途", "Purpose"), "Site inspection", "#words"),
            Answer(Text("期限", "Period"), "2026-12-31"),
        ),
        "card": _card(now),
        "line": CartLine("style", _DATASET, _OWNER, "#line"),
        "percent": 74,
        "reasons": _reasons(),
        "fix": _reasons()[1],
        "choices": _choices(),
        "heads": _HEADS,
        "rows": _rows(),
        "then": now - timedelta(days=3),
        "danger": Text("撤销授权", "Revoke the grant"),
        "danger_text": Text("程序将立即无法调用。", "The program can call no more at once."),
        "owner": _OWNER,
    }


def _kpis() -> tuple[Kpi, ...]:
    trend = (4.0, 6.0, 5.0, 9.0, 12.0, 11.0, 15.0)
    return (
        Kpi(Text("数据集", "Datasets"), 181, icon="database", url="#kpi", meaning="#kpi"),
        Kpi(
            Text("今日调用", "Calls today"),
            26002,
            Text("次", "calls"),
            Text("近 7 天上升", "rising for 7 days"),
            trend=trend,
            trend_title=Text("近 7 天调用", "Calls of 7 days"),
        ),
        Kpi(Text("暂无数据", "No data yet"), None, icon="gauge"),
    )


def _moments(now: datetime) -> tuple[Moment, ...]:
    return (
        Moment(Text("提交申请", "Submitted"), "done", now - timedelta(days=4), "steward_a"),
        Moment(Text("部门签批", "Signed off"), "stopped", now - timedelta(days=2), note="…"),
        Moment(Text("符合性审查", "Checked"), "late", now - timedelta(days=1)),
        Moment(Text("提供部门审批", "Decided"), "now"),
        Moment(Text("开通使用", "In use"), "todo"),
    )


def _steps() -> tuple[WizardPlace, ...]:
    return (
        WizardPlace(Text("用途", "Purpose"), "#steps", "done"),
        WizardPlace(Text("数据项", "Fields"), "#steps", "now"),
        WizardPlace(Text("核对", "Check"), "#steps", "todo"),
    )


def _card(now: datetime) -> ApprovalCard:
    return ApprovalCard(
        title=_DATASET,
        url="#card",
        department=Text("卫生健康局", "Health bureau"),
        purpose="Occupational health checks",
        due=now - timedelta(hours=5),
        late=True,
        grade=Grade.YELLOW,
        risks=(Text("包含个人信息，未脱敏", "Personal data, unmasked"),),
    )


def _reasons() -> tuple[Reason, ...]:
    return (
        Reason(Text("说明完整", "Told in full"), 100, Text("各项齐全", "nothing is missing")),
        Reason(
            Text("按周期更新", "As fresh as promised"),
            40,
            Text("已 3 天未更新", "no new data for 3 days"),
            Text("恢复每日更新", "bring in new data daily again"),
        ),
        Reason(Text("提问已答复", "Questions answered"), None, Text("暂无提问", "none asked")),
    )


def _choices() -> tuple[FilterChoice, ...]:
    options = (("L1", Text("公开", "Open")), ("L2", Text("内部", "Internal")))
    return (FilterChoice("level", Text("分级", "Level"), Text("全部", "All"), options, "L2"),)


def _rows() -> tuple[TableRow, ...]:
    cells = (
        Cell(_HEADS[0], _DATASET, "#rows"),
        Cell(_HEADS[1], _OWNER),
        Cell(_HEADS[2], "1,204", number=True),
    )
    return (TableRow(cells),)
