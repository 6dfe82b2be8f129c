"""``duokua device``: the devices of streams (设备), their keys, how they stand."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from duokua.cli.lake import operator
from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.clock import district_time, iso
from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_HEAD = ("id", "title", "longitude", "latitude", "hub", "calibrated_until")


def _facade() -> Any:
    start()
    from duokua.sensing import facade

    return facade


@click.group()
def device() -> None:
    """Devices (设备): registering them, their keys, how they stand.

    Example: duokua device list --trouble lost
    """


@device.command()
@click.argument("stream")
@click.argument("file", type=_FILE)
@_JSON
@guarded
def add(stream: str, file: Path, as_json: bool) -> None:
    """Register the devices of a CSV file: id,title,longitude,latitude,hub,calibrated_until.

    Example: duokua device add crane_reading cranes.csv
    """
    facade = _facade()
    orders = _orders(facade, file)
    count = facade.add_devices(stream, orders, by=operator(), now=clock.now())
    Tell(as_json).answer(
        {"stream": stream, "devices": count},
        [Text(f"已登记 {count:,} 台设备", f"registered {count:,} devices")],
    )


def _orders(facade: Any, file: Path) -> list[Any]:
    faults, orders = Faults(), []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames is None or not {"id", "title"} <= set(reader.fieldnames):
            raise Invalid(
                Text("表头缺少 id 或 title", "the head lacks id or title"),
                Text(f"请用 {','.join(_HEAD)}", f"use {','.join(_HEAD)}"),
            )
        for row in reader:
            told = {name: (row.get(name) or "").strip() for name in _HEAD}
            try:
                orders.append(
                    facade.DeviceOrder(
                        told["id"],
                        told["title"],
                        float(told["longitude"]) if told["longitude"] else None,
                        float(told["latitude"]) if told["latitude"] else None,
                        told["hub"] or None,
                        date.fromisoformat(told["calibrated_until"])
                        if told["calibrated_until"]
                        else None,
                    )
                )
            except ValueError:
                faults.add(f"{file.name}:{reader.line_num}", "经纬度或日期有误",
                           "a place or day is wrong", "经纬度写度数，日期写 2027-01-31",
                           "degrees, and days as 2027-01-31")  # fmt: skip
    faults.raise_if_any(Text("设备表有误", "the table of devices is wrong"))
    return orders


@device.command(name="list")
@click.option("--stream", default="", help="Only of this stream.")
@click.option("--trouble", default="", help="Only with this trouble: lost, frozen, jump or any.")
@click.option("--state", default="", help="Only active, or suspended.")
@click.option("--search", default="", help="Part of an id or title.")
@click.option("--after", default="", help="Go on after this id.")
@click.option("--limit", default=50, show_default=True, help="How many.")
@_JSON
@guarded
def list_(
    stream: str, trouble: str, state: str, search: str, after: str, limit: int, as_json: bool
) -> None:
    """List devices and how they stand.

    Example: duokua device list --stream crane_reading --trouble lost
    """
    found = _facade().devices(
        stream=stream, trouble=trouble, state=state, q=search, after=after, limit=limit
    )
    tell = Tell(as_json)
    if as_json:
        tell.answer([_json(each) for each in found], [])
        return
    heads = [Text("设备", "device"), Text("名称", "title"), Text("状态", "state"),
             Text("异常", "troubles"), Text("最近收到", "last heard"), Text("收下", "taken"),
             Text("拒收", "refused")]  # fmt: skip
    rows = [
        [
            each.id, each.title, str(each.state), ", ".join(each.troubles) or "–",
            district_time(each.heard_at), f"{each.taken:,}", f"{each.refused:,}",
        ]
        for each in found
    ]  # fmt: skip
    tell.table(heads, rows)


@device.command()
@click.argument("device_id", metavar="DEVICE")
@_JSON
@guarded
def show(device_id: str, as_json: bool) -> None:
    """Show one device: its newest values, keys and troubles.

    Example: duokua device show C-1 --json
    """
    told = _json(_facade().device(device_id))
    lines = [Text(f"{k}: {v}", f"{k}: {v}") for k, v in told.items() if v not in (None, [], {})]
    Tell(as_json).answer(told, lines)


def _json(each: Any) -> dict[str, Any]:
    return {
        "device": each.id,
        "stream": each.stream,
        "title": each.title,
        "place": list(each.place) if each.place else None,
        "hub": each.hub,
        "state": str(each.state),
        "calibrated_until": each.calibrated_until.isoformat() if each.calibrated_until else None,
        "heard_at": iso(each.heard_at) if each.heard_at else None,
        "measured_at": iso(each.at) if each.at else None,
        "values": dict(each.values),
        "taken": each.taken,
        "refused": each.refused,
        "troubles": [str(kind) for kind in each.troubles],
        "keys": [f"k{number}" for number in each.keys],
    }


@device.command()
@click.argument("device_id", metavar="DEVICE")
@_JSON
@guarded
def key(device_id: str, as_json: bool) -> None:
    """Hand out a key of a device; it is shown this once.

    Example: duokua device key C-1
    """
    told = _facade().add_key(device_id, by=operator(), now=clock.now())
    Tell(as_json).answer({"device": device_id, "key": told}, [Text(told, told)])


@device.command()
@click.argument("device_id", metavar="DEVICE")
@click.argument("number", type=int)
@_JSON
@guarded
def revoke(device_id: str, number: int, as_json: bool) -> None:
    """Revoke a key of a device; on return no door takes it.

    Example: duokua device revoke C-1 2
    """
    _facade().revoke_key(device_id, number, by=operator(), now=clock.now())
    said = Text(f"已吊销 {device_id} 的密钥 k{number}", f"revoked k{number} of {device_id}")
    Tell(as_json).answer({"device": device_id, "revoked": f"k{number}"}, [said])


@device.command()
@click.argument("device_id", metavar="DEVICE")
@_JSON
@guarded
def suspend(device_id: str, as_json: bool) -> None:
    """Take no events of a device any more.

    Example: duokua device suspend C-1
    """
    _facade().move(device_id, active=False, by=operator(), now=clock.now())
    said = Text(f"已停用 {device_id}", f"suspended {device_id}")
    Tell(as_json).answer({"device": device_id, "state": "suspended"}, [said])


@device.command()
@click.argument("device_id", metavar="DEVICE")
@_JSON
@guarded
def resume(device_id: str, as_json: bool) -> None:
    """Take the events of a device again.

    Example: duokua device resume C-1
    """
    _facade().move(device_id, active=True, by=operator(), now=clock.now())
    said = Text(f"已启用 {device_id}", f"resumed {device_id}")
    Tell(as_json).answer({"device": device_id, "state": "active"}, [said])


@device.command()
@click.argument("device_id", metavar="DEVICE")
@click.option("--hours", default=2.0, show_default=True, help="For how long, from now on.")
@click.option("--reason", required=True, help="Why.")
@_JSON
@guarded
def maintain(device_id: str, hours: float, reason: str, as_json: bool) -> None:
    """Let nothing that is the matter with a device count for a while.

    Example: duokua device maintain C-1 --hours 4 --reason calibration
    """
    now = clock.now()
    until = now + timedelta(hours=max(0.0, min(hours, 24 * 90)))
    _facade().maintain(device_id, since=now, until=until, reason=reason, by=operator(), now=now)
    said = Text(f"{device_id} 维护至 {district_time(until)}",
                f"{device_id} is in maintenance until {district_time(until)}")  # fmt: skip
    Tell(as_json).answer({"device": device_id, "until": iso(until)}, [said])
