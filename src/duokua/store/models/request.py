"""Requests, what is attached to them, and the probes of what they opened."""

from __future__ import annotations

from django.db import models

from duokua.store.models.listing import Listing
from duokua.store.states.request import RequestState


class Request(models.Model):
    """One department asks for one product of one listing, for one purpose."""

    id = models.CharField(max_length=64, primary_key=True)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    interface = models.CharField(max_length=64, blank=True)  # the product; blank in a draft
    client = models.CharField(max_length=64, blank=True)  # the program that will call
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    provider = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    requested_by = models.CharField(max_length=64)
    state = models.CharField(
        max_length=16, choices=RequestState.choices, default=RequestState.DRAFT
    )
    revision = models.PositiveIntegerField(default=0)
    bundle = models.CharField(max_length=64, blank=True)  # requests that were submitted together
    body = models.JSONField()  # what is asked: values.request.Ask
    decided = models.JSONField(null=True)  # what was agreed, never more than was asked
    grant = models.OneToOneField(
        "exchange.Grant", null=True, on_delete=models.PROTECT, related_name="+"
    )
    renews = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of the running clock; None while it is stopped
    ends_at = models.DateTimeField(null=True)  # of the grant
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["department", "-changed_at", "id"]),
            models.Index(fields=["provider", "-changed_at", "id"]),
            models.Index(fields=["state", "due_at", "id"]),
            models.Index(fields=["listing", "-changed_at"]),
            models.Index(fields=["requested_by", "-changed_at", "id"]),
        ]

    def __str__(self) -> str:
        return self.id


class Attachment(models.Model):
    """A file (附件) of a request; its bytes lie in the home under its digest."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.request_id} {self.name}"


class Probe(models.Model):
    """One probe (探针) of a grant with the requester's own credential."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")
    grant = models.CharField(max_length=64)
    after = models.CharField(max_length=16)  # granted, suspended, revoked, expired, given_back …
    passed = models.BooleanField()
    checks = models.JSONField(default=list)  # what was tried, expected and seen; never a value
    took_ms = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["request", "-at"])]

    def __str__(self) -> str:
        return f"{self.request_id} {self.after}"
