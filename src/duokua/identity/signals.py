"""What identity announces to the floors above it."""

from __future__ import annotations

from django.dispatch import Signal

# Keywords ``person`` (username), ``cause``, ``title``, ``body`` (Text), ``link``, ``now``: somebody
# is to know something; sent within the transaction of the act.
told = Signal()
# Keywords ``username``: somebody may not sign in any more; sent when that is committed.
person_disabled = Signal()
# Keywords ``username``: somebody may sign in again; sent when that is committed.
person_enabled = Signal()
