"""Roles (角色) that a person may hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do in the portal: each person has a main role and may hold further posts."""

    STEWARD = "steward", _("Data steward")  # 数据责任人
    HEAD = "head", _("Department head")  # 部门负责人
    DEVELOPER = "developer", _("Developer")  # 开发人员
    BUREAU = "bureau", _("Data bureau reviewer")  # 数据局审核员
    SECURITY = "security", _("Security officer")  # 安全员
    AUDITOR = "auditor", _("Auditor")  # 审计员
    ADMIN = "admin", _("Department administrator")  # 部门管理员
    HANDLER = "handler", _("Case handler")  # 处置人员
    COMMAND = "command", _("District command")  # 区级指挥
    CLERK = "clerk", _("Enterprise clerk")  # 企业办事员
    CITIZEN = "citizen", _("Resident")  # 居民


# Over the whole district, so no department gives them to its own people.
DISTRICT_WIDE = frozenset((Role.BUREAU, Role.SECURITY, Role.AUDITOR, Role.COMMAND))
# Which of several roles a page is opened in: the farther it reaches, the earlier it stands.
BY_REACH = (
    Role.BUREAU, Role.COMMAND, Role.AUDITOR, Role.SECURITY, Role.HEAD, Role.STEWARD,
    Role.HANDLER, Role.ADMIN, Role.DEVELOPER, Role.CLERK, Role.CITIZEN,
)  # fmt: skip
