"""Registering (登记): streams, the devices that may send to them, and the keys that they show."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Max

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, Faults, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.sensing.sender import Sender, join_key, sender_to_json
from duokua.lang.sensing.stream import Stream as Declared
from duokua.lang.sensing.stream import stream_to_json
from duokua.lang.sensing.stream_file import check_against, read_stream
from duokua.lang.yamlfile import load
from duokua.sensing import live
from duokua.sensing.judging import OPERATOR
from duokua.sensing.models import Device, DeviceKey, Maintenance, Mark, Stream
from duokua.sensing.states import DeviceState
from duokua.serving.policy import Change, PolicyStore

REGISTRY = "registry"  # a mark that moves whenever the registry changes
MOST_KEYS = 3
_ID = 64
_TITLE = 200
audit.register(
    {
        "sensing.stream.declared": Text("声明感知流", "stream declared"),
        "sensing.device.added": Text("登记设备", "device registered"),
        "sensing.device.moved": Text("启用或停用设备", "device suspended or resumed"),
        "sensing.key.added": Text("发放设备密钥", "device key handed out"),
        "sensing.key.revoked": Text("吊销设备密钥", "device key revoked"),
        "sensing.maintenance.set": Text("设置维护时段", "maintenance window set"),
    }
)


@dataclass(frozen=True, slots=True)
class DeviceOrder:
    """A device that is to be registered."""

    id: str
    title: str
    longitude: float | None = None
    latitude: float | None = None
    hub: str | None = None
    calibrated_until: date | None = None


def declare(text: str, *, source: str, by: str, now: datetime) -> Declared:
    """Declare a stream or change it; its dataset's feeds follow it live from now on.

    :raises Invalid: the file is wrong, or does not fit the contract; everything at once.
    :raises NotFound: there is no such dataset.
    :raises Conflict: the dataset has a stream already, or this one had another dataset.
    """
    declared = read_stream(text, source=source)
    contract = lake.contract(declared.dataset)
    check_against(declared, contract, load(text, source=source))
    with transaction.atomic():
        present = Stream.objects.select_for_update().filter(id=declared.id).first()
        other = Stream.objects.filter(dataset=declared.dataset).exclude(id=declared.id).first()
        if other is not None or (present is not None and present.dataset != declared.dataset):
            raise Conflict(
                Text(
                    "一个数据集只有一条感知流，且不能改换", "a dataset has one stream, and keeps it"
                ),
                Text("请另设数据集", "use a dataset of its own"),
            )
        Stream.objects.update_or_create(
            id=declared.id,
            defaults={
                "dataset": declared.dataset,
                "owner_id": contract.owner,
                "title_zh": declared.title.zh,
                "title_en": declared.title.en,
                "body": stream_to_json(declared),
            },
            create_defaults={
                "dataset": declared.dataset,
                "owner_id": contract.owner,
                "title_zh": declared.title.zh,
                "title_en": declared.title.en,
                "body": stream_to_json(declared),
                "added_at": now,
            },
        )
        _touch()
        audit.record("sensing.stream.declared", by=by, of=declared.id, at=now)
    live.feed_of(contract).close()  # makes it
    exchange.refresh_indexes(declared.dataset)
    return declared


def add_devices(stream_id: str, orders: Iterable[DeviceOrder], *, by: str, now: datetime) -> int:
    """Register devices of a stream; return how many. One that is there is changed.

    :raises NotFound: there is no such stream.
    :raises Invalid: an id or title is wrong, or a hub is not known; every fault at once.
    """
    stream = stream_row(stream_id)
    listed = list(orders)
    faults = Faults()
    ids = {each.id for each in listed}
    wanted = {each.hub for each in listed if each.hub} - ids
    hubs = ids | set(Device.objects.filter(id__in=wanted).values_list("id", flat=True))
    moved = set(
        Device.objects.filter(id__in=ids).exclude(stream=stream).values_list("id", flat=True)
    )
    for each in listed:
        _check(each, hubs, moved, faults)
    if len(ids) != len(listed):
        faults.add("device", "设备编号重复", "a device is there twice", "请删去其一", "remove one")
    faults.raise_if_any(Text("设备登记有误", "devices are wrong"))
    with transaction.atomic():
        # Hubs before what names them.
        for order in sorted(listed, key=lambda each: each.hub is not None and each.hub in ids):
            values = {
                "title": order.title,
                "longitude": order.longitude,
                "latitude": order.latitude,
                "hub_id": order.hub,
                "calibrated_until": order.calibrated_until,
            }
            Device.objects.update_or_create(
                id=order.id,
                defaults=values,
                create_defaults={**values, "stream": stream, "added_at": now},
            )
        _touch()
        told = [(each.id, {"stream": stream_id}) for each in listed]
        audit.record_all("sensing.device.added", told, by=by, at=now)
    publish({each.hub or each.id for each in listed} | ids)
    return len(listed)


def _check(order: DeviceOrder, hubs: set[str], moved: set[str], faults: Faults) -> None:
    where = f"device {order.id[:80]}"
    plain = order.id.replace("-", "").replace("_", "").replace(".", "")
    if not (0 < len(order.id) <= _ID and plain.isascii() and plain.isalnum()) or (
        order.id == OPERATOR
    ):
        faults.add(where, "设备编号有误", "the id of the device is wrong",
                   "请用 1 至 64 个字母、数字、- _ .", "use 1–64 letters, digits, - _ .")  # fmt: skip
    if not 0 < len(order.title) <= _TITLE:
        faults.add(where, "名称为空或过长", "the title is empty or too long",
                   f"请写 1 至 {_TITLE} 字", f"write 1–{_TITLE} characters")  # fmt: skip
    if order.hub is not None and (order.hub not in hubs or order.hub == order.id):
        faults.add(where, f"没有集中器“{order.hub}”", f"there is no hub {order.hub!r}",
                   "请先登记集中器", "register the hub first")  # fmt: skip
    if order.id in moved:
        faults.add(where, "设备已属另一条感知流", "the device is another stream's",
                   "请另用编号", "use another id")  # fmt: skip
    lon, lat = order.longitude, order.latitude
    if (lon is None) != (lat is None) or (
        lon is not None and lat is not None and not (abs(lon) <= 180 and abs(lat) <= 90)
    ):
        faults.add(where, "经纬度有误", "the place is wrong",
                   "请同时写经度、纬度（度）", "give longitude and latitude, in degrees")  # fmt: skip


def move(device_id: str, *, active: bool, by: str, now: datetime) -> None:
    """Suspend a device, or take its events again; on return no door takes what it must not.

    :raises NotFound: there is no such device.
    """
    state = DeviceState.ACTIVE if active else DeviceState.SUSPENDED
    with transaction.atomic():
        row = device_row(device_id)
        row.state = state
        row.save(update_fields=["state"])
        _touch()
        audit.record("sensing.device.moved", by=by, of=device_id, at=now, detail={"state": state})
    publish({device_id}, wait=not active)


def add_key(device_id: str, *, by: str, now: datetime) -> str:
    """Hand out a key of a device; it is shown this once and only its hash is kept.

    On return every door takes it.

    :raises NotFound: there is no such device.
    :raises Conflict: it has enough of them.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = device_row(device_id)
        if row.keys.filter(revoked_at=None).count() >= MOST_KEYS:
            raise Conflict(
                Text(f"设备已有 {MOST_KEYS} 个有效密钥", f"the device has {MOST_KEYS} live keys"),
                Text("请先吊销旧密钥", "revoke an old one first"),
            )
        number = (row.keys.aggregate(Max("number"))["number__max"] or 0) + 1
        hashed = hashlib.sha256(secret.encode()).hexdigest()
        row.keys.create(number=number, secret_hash=hashed, made_at=now)
        audit.record("sensing.key.added", by=by, of=device_id, at=now, detail={"number": number})
    publish({device_id}, wait=True)
    return join_key(device_id, secret)


