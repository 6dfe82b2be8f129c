"""What users say of a listing: ratings after use, questions, following."""

from __future__ import annotations

from django.db import models

from duokua.store.models.listing import Listing


class Rating(models.Model):
    """A department that uses a listing rates (评价) it, once; it may change its mind."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    stars = models.PositiveSmallIntegerField()  # 1…5
    text = models.CharField(max_length=1000, blank=True)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "department"], name="one_rating_each"),
            models.CheckConstraint(condition=models.Q(stars__range=(1, 5)), name="one_to_five"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.stars}"


class Question(models.Model):
    """A question (提问) about a listing, and its owner's answer."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    text = models.CharField(max_length=1000)
    answer = models.CharField(max_length=2000, blank=True)
    answered_by = models.CharField(max_length=64, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["listing", "-at"])]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.at}"


class Follow(models.Model):
    """A person follows (关注) a listing and is told of its changes."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    username = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "username"], name="followed_once")
        ]
        indexes = [models.Index(fields=["username", "-at"])]

    def __str__(self) -> str:
        return f"{self.username} {self.listing_id}"
