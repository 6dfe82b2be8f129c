"""Streams, devices, what is remembered of them, and what became of their events."""

from __future__ import annotations

from django.db import models

from duokua.sensing.states import DeviceState, Reason, Trouble


class Stream(models.Model):
    """A declared stream; ``version`` numbers its cuts."""

    id = models.CharField(max_length=64, primary_key=True)
    dataset = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    body = models.JSONField()
    version = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class Device(models.Model):
    """A registered device; ``hub`` is the device that sends for it, where it does not by itself."""

    id = models.CharField(max_length=64, primary_key=True)
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="devices")
    title = models.CharField(max_length=200)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    calibrated_until = models.DateField(null=True)
    hub = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=DeviceState.choices, default=DeviceState.ACTIVE)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["stream", "id"])]

    def __str__(self) -> str:
        return self.id


class DeviceKey(models.Model):
    """A key of a device: of its secret only the hash is kept."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="keys")
    number = models.PositiveIntegerField()
    secret_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "number"], name="sensing_key_number")
        ]

    def __str__(self) -> str:
        return f"{self.device_id} k{self.number}"


class Maintenance(models.Model):
    """A time in which nothing that is the matter with a device counts (维护时段)."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="maintenance")
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"{self.device_id} {self.since} – {self.until}"


class Memory(models.Model):
    """What is remembered of a device: its sequence window, newest values (实时值), since when they stand."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="memory"
    )
    top = models.BigIntegerField(default=-1)
    seen = models.TextField(default="0")  # bits of the numbers up to ``top``, hexadecimal
    at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    values = models.JSONField(default=dict)
    since = models.JSONField(default=dict)
    taken = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["heard_at"])]

    def __str__(self) -> str:
        return self.device_id


class Mark(models.Model):
    """How far the log of a door has been read."""

    door = models.CharField(max_length=16, primary_key=True)
    segment = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.door


class Cut(models.Model):
    """Events of a stream that were believed together: in the live feed at once, later in the lake."""

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="cuts")
    version = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    file = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    shown = models.BooleanField(default=False)
    batch = models.CharField(max_length=100, blank=True)
    landed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "version"], name="sensing_cut_version")
        ]
        indexes = [models.Index(fields=["landed_at", "stream", "version"])]

    def __str__(self) -> str:
        return f"{self.stream_id} {self.version}"


class Refused(models.Model):
    """Events that stand aside, counted by device and reason, with the first of them."""

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="+")
    device = models.CharField(max_length=64)  # as it was told; it may not exist
    sender = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    times = models.PositiveIntegerField()
    sample = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "-id"]),
            models.Index(fields=["device", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id} {self.device} {self.reason}"


class DeviceTrouble(models.Model):
    """Something the matter with a device, from when to when."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="troubles")
    kind = models.CharField(max_length=8, choices=Trouble.choices)
    measure = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=1)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["device", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind", "measure"],
                condition=models.Q(until=None),
                name="sensing_one_trouble",
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind}"


class Slot(models.Model):
    """Ten minutes of one measure of a device: the history that a chart shows at once (降采样)."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    measure = models.CharField(max_length=64)
    start = models.DateTimeField()
    count = models.PositiveIntegerField()
    total = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "measure", "start"], name="sensing_slot_once")
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.measure} {self.start}"
