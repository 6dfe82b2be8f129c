"""Listings, their versions and the reviews of these."""

from __future__ import annotations

from django.db import models

from duokua.store.states.listing import ListingState, ResourceKind, ShareClass, VersionState


class Listing(models.Model):
    """A resource on offer; titles, class, level and domain are those of the version on show.

    Until a version is on show they are those of the draft.
    """

    id = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=16, choices=ResourceKind.choices)
    dataset = models.OneToOneField(
        "lake.Dataset", null=True, on_delete=models.PROTECT, related_name="+"
    )  # of kind data
    owner = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=16, choices=ListingState.choices, default=ListingState.DRAFT
    )
    revision = models.PositiveIntegerField(default=0)  # guards updates
    shown = models.PositiveIntegerField(default=0)  # number of the version on show, 0: none yet
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    share_class = models.CharField(max_length=16, choices=ShareClass.choices)
    level = models.CharField(max_length=2)
    domain = models.CharField(max_length=32, blank=True)  # one of the five domains (五大领域)
    successor = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    notice_until = models.DateTimeField(null=True)  # the announced withdrawal
    reason = models.CharField(max_length=500, blank=True)  # of the withdrawal
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    published_at = models.DateTimeField(null=True)  # first time on show
    changed_at = models.DateTimeField()
    quality = models.FloatField(null=True)  # 0…1; None: not judged yet
    judged = models.JSONField(null=True)  # the score's reasons: values.listing_quality.Judged
    heat = models.PositiveIntegerField(default=0)  # calls of the last 30 days
    stars = models.PositiveIntegerField(default=0)  # sum over its ratings
    ratings = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-changed_at", "id"]),
            models.Index(fields=["owner", "state", "id"]),
        ]

    def __str__(self) -> str:
        return self.id


class ListingVersion(models.Model):
    """One version of what a listing says; ``body`` is the frozen value."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()  # 1, 2, …
    state = models.CharField(
        max_length=16, choices=VersionState.choices, default=VersionState.DRAFT
    )
    revision = models.PositiveIntegerField(default=0)
    body = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "number"], name="one_version_of_a_number"),
            models.UniqueConstraint(
                fields=["listing"],
                condition=models.Q(state__in=["draft", "assessment", "consent", "review"]),
                name="one_version_under_way",
            ),
        ]
        indexes = [models.Index(fields=["state", "changed_at"])]

    def __str__(self) -> str:
        return f"{self.listing_id}/{self.number}"


class ListingReview(models.Model):
    """What one reviewer said of a version at one stage."""

    version = models.ForeignKey(ListingVersion, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=16, choices=VersionState.choices)
    agreed = models.BooleanField()
    comment = models.CharField(max_length=1000, blank=True)
    findings = models.JSONField(default=dict)  # of the assessment: question → answer
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    acting_for = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.version} {self.stage}"
