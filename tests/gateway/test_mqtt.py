"""The door for MQTT with real clients: the embedded broker, and Mosquitto behind the bridge."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from duokua.engine import eventlog
from duokua.engine.eventlog import Position
from duokua.lang.sensing.sender import Sender, join_key, sender_to_json
from duokua.serving.arrivals import FOREIGN, NDJSON, Arrival, unpacked
from duokua.serving.policy import Change, PolicyStore
from platforms import free_port

MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
KEYS = {name: join_key(name, f"secret-of-{name}") for name in ("C1", "C2")}


def publish(home: Path, *names: str, gone: bool = False) -> None:
    """Tell the doors of senders."""
    store = PolicyStore(home / "policy")
    told = [
        Change("sender", name, None if gone else sender_to_json(
            Sender(name, frozenset({"crane"}), (hashlib.sha256(f"secret-of-{name}".encode()).hexdigest(),))
        ))
        for name in names
    ]  # fmt: skip
    store.await_confirmation(store.publish(told))
    store.close()


class Door:
    """The process of the door, which may be killed and started again."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home, self._environ = home, environ
        self.log = home / "door.log"

    def start(self) -> None:
        environ = {**os.environ, "DUOKUA_HOME": str(self.home), **self._environ}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "duokua.gateway.mqtt"], env=environ, stdout=log, stderr=log
            )
        sign = self.home / "run" / "mqtt.beat"
        sign.unlink(missing_ok=True)
        await_that(sign.exists, self.log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def arrivals(self) -> list[Arrival]:
        found = eventlog.read(self.home / "events" / "mqtt", Position())
        return [unpacked(entry) for entry, _ in found]


def await_that(holds: Callable[[], bool], log: Path, within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[Door, int]]:
    port = free_port()
    publish(tmp_path, "C1", "C2")
    started = Door(tmp_path, DUOKUA_MQTT_PORT=str(port))
    started.start()
    yield started, port
    assert started.stop() == 0, started.log.read_text()


class Device:
    """A real client; ``acknowledged`` are the payloads that the broker has taken over."""

    def __init__(self, port: int, name: str, key: str, client_id: str = "") -> None:
        self.acknowledged: list[bytes] = []
        self.code: Any = None
        self.ended = threading.Event()
        self._sent: dict[int, bytes] = {}
        self._done: set[int] = set()
        self._lock = threading.Lock()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id or f"{name}-dev")
        self.client.username_pw_set(name, key)
        self.client.reconnect_on_failure = False  # type: ignore[attr-defined]
        told = threading.Event()

        def on_connect(_: Any, __: Any, ___: Any, code: Any, ____: Any) -> None:
            self.code = code
            told.set()

        self.client.on_connect = on_connect
        self.client.on_disconnect = lambda *_: self.ended.set()
        self.client.on_publish = self._on_publish
        self.client.connect("127.0.0.1", port, keepalive=20)
        self.client.loop_start()
        assert told.wait(10)

    def _on_publish(self, _: Any, __: Any, mid: int, ___: Any, ____: Any) -> None:
        with self._lock:
            self._done.add(mid)
            self._settle(mid)

    def _settle(self, mid: int) -> None:
        if mid in self._done and mid in self._sent:
            self.acknowledged.append(self._sent[mid])

    def send(self, topic: str, payload: bytes, qos: int = 1) -> None:
        told = self.client.publish(topic, payload, qos=qos)
        with self._lock:
            self._sent[told.mid] = payload
            self._settle(told.mid)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def event(name: str, number: int) -> bytes:
    return json.dumps({"device_id": name, "seq": number}).encode()


def test_what_is_acknowledged_is_in_the_log_under_its_sender(door: tuple[Door, int]) -> None:
    process, port = door
    device = Device(port, "C1", KEYS["C1"])
    for qos in (0, 1, 2):
        device.send("duokua/crane/C1", event("C1", qos), qos=qos)
    device.send("duokua/crane/C1", b"[" + event("C1", 3) + b"," + event("C1", 4) + b"]")
    await_that(lambda: len(device.acknowledged) == 4, process.log)
    device.close()
    assert [(a.sender, a.stream, a.form, a.body.count(b"\n")) for a in process.arrivals()] == [
        ("C1", "crane", NDJSON, 0)] * 3 + [("C1", "crane", NDJSON, 1)]  # fmt: skip


def test_nobody_without_a_key_comes_in_or_pushes_another_out(door: tuple[Door, int]) -> None:
    process, port = door
    device = Device(port, "C1", KEYS["C1"], client_id="C1")
    for name, key in (("C1", "wrong"), ("C1", ""), ("C2", KEYS["C1"]), ("C3", KEYS["C2"])):
        refused = Device(port, name, key, client_id="C1")
        assert refused.code.is_failure
        refused.close()
    other = Device(port, "C2", KEYS["C2"], client_id="C1")  # the same name, another sender
    device.send("duokua/crane/C1", event("C1", 1))
    other.send("duokua/crane/C2", event("C2", 1))
    await_that(lambda: len(device.acknowledged) + len(other.acknowledged) == 2, process.log)
    assert not device.ended.is_set()
    device.close()
    other.close()


