"""Roles (角色) that a person may hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do in the portal; a person holds one post."""

    STEWARD = "steward", _("Data steward")  # 数据责任人
    DEVELOPER = "developer", _("Developer")  # 开发人员
    BUREAU = "bureau", _("Data bureau reviewer")  # 数据局审核员
    AUDITOR = "auditor", _("Auditor")  # 审计员
