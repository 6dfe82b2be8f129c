"""Reads of sensing: streams, devices, what stands aside, what is the matter, a device's day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Prefetch, Q, QuerySet, Sum

from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.sensing.stream import stream_from_json
from duokua.sensing.models import Cut, Device, DeviceKey, DeviceTrouble, Refused, Slot, Stream
from duokua.sensing.states import DeviceState, Reason, Trouble
from duokua.sensing.values import (
    DeviceInfo,
    History,
    RefusedInfo,
    SlotInfo,
    StreamInfo,
    TroubleInfo,
)

__all__ = [
    "DeviceInfo", "RefusedInfo", "StreamInfo", "TroubleInfo", "device", "devices", "history",
    "refused", "stream", "streams", "troubles",
]  # fmt: skip


def streams(now: datetime, *, owner: str | None = None) -> list[StreamInfo]:
    """Return every stream, or those of a department, by id."""
    day = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = Device.objects.values("stream").annotate(n=Count("id"), at=Max("memory__heard_at"))
    by_stream = {row["stream"]: row for row in counted}
    lost = _by_stream(
        DeviceTrouble.objects.filter(kind=Trouble.LOST, until=None)
        .values_list("device__stream")
        .annotate(Count("id"))
    )
    waiting = _by_stream(
        Cut.objects.filter(landed_at=None).values_list("stream").annotate(Sum("rows"))
    )
    refused_ = _by_stream(
        Refused.objects.filter(at__gte=day).values_list("stream").annotate(Sum("times"))
    )
    return [
        StreamInfo(
            stream_from_json(row.body), row.owner_id,
            by_stream.get(row.id, {"n": 0})["n"], lost.get(row.id, 0),
            by_stream.get(row.id, {"at": None})["at"], waiting.get(row.id, 0),
            refused_.get(row.id, 0),
        )
        for row in (Stream.objects.filter(owner=owner) if owner else Stream.objects).order_by("id")
    ]  # fmt: skip


def _by_stream(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    return dict(rows)


def stream(stream_id: str, now: datetime, *, owner: str | None = None) -> StreamInfo:
    """Return one stream, of a department where one is given.

    :raises NotFound: there is none.
    """
    found = next(
        (each for each in streams(now, owner=owner) if each.declared.id == stream_id), None
    )
    if found is None:
        raise NotFound(
            Text(f"没有感知流“{stream_id}”", f"there is no stream {stream_id!r}"),
            Text("请查看感知流列表", "see the list of streams"),
        )
    return found


def devices(
    *,
    stream: str = "",
    state: str = "",
    trouble: str = "",
    q: str = "",
    owner: str | None = None,
    down: bool = False,
    after: str = "",
    limit: int = 50,
) -> list[DeviceInfo]:
    """Return devices by id, those after ``after``; ``q`` is part of an id or title.

    ``down``: the last id first. ``owner``: of a department's streams only.
    """
    rows = Device.objects.order_by("-id" if down else "id")
    if owner:
        rows = rows.filter(stream__owner=owner)
    if stream:
        rows = rows.filter(stream_id=stream)
    if state:
        rows = rows.filter(state=state)
    if trouble:
        open_ = DeviceTrouble.objects.filter(until=None)
        open_ = open_ if trouble == "any" else open_.filter(kind=trouble)
        rows = rows.filter(id__in=open_.values("device"))
    if q:
        rows = rows.filter(Q(id__icontains=q) | Q(title__icontains=q))
    if after:
        rows = rows.filter(id__lt=after) if down else rows.filter(id__gt=after)
    return [_info(row) for row in _with_all(rows)[:limit]]


def device(device_id: str, *, owner: str | None = None) -> DeviceInfo:
    """Return one device, of a department's streams where one is given.

    :raises NotFound: there is none.
    """
    row = _with_all(Device.objects.filter(id=device_id)).first()
    if row is None or (owner is not None and row.stream.owner_id != owner):
        raise NotFound(
            Text(f"没有设备“{device_id}”", f"there is no device {device_id!r}"),
            Text("请查看设备列表", "see the list of devices"),
        )
    return _info(row)


def _with_all(rows: QuerySet[Device]) -> QuerySet[Device]:
    return rows.select_related("stream", "memory").prefetch_related(
        Prefetch("keys", DeviceKey.objects.filter(revoked_at=None).order_by("number")),
        Prefetch("troubles", DeviceTrouble.objects.filter(until=None).order_by("id")),
    )


def _info(row: Device) -> DeviceInfo:
    memory = getattr(row, "memory", None)
    place = None
    if row.longitude is not None and row.latitude is not None:
        place = (row.longitude, row.latitude)
    return DeviceInfo(
        row.id, row.stream_id, row.stream.owner_id, row.title, place, row.hub_id,
        DeviceState(row.state), row.calibrated_until,
        memory.heard_at if memory else None, memory.at if memory else None,
        {name: value for name, (value, _) in memory.values.items()} if memory else {},
        memory.taken if memory else 0, memory.refused if memory else 0,
        tuple(Trouble(each.kind) for each in row.troubles.all()),
        tuple(each.number for each in row.keys.all()),
    )  # fmt: skip


def refused(
    *, stream: str = "", device: str = "", reason: str = "", before: int | None = None,
    limit: int = 50,
) -> list[RefusedInfo]:  # fmt: skip
    """Return what stands aside, newest first, those with ids below ``before``."""
    rows = Refused.objects.order_by("-id")
    if stream:
        rows = rows.filter(stream_id=stream)
    if device:
        rows = rows.filter(device=device)
    if reason:
        rows = rows.filter(reason=reason)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [
        RefusedInfo(
            row.id, row.at, row.stream_id, row.device, row.sender, Reason(row.reason), row.times,
            row.sample,
        )
        for row in rows[:limit]
    ]  # fmt: skip


def troubles(
    *, device: str = "", open_only: bool = False, before: int | None = None, limit: int = 50
) -> list[TroubleInfo]:
    """Return what is or was the matter with devices, newest first."""
    rows = DeviceTrouble.objects.select_related("device").order_by("-id")
    if device:
        rows = rows.filter(device_id=device)
    if open_only:
        rows = rows.filter(until=None)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [
        TroubleInfo(
            row.id, row.device_id, row.device.title, Trouble(row.kind), row.measure, row.since,
            row.until, row.times, row.detail,
        )
        for row in rows[:limit]
    ]  # fmt: skip


def history(device_id: str, day: date) -> History:
    """Return a device's day in Asia/Shanghai.

    :raises NotFound: there is no such device.
    """
    info = device(device_id)
    row = Stream.objects.get(id=info.stream)
    declared, contract = stream_from_json(row.body), lake.contract(row.dataset)
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    slots: dict[str, list[SlotInfo]] = {each.name: [] for each in declared.measures}
    found = Slot.objects.filter(
        device_id=device_id, start__gte=start, start__lt=start + timedelta(days=1)
    ).order_by("start")
    for each in found:
        told = SlotInfo(each.start, each.total / each.count, each.low, each.high)
        slots.setdefault(each.measure, []).append(told)
    titles = {name: contract.by_name[name].title for name in slots if name in contract.by_name}
    units = {each.name: each.unit for each in declared.measures}
    return History(day, {name: tuple(listed) for name, listed in slots.items()}, titles, units)