def revoke_key(device_id: str, number: int, *, by: str, now: datetime) -> None:
    """Revoke a key; on return no door takes it.

    :raises NotFound: there is no such key that counts.
    """
    with transaction.atomic():
        changed = DeviceKey.objects.filter(
            device_id=device_row(device_id).id, number=number, revoked_at=None
        ).update(revoked_at=now)
        if not changed:
            raise NotFound(
                Text(f"设备没有有效密钥 k{number}", f"the device has no live key k{number}"),
                Text("请查看设备的密钥", "see the keys of the device"),
            )
        audit.record("sensing.key.revoked", by=by, of=device_id, at=now, detail={"number": number})
    publish({device_id}, wait=True)


def maintain(
    device_id: str, *, since: datetime, until: datetime, reason: str, by: str, now: datetime
) -> None:
    """Set a time in which nothing that is the matter with a device counts.

    :raises NotFound: there is no such device.
    :raises Invalid: it does not end after it begins, or has no reason.
    """
    if until <= since or not reason.strip():
        raise Invalid(
            Text("维护时段有误", "the maintenance window is wrong"),
            Text("结束须晚于开始，并写明原因", "let it end after it begins, and give a reason"),
        )
    with transaction.atomic():
        device_row(device_id)
        Maintenance.objects.create(
            device_id=device_id, since=since, until=until, reason=reason.strip()[:200], by=by
        )
        audit.record("sensing.maintenance.set", by=by, of=device_id, at=now)


def publish(devices: Iterable[str], *, wait: bool = False) -> None:
    """Tell the doors what their keys open; with ``wait`` all of them know on return."""
    store = PolicyStore(environment.read().policy)
    try:
        version = store.publish([_change(each) for each in sorted(set(devices))])
        if wait:
            store.await_confirmation(version)
    finally:
        store.close()


def publish_all() -> None:
    """Tell the doors of every device, after a crash between database and doors."""
    publish(Device.objects.values_list("id", flat=True))


def _change(device_id: str) -> Change:
    row = Device.objects.filter(id=device_id).first()
    hashes = tuple(
        DeviceKey.objects.filter(device_id=device_id, revoked_at=None).values_list(
            "secret_hash", flat=True
        )
    )
    if row is None or row.state != DeviceState.ACTIVE or not hashes:
        return Change("sender", device_id, None)
    streams = {row.stream_id}
    streams |= set(Device.objects.filter(hub=row).values_list("stream_id", flat=True).distinct())
    sender = Sender(device_id, frozenset(streams), hashes)
    return Change("sender", device_id, sender_to_json(sender))


def _touch() -> None:
    Mark.objects.get_or_create(door=REGISTRY)
    Mark.objects.filter(door=REGISTRY).update(offset=F("offset") + 1)


def stream_row(stream_id: str) -> Stream:
    """Return a stream.

    :raises NotFound: there is none.
    """
    found = Stream.objects.filter(id=stream_id).first()
    if found is None:
        raise NotFound(
            Text(f"没有感知流“{stream_id}”", f"there is no stream {stream_id!r}"),
            Text("请查看 duokua stream list", "see `duokua stream list`"),
        )
    return found


def device_row(device_id: str) -> Device:
    """Return a device, locked where a transaction goes on.

    :raises NotFound: there is none.
    """
    found = Device.objects.filter(id=device_id).first()
    if found is None:
        raise NotFound(
            Text(f"没有设备“{device_id}”", f"there is no device {device_id!r}"),
            Text("请查看 duokua device list", "see `duokua device list`"),
        )
    return found
