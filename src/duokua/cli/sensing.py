"""``duokua stream`` and ``duokua sensing``: streams of events (感知流), and sending recorded ones again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from duokua.cli.lake import operator
from duokua.cli.outcome import Tell, guarded
from duokua.cli.progress import row_progress
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.clock import from_iso, iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_STEP_S = 0.2
_MICROS = 1_000_000


def _facade() -> Any:
    start()
    from duokua.sensing import facade

    return facade


@click.group()
def stream() -> None:
    """Streams of events (感知流): which there are, what they refuse.

    Example: duokua stream list
    """


@stream.command()
@click.argument("file", type=_FILE)
@_JSON
@guarded
def declare(file: Path, as_json: bool) -> None:
    """Declare a stream, or change it, from its YAML file.

    Example: duokua stream declare streams/crane_reading.yaml
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    told = _facade().declare(text, source=str(file), by=operator(), now=clock.now())
    line = Text(f"已声明感知流 {told.id} → {told.dataset}", f"declared {told.id} → {told.dataset}")
    Tell(as_json).answer({"stream": told.id, "dataset": told.dataset}, [line])


@stream.command(name="list")
@_JSON
@guarded
def list_(as_json: bool) -> None:
    """List the streams: devices, those lost, what waits for the lake, what was refused today.

    Example: duokua stream list --json
    """
    found, tell = _facade().streams(clock.now()), Tell(as_json)
    if as_json:
        tell.answer([_stream_json(each) for each in found], [])
        return
    heads = [Text("感知流", "stream"), Text("设备", "devices"), Text("失联", "lost"),
             Text("最近收到", "last heard"), Text("待落湖", "to land"),
             Text("今日拒收", "refused today")]  # fmt: skip
    rows = [
        [
            each.declared.id, f"{each.devices:,}", f"{each.lost:,}",
            clock.district_time(each.heard_at), f"{each.waiting_rows:,}", f"{each.refused_today:,}",
        ]
        for each in found
    ]  # fmt: skip
    tell.table(heads, rows)


def _stream_json(each: Any) -> dict[str, Any]:
    return {
        "stream": each.declared.id,
        "dataset": each.declared.dataset,
        "owner": each.owner,
        "devices": each.devices,
        "lost": each.lost,
        "heard_at": iso(each.heard_at) if each.heard_at else None,
        "waiting_rows": each.waiting_rows,
        "refused_today": each.refused_today,
    }


@stream.command()
@click.argument("stream_id", metavar="STREAM")
@click.option("--device", default="", help="Only of this device.")
@click.option("--reason", default="", help="Only for this reason, e.g. unit.")
@click.option("--limit", default=50, show_default=True, help="How many lines.")
@_JSON
@guarded
def refused(stream_id: str, device: str, reason: str, limit: int, as_json: bool) -> None:
    """Tell which events of a stream stand aside, and why; newest first.

    Example: duokua stream refused crane_reading --reason unit
    """
    facade, tell = _facade(), Tell(as_json)
    facade.stream(stream_id, clock.now())
    found = facade.refused(stream=stream_id, device=device, reason=reason, limit=limit)
    if as_json:
        told = [
            {
                "at": iso(each.at), "device": each.device, "sender": each.sender,
                "reason": str(each.reason), "times": each.times, "sample": each.sample,
            }
            for each in found
        ]  # fmt: skip
        tell.answer(told, [])
        return
    heads = [Text("时间", "at"), Text("设备", "device"), Text("上报方", "sender"),
             Text("原因", "reason"), Text("次数", "times"), Text("首例", "first of them")]  # fmt: skip
    rows = [
        [clock.district_time(e.at), e.device, e.sender, str(e.reason), str(e.times), e.sample]
        for e in found
    ]
    tell.table(heads, rows)


@click.group()
def sensing() -> None:
    """Sensing (感知): sending recorded events again.

    Example: duokua sensing replay day.ndjson --stream crane_reading --speed 10
    """


@sensing.command()
@click.argument("file", type=_FILE)
@click.option("--stream", "stream_id", required=True, help="To which stream.")
@click.option("--speed", default=1.0, show_default=True, help="How many times as fast.")
@click.option("--keep-numbers", is_flag=True, help="Send the recorded sequence numbers.")
@_JSON
@guarded
def replay(file: Path, stream_id: str, speed: float, keep_numbers: bool, as_json: bool) -> None:
    """Send recorded events (NDJSON) as if they happened now, at their own pace or faster.

    Instants are moved so that the first event is of now; numbers go on from the present one.

    Example: duokua sensing replay day.ndjson --stream crane_reading --speed 10
    """
    if not 0 < speed <= 1_000_000:
        raise Invalid(
            Text("--speed 须大于 0，不超过 1000000", "--speed has to be above 0, at most 1000000"),
            Text("如 --speed 10", "for instance --speed 10"),
        )
    facade = _facade()
    declared = facade.stream(stream_id, clock.now()).declared
    events = _events(file, declared.at)
    began = clock.now()
    folder, sent = facade.drop_folder(stream_id), 0
    numbers: dict[str, int] = {}
    first = events[0][0] if events else began
    with row_progress(shown=not as_json) as tell:
        while sent < len(events):
            now = clock.now()
            due: list[bytes] = []
            while sent < len(events):
                at, event = events[sent]
                moment = began + (at - first) / speed
                if moment > now:
                    break
                event[declared.at] = iso(moment)
                if not keep_numbers:
                    device = str(event.get(declared.device))
                    numbers[device] = number = numbers.get(
                        device, int(began.timestamp() * _MICROS)
                    ) + 1  # fmt: skip
                    event[declared.sequence] = number
                due.append(json.dumps(event, ensure_ascii=False).encode())
                sent += 1
            if due:
                _drop(folder, sent, due)
            if tell:
                tell(sent, len(events))
            if sent < len(events):
                time.sleep(_STEP_S)
    said = Text(f"已重放 {sent:,} 条事件", f"replayed {sent:,} events")
    Tell(as_json).answer({"stream": stream_id, "events": sent}, [said])


def _drop(folder: Path, number: int, lines: list[bytes]) -> None:
    name = f"replay-{time.time_ns()}-{number:09d}.ndjson"
    hidden = folder / f".{name}"
    hidden.write_bytes(b"\n".join(lines))
    hidden.replace(folder / name)


def _events(file: Path, at: str) -> list[tuple[datetime, dict[str, Any]]]:
    """Return the events of a file by their instants.

    :raises Invalid: a line is no event, or has no instant with an offset.
    """
    found = list(_read(file, at))
    return sorted(found, key=lambda each: each[0])


def _read(file: Path, at: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                event = json.loads(line)
                yield from_iso(event[at]) + timedelta(0), event
            except (ValueError, KeyError, TypeError):
                what = f"{file.name}:{number}"
                raise Invalid(
                    Text(f"{what} 不是事件，或没有带时区的 {at}",
                         f"{what} is no event, or has no {at} with an offset"),
                    Text("每行须是一个 JSON 对象", "each line is one JSON object"),
                ) from None  # fmt: skip
