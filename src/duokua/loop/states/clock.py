"""The life of a clock (时限)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClockKind(models.TextChoices):
    """What has to be done before it is over."""

    ACCEPT = "accept", _("To accept")  # 受理
    CONTROL = "control", _("First control")  # 管控
    DISPOSE = "dispose", _("Disposal")  # 处置
    VERIFY = "verify", _("Verification")  # 核查


class ClockState(models.TextChoices):
    """Where a clock stands."""

    RUNNING = "running", _("Running")  # 计时中
    STOPPED = "stopped", _("Stopped")  # 已停表
    MET = "met", _("In time")  # 按时
    MISSED = "missed", _("Overdue")  # 超时
    VOID = "void", _("No longer needed")  # 作废
