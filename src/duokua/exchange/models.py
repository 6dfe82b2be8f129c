"""Interfaces, clients and grants as they are kept."""

from __future__ import annotations

from django.db import models

from duokua.exchange.states import GrantState


class Interface(models.Model):
    """The newest version of a published interface; ``body`` is its declaration."""

    id = models.CharField(max_length=64, primary_key=True)
    dataset = models.ForeignKey("lake.Dataset", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=32)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    open = models.BooleanField(default=False)
    body = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["dataset", "id"]), models.Index(fields=["owner", "id"])]

    def __str__(self) -> str:
        return self.id


class Client(models.Model):
    """A program of a department."""

    id = models.CharField(max_length=64, primary_key=True)
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class ClientKey(models.Model):
    """A key (密钥) of a program; of its secret only the hash is kept."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="keys")
    number = models.PositiveIntegerField()  # its id is k1, k2, …
    label = models.CharField(max_length=80)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    until = models.DateTimeField(null=True)  # from then on it counts no more
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=64, blank=True)
    revoked_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "number"], name="one_key_of_a_number")
        ]
        ordering = ["client", "number"]

    def __str__(self) -> str:
        return f"{self.client_id}/k{self.number}"


class Grant(models.Model):
    """A grant; ``body`` is the frozen value that serving reads."""

    id = models.CharField(max_length=64, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    interface = models.ForeignKey(Interface, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=GrantState.choices, default=GrantState.ACTIVE)
    body = models.JSONField()
    valid_until = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            # One live grant for a client, an interface and a purpose: a call has one answer.
            models.UniqueConstraint(
                fields=["client", "interface", "purpose"],
                condition=models.Q(state="active"),
                name="one_live_grant",
            )
        ]
        indexes = [models.Index(fields=["interface", "id"]), models.Index(fields=["client", "id"])]

    def __str__(self) -> str:
        return self.id
