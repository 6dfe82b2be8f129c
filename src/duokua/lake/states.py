"""How a batch lands (汇聚方式)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchMode(models.TextChoices):
    """What a batch does to the rows that are there."""

    APPEND = "append", _("Append")  # 追加
    REPLACE = "replace", _("Replace")  # 替换
