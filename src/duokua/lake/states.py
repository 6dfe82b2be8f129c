"""How a batch lands (汇聚方式)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchMode(models.TextChoices):
    """What a batch does to the rows that are there."""

    APPEND = "append", _("Append")  # 追加
    REPLACE = "replace", _("Replace")  # 替换
    UPSERT = "upsert", _("Upsert")  # 按主键更新


class Leaving(models.TextChoices):
    """How rows leave the quarantine."""

    REPLAYED = "replayed", _("Replayed")  # 更正后重新汇聚
    DISMISSED = "dismissed", _("Dismissed")  # 不再处理
    WITHDRAWN = "withdrawn", _("Withdrawn")  # 随批次撤回


class ErasureState(models.TextChoices):
    """How far an erasure is; there is no way back."""

    WAITING = "waiting", _("Under way")  # 进行中
    DONE = "done", _("Erased")  # 已彻底删除
