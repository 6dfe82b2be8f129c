"""The life of a listing (上架资源), and of each version of what it says.

A listing is shown or not; what is walked through review is a version. So a change of a published
listing is reviewed while the version before it stays on show.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ResourceKind(models.TextChoices):
    """The four kinds (资源类别) that a listing may be of."""

    DATA = "data", _("Data")  # 数据
    CLOUD = "cloud", _("Cloud")  # 云资源
    COMPONENT = "component", _("Component")  # 组件
    APPLICATION = "application", _("Application")  # 应用


class ShareClass(models.TextChoices):
    """The share class (共享类型) of a listing and of each of its data items."""

    UNCONDITIONAL = "unconditional", _("Shared unconditionally")  # 无条件共享
    CONDITIONAL = "conditional", _("Shared on conditions")  # 有条件共享
    REFUSED = "refused", _("Not shared")  # 不予共享


class ListingState(models.TextChoices):
    """Where a listing stands."""

    DRAFT = "draft", _("Not yet listed")  # 未上架
    PUBLISHED = "published", _("Listed")  # 已发布
    NOTICE = "notice", _("Withdrawal announced")  # 下架公示
    WITHDRAWN = "withdrawn", pgettext_lazy("listing", "Withdrawn")  # 已下架


class VersionState(models.TextChoices):
    """Where a version of a listing stands."""

    DRAFT = "draft", _("Draft")  # 草稿
    ASSESSMENT = "assessment", _("Confidentiality and personal data")  # 保密与个人信息评估
    CONSENT = "consent", _("Consent of the department's head")  # 部门负责人同意
    REVIEW = "review", _("Review by the data bureau")  # 主管部门审核
    SHOWN = "shown", _("On show")  # 已发布
    SUPERSEDED = "superseded", _("Superseded")  # 已被替代
    DROPPED = "dropped", _("Dropped")  # 已放弃


LISTING_MOVES: dict[ListingState, tuple[ListingState, ...]] = {
    ListingState.DRAFT: (ListingState.PUBLISHED,),
    ListingState.PUBLISHED: (ListingState.NOTICE,),
    ListingState.NOTICE: (ListingState.PUBLISHED, ListingState.WITHDRAWN),
    ListingState.WITHDRAWN: (ListingState.PUBLISHED,),
}
VERSION_MOVES: dict[VersionState, tuple[VersionState, ...]] = {
    VersionState.DRAFT: (VersionState.ASSESSMENT, VersionState.DROPPED),
    VersionState.ASSESSMENT: (VersionState.CONSENT, VersionState.DRAFT),
    VersionState.CONSENT: (VersionState.REVIEW, VersionState.DRAFT),
    VersionState.REVIEW: (VersionState.SHOWN, VersionState.DRAFT),
    VersionState.SHOWN: (VersionState.SUPERSEDED,),
    VersionState.SUPERSEDED: (),
    VersionState.DROPPED: (),
}
IN_REVIEW = (VersionState.ASSESSMENT, VersionState.CONSENT, VersionState.REVIEW)
VISIBLE = (ListingState.PUBLISHED, ListingState.NOTICE)  # may be found and looked at by others
