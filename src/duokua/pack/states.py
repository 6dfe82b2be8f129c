"""The life of an installed pack (安装状态), as one table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PackState(models.TextChoices):
    """Where an installation stands. What was cut short is done again, from its first step."""

    INSTALLING = "installing", _("Being installed")  # 安装中
    INSTALLED = "installed", _("Installed")  # 已安装
    REMOVING = "removing", _("Being removed")  # 移除中
    REMOVED = "removed", _("Removed")  # 已移除


_P = PackState
PACK_MOVES: dict[PackState, frozenset[PackState]] = {
    _P.INSTALLING: frozenset((_P.INSTALLED, _P.REMOVING, _P.INSTALLING)),
    _P.INSTALLED: frozenset((_P.INSTALLING, _P.REMOVING)),  # installing: an upgrade
    _P.REMOVING: frozenset((_P.REMOVED,)),
    _P.REMOVED: frozenset((_P.INSTALLING,)),
}
