"""The life of a grant as one table: it is opened once and may be revoked once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class GrantState(models.TextChoices):
    """What is stored; ``future`` and ``expired`` follow from the clock."""

    ACTIVE = "active", _("Active")
    REVOKED = "revoked", _("Revoked")


MOVES: dict[GrantState, tuple[GrantState, ...]] = {
    GrantState.ACTIVE: (GrantState.REVOKED,),
    GrantState.REVOKED: (),
}
