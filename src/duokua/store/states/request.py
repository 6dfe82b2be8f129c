"""The life of a request (申请) and of each single decision on it, each as one table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestState(models.TextChoices):
    """Where a request stands."""

    DRAFT = "draft", _("Draft")  # 草稿
    SIGNOFF = "signoff", _("Sign-off in the own department")  # 部门内签批
    COMPLIANCE = "compliance", _("Compliance review")  # 符合性审查
    DECIDING = "deciding", _("Decision of the provider")  # 提供方审批
    RETURNED = "returned", _("Returned for completion")  # 退回补正
    PROVISIONING = "provisioning", _("Being provisioned")  # 开通中
    IN_USE = "in_use", _("In use")  # 使用中
    SUSPENDED = "suspended", _("Suspended")  # 暂停
    REFUSED = "refused", pgettext_lazy("request", "Refused")  # 不同意
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "Withdrawn")  # 已撤回
    FAILED = "failed", _("Provisioning failed")  # 开通失败
    REVOKED = "revoked", _("Revoked")  # 已撤销
    EXPIRED = "expired", _("Expired")  # 已到期
    GIVEN_BACK = "given_back", _("Given back")  # 已归还
    ARCHIVED = "archived", _("Archived")  # 已归档


class StepState(models.TextChoices):
    """Where a single decision (审批环节) stands."""

    WAITING = "waiting", _("Not yet its turn")  # 未到
    OPEN = "open", _("To be decided")  # 待办
    AGREED = "agreed", _("Agreed")  # 同意
    NARROWED = "narrowed", _("Agreed in part")  # 部分同意
    RETURNED = "returned", _("Returned")  # 退回补正
    REFUSED = "refused", pgettext_lazy("request", "Refused")  # 不同意
    VOID = "void", _("No longer needed")  # 无需办理


class StepKind(models.TextChoices):
    """What a step decides."""

    SIGNOFF = "signoff", _("Sign-off in the own department")  # 部门内签批
    COMPLIANCE = "compliance", _("Compliance review")  # 符合性审查
    PROVIDER = "provider", _("Decision of the provider")  # 提供方审批
    SECURITY = "security", _("Countersigned by the security officer")  # 安全员加签
    BUREAU = "bureau", _("Countersigned by the data bureau")  # 数据局加签


class DisputeState(models.TextChoices):
    """Where a dispute (争议) stands."""

    NEGOTIATION = "negotiation", _("Negotiation")  # 协商
    COORDINATION = "coordination", _("Coordination by the data bureau")  # 主管部门协调
    GOVERNMENT = "government", _("Decision of the government")  # 本级政府决定
    UPHELD = "upheld", _("Upheld")  # 支持申请方
    DISMISSED = "dismissed", pgettext_lazy("dispute", "Dismissed")  # 维持原决定
    SETTLED = "settled", _("Settled")  # 协商一致
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "Withdrawn")  # 已撤回


_R = RequestState
REQUEST_MOVES: dict[RequestState, tuple[RequestState, ...]] = {
    _R.DRAFT: (_R.SIGNOFF, _R.WITHDRAWN),
    _R.SIGNOFF: (_R.COMPLIANCE, _R.RETURNED, _R.REFUSED, _R.WITHDRAWN),
    _R.COMPLIANCE: (_R.DECIDING, _R.PROVISIONING, _R.RETURNED, _R.REFUSED, _R.WITHDRAWN),
    _R.DECIDING: (_R.PROVISIONING, _R.RETURNED, _R.REFUSED, _R.WITHDRAWN),
    _R.RETURNED: (_R.SIGNOFF, _R.COMPLIANCE, _R.DECIDING, _R.WITHDRAWN),
    _R.PROVISIONING: (_R.IN_USE, _R.FAILED),
    _R.IN_USE: (_R.SUSPENDED, _R.REVOKED, _R.EXPIRED, _R.GIVEN_BACK),
    _R.SUSPENDED: (_R.IN_USE, _R.REVOKED, _R.EXPIRED, _R.GIVEN_BACK),
    _R.REFUSED: (_R.DECIDING, _R.COMPLIANCE, _R.SIGNOFF, _R.ARCHIVED),  # back: a dispute upheld
    _R.WITHDRAWN: (_R.ARCHIVED,),
    _R.FAILED: (_R.PROVISIONING, _R.ARCHIVED),
    _R.REVOKED: (_R.ARCHIVED,),
    _R.EXPIRED: (_R.ARCHIVED,),
    _R.GIVEN_BACK: (_R.ARCHIVED,),
    _R.ARCHIVED: (),
}
_S = StepState
STEP_MOVES: dict[StepState, tuple[StepState, ...]] = {
    _S.WAITING: (_S.OPEN, _S.VOID),
    _S.OPEN: (_S.AGREED, _S.NARROWED, _S.RETURNED, _S.REFUSED, _S.VOID),
    _S.AGREED: (_S.VOID,),
    _S.NARROWED: (_S.OPEN, _S.VOID),  # open again: a dispute upheld
    _S.RETURNED: (_S.OPEN, _S.VOID),  # open again: completed
    _S.REFUSED: (_S.OPEN,),  # a dispute upheld
    _S.VOID: (),
}
_D = DisputeState
DISPUTE_MOVES: dict[DisputeState, tuple[DisputeState, ...]] = {
    _D.NEGOTIATION: (_D.COORDINATION, _D.SETTLED, _D.WITHDRAWN),
    _D.COORDINATION: (_D.GOVERNMENT, _D.UPHELD, _D.DISMISSED, _D.SETTLED, _D.WITHDRAWN),
    _D.GOVERNMENT: (_D.UPHELD, _D.DISMISSED, _D.WITHDRAWN),
    _D.UPHELD: (),
    _D.DISMISSED: (),
    _D.SETTLED: (),
    _D.WITHDRAWN: (),
}
PENDING = (_R.SIGNOFF, _R.COMPLIANCE, _R.DECIDING)  # the clock runs and somebody has to decide
LIVE = (_R.IN_USE, _R.SUSPENDED)  # there is a grant
