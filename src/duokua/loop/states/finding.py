"""The life of a finding (发现): open while the rule fires, cleared when it no longer does."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FindingState(models.TextChoices):
    """Where a finding stands."""

    OPEN = "open", _("Lasting")  # 持续
    CLEARED = "cleared", _("Cleared")  # 已消除


class FindingKind(models.TextChoices):
    """What a finding says: a warning, or that it cannot be judged."""

    WARNING = "warning", _("Warning")  # 预警
    UNKNOWN = "unknown", _("Cannot judge")  # 无法判断
