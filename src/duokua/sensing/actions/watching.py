"""Watching devices (设备巡视): those that are not heard of any more, and troubles that have passed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from duokua.lang.sensing.stream import stream_from_json
from duokua.sensing.models import Device, DeviceTrouble, Stream
from duokua.sensing.states import DeviceState, Trouble

JUMP_ENDS = timedelta(minutes=10)  # without another one


def watch(now: datetime) -> tuple[int, int]:
    """Note which devices have come to be lost, and which are heard of again; return how many."""
    lost, found = 0, 0
    for row in Stream.objects.all():
        after = stream_from_json(row.body).lost_after
        if after is not None:
            new, over = _watch(row, now - after, now)
            lost, found = lost + new, found + over
    passed = DeviceTrouble.objects.filter(
        kind=Trouble.JUMP, until=None, seen_at__lt=now - JUMP_ENDS
    )
    for trouble in passed:
        DeviceTrouble.objects.filter(id=trouble.id, until=None).update(until=trouble.seen_at)
    return lost, found


def _watch(stream: Stream, since: datetime, now: datetime) -> tuple[int, int]:
    silent = Q(memory__heard_at__lt=since) | Q(memory=None, added_at__lt=since)
    kept = Q(maintenance__since__lte=now, maintenance__until__gt=now)
    missing = dict(
        Device.objects.filter(silent, stream=stream, state=DeviceState.ACTIVE)
        .exclude(id__in=Device.objects.filter(kept, stream=stream).values("id"))
        .exclude(id__in=_hubs(stream))
        .values_list("id", "memory__heard_at")
    )
    told = {
        row.device_id: row
        for row in DeviceTrouble.objects.filter(
            device__stream=stream, kind=Trouble.LOST, until=None
        )
    }
    fresh = [
        DeviceTrouble(device_id=name, kind=Trouble.LOST, since=heard_at or since, seen_at=now)
        for name, heard_at in missing.items()
        if name not in told
    ]
    DeviceTrouble.objects.bulk_create(fresh)
    over = [row.id for name, row in told.items() if name not in missing]
    DeviceTrouble.objects.filter(id__in=over).update(until=now, seen_at=now)
    return len(fresh), len(over)


def _hubs(stream: Stream) -> list[str]:
    """Return devices that only send for others: they have no readings of their own."""
    used = Device.objects.filter(stream=stream, hub__isnull=False).values_list("hub", flat=True)
    return list(
        Device.objects.filter(id__in=used.distinct(), memory=None).values_list("id", flat=True)
    )
