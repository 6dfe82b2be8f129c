"""Departments (部门) and people (人员)."""

from __future__ import annotations

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

    def __str__(self) -> str:
        return self.code


class User(AbstractBaseUser):
    """A person who signs in; belongs to one department and holds one role."""

    username = models.CharField(max_length=64, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    is_active = models.BooleanField(default=True)

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username


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
