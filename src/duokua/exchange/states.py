"""The life of a grant as one table: opened once, held back at times, then revoked or retired."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class GrantState(models.TextChoices):
    """What is stored; ``future`` follows from the clock, and so does ``expired`` before it is stored."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")  # 暂停
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


MOVES: dict[GrantState, tuple[GrantState, ...]] = {
    GrantState.ACTIVE: (GrantState.SUSPENDED, GrantState.REVOKED, GrantState.EXPIRED),
    GrantState.SUSPENDED: (GrantState.ACTIVE, GrantState.REVOKED, GrantState.EXPIRED),
    GrantState.REVOKED: (),
    GrantState.EXPIRED: (),
}
LIVE = (GrantState.ACTIVE, GrantState.SUSPENDED)
