"""The steps of the wizard (申请向导), and which field stands on which of them."""

from __future__ import annotations

from enum import StrEnum

from duokua.kernel.text import Text


class WizardStep(StrEnum):
    """One page of the wizard."""

    PRODUCT = "product"
    PURPOSE = "purpose"
    BASIS = "basis"
    FIELDS = "fields"
    ROWS = "rows"
    PERIOD = "period"
    DUTY = "duty"
    CHECK = "check"


TITLES: dict[WizardStep, Text] = {
    WizardStep.PRODUCT: Text("需要知道什么", "What you need to know"),
    WizardStep.PURPOSE: Text("用途", "Purpose"),
    WizardStep.BASIS: Text("法律依据", "Legal basis"),
    WizardStep.FIELDS: Text("字段", "Fields"),
    WizardStep.ROWS: Text("数据范围", "Rows"),
    WizardStep.PERIOD: Text("期限与配额", "Period and quota"),
    WizardStep.DUTY: Text("安全责任与附件", "Security duty and attachments"),
    WizardStep.CHECK: Text("核对并提交", "Check and submit"),
}
_ON: dict[str, WizardStep] = {
    **dict.fromkeys(("question", "option", "client", "more"), WizardStep.PRODUCT),
    **dict.fromkeys(("purpose", "explanation", "scenario", "without"), WizardStep.PURPOSE),
    "basis": WizardStep.BASIS,
    **dict.fromkeys(("columns", "masks", "plain"), WizardStep.FIELDS),
    **dict.fromkeys(("row_filter", "where"), WizardStep.ROWS),
    **dict.fromkeys(("valid_from", "valid_until", "quota", "row_cap"), WizardStep.PERIOD),
    **dict.fromkeys(("duty", "disposal", "attachments"), WizardStep.DUTY),
}


def step_of(where: str) -> WizardStep:
    """Return the page on which the field of a fault stands."""
    return _ON.get(where.partition("/")[0], WizardStep.CHECK)


def after(step: WizardStep) -> WizardStep:
    """Return the page that follows; the last one follows itself."""
    order = list(WizardStep)
    return order[min(order.index(step) + 1, len(order) - 1)]


def before(step: WizardStep) -> WizardStep | None:
    """Return the page before, if there is one."""
    at = list(WizardStep).index(step)
    return list(WizardStep)[at - 1] if at else None
