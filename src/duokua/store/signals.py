"""What the store tells whoever keeps something made of it, after the database has committed."""

from __future__ import annotations

from django.db import transaction
from django.dispatch import Signal

listing_changed = Signal()  # listing_id: str
request_began = Signal()  # request_id: str; within the transaction that makes its first steps


def tell_changed(listing_id: str) -> None:
    """Send ``listing_changed`` once the caller's transaction has committed."""
    transaction.on_commit(
        lambda: listing_changed.send_robust(sender=Signal, listing_id=listing_id) and None
    )
