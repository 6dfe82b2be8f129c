"""Departments (部门) and people (人员)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from duokua.identity.states import Role


class Department(models.Model):
    """A department or street of the district; ``code`` is its 统一社会信用代码 or a word."""

    code = models.CharField(max_length=64, primary_key=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Of the office, never of a person.
    phone = models.CharField(max_length=40, blank=True, default="")
    mail = models.CharField(max_length=120, blank=True, default="")
    place = models.CharField(max_length=160, blank=True, default="")

    def __str__(self) -> str:
        return self.code


class User(AbstractBaseUser):
    """A person who signs in; belongs to one department; ``role`` is the main post."""

    username = models.CharField(max_length=64, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    must_change = models.BooleanField(default=False)  # the password was given by somebody else
    signed_out = models.PositiveIntegerField(default=0)  # how often "sign out everywhere"

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    def get_session_auth_hash(self) -> str:
        """Return what a session has to know; it changes with the password and the sign-outs."""
        known = super().get_session_auth_hash()
        return f"{known}.{self.signed_out}" if self.signed_out else known

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same under each older secret."""
        for known in super().get_session_auth_fallback_hash():
            yield f"{known}.{self.signed_out}" if self.signed_out else known


class Post(models.Model):
    """A further post (岗位) of a person beside the main one, from an instant until another."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    given_by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["department", "role"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "department", "role"],
                condition=models.Q(until=None),
                name="post_once_without_end",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.department_id} {self.role}"


class Delegation(models.Model):
    """One post of ``giver`` that ``taker`` may act in (授权代办) from an instant until another."""

    giver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    reason = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(giver=models.F("taker")), name="delegation_to_another"
            ),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("since")), name="delegation_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.giver_id} -> {self.taker_id} {self.role}"


class SecondStep(models.Model):
    """A person's second step (二次验证): it counts from the moment it was confirmed by a code."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="+")
    sealed = models.CharField(max_length=300)
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)  # the period of the newest code that was used
    emergency = models.JSONField(default=list)  # digests of the emergency codes that are left

    def __str__(self) -> str:
        return str(self.user_id)


class SignIn(models.Model):
    """One attempt to sign in (登录记录), kept for its owner and for auditors."""

    username = models.CharField(max_length=64, db_index=True)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()
    granted = models.BooleanField()
    way = models.CharField(max_length=60, blank=True, default="")  # a provider's name

    class Meta:
        indexes = [models.Index(fields=["username", "-at"])]

    def __str__(self) -> str:
        return f"{self.username} {self.at}"


class Attempts(models.Model):
    """Failed attempts in a row under one key: an account, an address, or both together."""

    key = models.CharField(max_length=160, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
