"""Messages, who has read them, and the letters that go outward."""

from __future__ import annotations

from django.db import models

from duokua.notify.states import MessageState, SendState, Weight


class Message(models.Model):
    """One message (消息) to a post (岗位) or a person; open, there is one for each cause.

    It holds no personal value: whoever may see the thing follows ``link``.
    """

    cause = models.CharField(max_length=200)
    department = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=20, blank=True)  # empty: everybody of the department
    person = models.CharField(max_length=64, blank=True)
    weight = models.CharField(max_length=8, choices=Weight.choices)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    body_zh = models.CharField(max_length=1000, blank=True)
    body_en = models.CharField(max_length=1000, blank=True)
    link = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.OPEN)
    times = models.IntegerField(default=1)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "department", "role", "person"],
                condition=models.Q(state="open"),
                name="notify_one_open_message",
            )
        ]
        indexes = [
            models.Index(fields=["department", "-updated_at"]),
            models.Index(fields=["person", "-updated_at"]),
            models.Index(fields=["state", "updated_at"]),
        ]

    def __str__(self) -> str:
        return self.cause


class Reading(models.Model):
    """A person has read a message (已读)."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    person = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "person"], name="notify_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.person}"


class Address(models.Model):
    """Where letters to a department's post go (对外地址), such as the mail of its stewards."""

    department = models.CharField(max_length=64)
    role = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=16)
    place = models.CharField(max_length=254)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["department", "role", "channel", "place"], name="notify_address_once"
            )
        ]

    def __str__(self) -> str:
        return self.place


class Letter(models.Model):
    """One message on its way to one address, or to where one person wants it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    address = models.ForeignKey(Address, null=True, on_delete=models.CASCADE, related_name="+")
    wish = models.ForeignKey("Wish", null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=SendState.choices, default=SendState.WAITING)
    tries = models.IntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "address"], name="notify_letter_once"),
            models.UniqueConstraint(fields=["message", "wish"], name="notify_wished_once"),
        ]
        indexes = [models.Index(fields=["state", "id"])]

    def __str__(self) -> str:
        return f"{self.message_id} {self.address_id or self.wish_id}"


class Bulletin(models.Model):
    """A public notice (公告) of the data bureau; it is shown from one instant until another."""

    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=200)
    body_zh = models.TextField(max_length=4000)
    body_en = models.TextField(max_length=8000)
    shown_from = models.DateTimeField()
    shown_until = models.DateTimeField(null=True)
    written_by = models.CharField(max_length=64)
    written_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-shown_from", "-id"])]

    def __str__(self) -> str:
        return self.title_en


class Wish(models.Model):
    """How a person wants to be told (通知偏好) of what weighs as much: by which channel, or daily."""

    person = models.CharField(max_length=64)
    weight = models.CharField(max_length=8, choices=Weight.choices)
    channel = models.CharField(max_length=16)
    place = models.CharField(max_length=254)
    digest = models.BooleanField(default=False)  # once a day instead of at once

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "weight", "channel"], name="notify_one_wish_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.weight} {self.channel}"
