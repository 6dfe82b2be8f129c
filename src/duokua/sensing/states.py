"""What devices are, why an event is refused, and what may be the matter with a device."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DeviceState(models.TextChoices):
    """Whether events of a device are taken."""

    ACTIVE = "active", pgettext_lazy("device", "Active")  # 启用
    SUSPENDED = "suspended", pgettext_lazy("device", "Suspended")  # 停用


class Reason(models.TextChoices):
    """Why an event stands aside (拒收原因); the first that holds counts."""

    MALFORMED = "malformed", _("cannot be read")  # 无法读取
    INCOMPLETE = "incomplete", _("lacks a value that is needed")  # 缺少必填值
    UNKNOWN = "unknown", _("device is not registered")  # 设备未登记
    SUSPENDED = "suspended", _("device is suspended")  # 设备已停用
    FOREIGN = "foreign", _("sender may not speak for this device")  # 冒用设备
    TIME = "time", _("instant without an offset, or none at all")  # 时间有误
    AHEAD = "ahead", _("clock is ahead")  # 时钟超前
    LATE = "late", _("came too late")  # 迟到过久
    UNIT = "unit", _("unit is not the declared one")  # 单位不符
    RANGE = "range", _("value cannot be")  # 数值不可能
    CODE = "code", _("value is not of the code list")  # 不在代码表
    OLD = "old", _("sequence number is too old")  # 序号过旧
    REPEATED = "repeated", _("was sent before")  # 重复上报
    LAKE = "lake", _("does not fit the dataset")  # 未能落湖


class Trouble(models.TextChoices):
    """What is the matter with a device (设备异常)."""

    LOST = "lost", _("Lost")  # 失联
    FROZEN = "frozen", _("Frozen value")  # 数值卡死
    JUMP = "jump", _("Impossible jump")  # 数值突变