def test_a_foreign_topic_is_marked_and_a_strange_one_ends_the_connection(
    door: tuple[Door, int],
) -> None:
    process, port = door
    device = Device(port, "C1", KEYS["C1"])
    device.send("duokua/crane/C2", event("C2", 1))
    await_that(lambda: len(device.acknowledged) == 1, process.log)
    (told,) = process.arrivals()
    assert (told.sender, told.form) == ("C1", FOREIGN)
    for topic in ("duokua/other/C1", "crane/C1", "duokua/crane/C1/x", "$SYS/x"):
        device = Device(port, "C1", KEYS["C1"])
        device.send(topic, event("C1", 2))
        assert device.ended.wait(10)
        assert device.acknowledged == []
        device.close()
    assert len(process.arrivals()) == 1


def test_nobody_can_listen(door: tuple[Door, int]) -> None:
    process, port = door
    listener, device = Device(port, "C2", KEYS["C2"]), Device(port, "C1", KEYS["C1"])
    heard: list[Any] = []
    listener.client.on_message = lambda *told: heard.append(told)
    listener.client.subscribe("#", qos=1)
    time.sleep(0.3)
    device.send("duokua/crane/C1", event("C1", 1))
    await_that(lambda: len(device.acknowledged) == 1, process.log)
    time.sleep(0.3)
    assert heard == []
    listener.close()
    device.close()


def test_a_revoked_key_ends_the_connection(door: tuple[Door, int]) -> None:
    process, port = door
    device = Device(port, "C1", KEYS["C1"])
    device.send("duokua/crane/C1", event("C1", 1))
    await_that(lambda: len(device.acknowledged) == 1, process.log)
    publish(process.home, "C1", gone=True)
    device.send("duokua/crane/C1", event("C1", 2))
    assert device.ended.wait(10)
    assert len(device.acknowledged) == len(process.arrivals()) == 1


def test_killed_in_the_middle_nothing_acknowledged_is_lost(door: tuple[Door, int]) -> None:
    process, port = door
    sent = 0
    acknowledged: list[bytes] = []
    for _ in range(3):
        device = Device(port, "C1", KEYS["C1"])
        for _ in range(200):
            device.send("duokua/crane/C1", event("C1", sent))
            sent += 1
        await_that(lambda device=device: len(device.acknowledged) > 20, process.log)  # type: ignore[misc]
        process.kill()
        device.client.loop_stop()
        acknowledged += device.acknowledged
        process.start()
    told = [each.body for each in process.arrivals()]
    assert set(acknowledged) <= set(told)
    assert len(acknowledged) > 60


def test_a_port_that_is_taken_is_waited_for(tmp_path: Path) -> None:
    publish(tmp_path, "C1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        door = Door(tmp_path, DUOKUA_MQTT_PORT=str(port))
        waiting = threading.Thread(target=door.start)
        waiting.start()
        await_that(lambda: door.log.exists() and "cannot be had" in door.log.read_text(), door.log)
    waiting.join(30)
    device = Device(port, "C1", KEYS["C1"])
    device.send("duokua/crane/C1", event("C1", 1))
    await_that(lambda: len(device.acknowledged) == 1, door.log)
    device.close()
    assert door.stop() == 0


# a broker outside


@contextmanager
def mosquitto(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a real Mosquitto that keeps what is not acknowledged."""
    folder.mkdir(exist_ok=True)
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
        f"persistence_location {folder}/\nautosave_interval 1\nmax_queued_messages 0\n"
        "max_inflight_messages 0\nuser root\n"
    )
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([str(MOSQUITTO), "-c", str(config)], stdout=log, stderr=log)
    try:
        await_that(lambda: _listens(port), folder / "log")
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@needs_mosquitto
def test_through_mosquitto_nothing_is_lost_when_either_is_away(tmp_path: Path) -> None:
    port = free_port()
    bridge = Door(tmp_path / "home", DUOKUA_MQTT_URL=f"mqtt://127.0.0.1:{port}")
    bridge.home.mkdir()
    sent: list[bytes] = []

    def send(count: int) -> None:
        device = Device(port, "C1", "any")
        for _ in range(count):
            sent.append(event("C1", len(sent)))
            device.send("duokua/crane/C1", sent[-1])
        await_that(lambda: len(device.acknowledged) == count, bridge.log)
        device.close()

    with mosquitto(tmp_path / "broker", port):
        bridge.start()
        send(100)
        bridge.kill()
        send(100)  # the broker holds them
        bridge.start()
        await_that(lambda: len({a.body for a in bridge.arrivals()}) == 200, bridge.log)
    with mosquitto(tmp_path / "broker", port):  # it was away
        send(100)
        await_that(lambda: len({a.body for a in bridge.arrivals()}) == 300, bridge.log)
    assert {each.body for each in bridge.arrivals()} == set(sent)
    assert {(a.sender, a.stream) for a in bridge.arrivals()} == {("C1", "crane")}
    assert bridge.stop() == 0, bridge.log.read_text()
