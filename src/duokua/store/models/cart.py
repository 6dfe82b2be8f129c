"""The cart (选购车) of a person."""

from __future__ import annotations

from django.db import models

from duokua.store.models.listing import Listing


class CartLine(models.Model):
    """A listing that a person means to ask for, and the product of it once chosen."""

    username = models.CharField(max_length=64)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    interface = models.CharField(max_length=64, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["username", "listing"], name="once_in_cart")]
        indexes = [models.Index(fields=["username", "-added_at"])]

    def __str__(self) -> str:
        return f"{self.username} {self.listing_id}"
