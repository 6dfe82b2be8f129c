"""How much a message matters, and whether what it tells is so still."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Weight(models.TextChoices):
    """How much it matters."""

    NOTE = "note", _("For your information")  # 告知
    WARNING = "warning", _("Needs attention")  # 需关注
    ALARM = "alarm", _("Needs action now")  # 需立即处理


class MessageState(models.TextChoices):
    """Whether what it tells is so still."""

    OPEN = "open", pgettext_lazy("message", "Open")  # 未消除
    CLEARED = "cleared", _("Cleared")  # 已消除


class SendState(models.TextChoices):
    """How far a letter to the outside is."""

    WAITING = "waiting", _("Waiting")  # 待发送
    SENT = "sent", _("Sent")  # 已发送
    FAILED = "failed", _("Sending failed")  # 发送失败
