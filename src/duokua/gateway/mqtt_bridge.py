"""The bridge to a broker outside (外部消息服务): Mosquitto or EMQX hold a message until it is durable here.

That broker says who is who: by its access list a sender publishes to its own topic only.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from duokua.engine import eventlog
from duokua.engine.eventlog import LogWriter, Position
from duokua.gateway.gathering import MOST_WAITING
from duokua.kernel.errors import Unavailable
from duokua.serving.arrivals import TOPIC, from_topic

TOPICS = f"{TOPIC}/+/+"
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_KEEPALIVE_S = 30
_MOST_OPEN = 20_000  # messages that the broker sends before the first of them is acknowledged
_AGAIN_S = 1.0
_log = logging.getLogger("duokua.mqtt")


class Bridge:
    """Takes messages of a broker; each is acknowledged once it is on the disk."""

    def __init__(self, url: str, folder: Path, client_id: str) -> None:
        parts = urlsplit(url)
        self._folder, self._log = folder, LogWriter(folder)
        self._held: list[Any] = []
        self._there = threading.Condition()
        self._ending = False
        self.connected = False
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=False, manual_ack=True
        )
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set()
        client.max_inflight_messages_set(_MOST_OPEN)
        client.reconnect_delay_set(1, 10)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_message = self._on_message
        self._client = client
        self._place = parts.hostname or "", parts.port or _PORTS[parts.scheme]

    def start(self) -> None:
        """Connect, now or as soon as the broker answers, and begin to take."""
        self._client.connect_async(*self._place, keepalive=_KEEPALIVE_S)
        self._client.loop_start()
        threading.Thread(target=self._flush, name="mqtt-flush", daemon=True).start()

    def _on_connect(self, client: paho.Client, *told: Any) -> None:
        code = told[2]
        self.connected = not code.is_failure
        _log.info("broker answers", extra={"code": str(code)})
        client.subscribe(TOPICS, qos=1)

    def _on_disconnect(self, *told: Any) -> None:
        self.connected = False
        _log.warning("broker is away")

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        with self._there:
            self._held.append(message)
            self._there.notify()

    def _flush(self) -> None:
        while True:
            with self._there:
                self._there.wait_for(lambda: self._held or self._ending)
                held, self._held = self._held, []
            if not held:
                return
            self._write(held)

    def _write(self, held: list[Any]) -> None:
        """Write messages, however long it takes: until then the broker holds them."""
        now = time.time()
        told = [from_topic(each.topic, bytes(each.payload), None, now) for each in held]
        entries = [each.packed() for each in told if each is not None]
        while not self._ending:
            try:
                if eventlog.backlog(self._folder, Position()) <= MOST_WAITING:
                    self._log.write(entries)
                    break
            except Unavailable:
                _log.exception("the log cannot be written")
            time.sleep(_AGAIN_S)
        else:
            return  # not acknowledged: the broker sends them again
        for each in held:
            if each.qos:
                self._client.ack(each.mid, each.qos)

    def close(self) -> None:
        """Leave the broker; what was not acknowledged it sends again."""
        with self._there:
            self._ending = True
            self._there.notify()
        self._client.disconnect()
        self._client.loop_stop()
        self._log.close()
