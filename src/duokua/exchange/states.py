"""The life of a grant as one table: opened once, then revoked or, past its end, retired."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class GrantState(models.TextChoices):
    """What is stored; ``future`` follows from the clock, and so does ``expired`` before it is stored."""

    ACTIVE = "active", _("Active")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


MOVES: dict[GrantState, tuple[GrantState, ...]] = {
    GrantState.ACTIVE: (GrantState.REVOKED, GrantState.EXPIRED),
    GrantState.REVOKED: (),
    GrantState.EXPIRED: (),
}
