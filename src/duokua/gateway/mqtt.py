"""``python -m duokua.gateway.mqtt``: the door for MQTT, embedded broker or bridge to one outside."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import signal
import sys

from amqtt.errors import BrokerError

from duokua.gateway.gathering import Gathering
from duokua.gateway.mqtt_bridge import Bridge
from duokua.gateway.mqtt_broker import EmbeddedBroker
from duokua.kernel import beats, environment, logs
from duokua.kernel.errors import DuokuaError
from duokua.kernel.processes import die_with_parent
from duokua.serving.arrivals import MQTT_DOOR
from duokua.serving.policy import LEASE_S, POLL_S, PolicyStore, boot_clock
from duokua.serving.senders import Senders

_BEAT_S = 1.0
_AGAIN_S = 5.0
_log = logging.getLogger("duokua.mqtt")


class Keys:
    """The keys of senders, renewed by polling as a gateway renews its policy."""

    def __init__(self, store: PolicyStore, name: str) -> None:
        self.senders = Senders()
        self._store, self._name = store, name
        self._version, self._seen = 0, -1

    def look(self) -> None:
        """Take over news, and tell that they are known here."""
        until = boot_clock() + LEASE_S
        seen = self._store.changed()
        if seen != self._seen:
            version, changes = self._store.of_kind("sender", self._version)
            for change in changes:
                self.senders.apply(change)
            self._version, self._seen = version, seen
        self._store.confirm(self._name, self._version, until)


async def run(settings: environment.Environment) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    folder = settings.events / MQTT_DOOR
    if settings.mqtt_url:
        await _bridge(settings, stop)
        return
    store = PolicyStore(settings.policy)
    name = "mqtt"
    keys = Keys(store, name)
    keys.look()
    log = Gathering(folder)
    broker = await _started(settings, keys, log, stop)
    beaten = 0.0
    while not stop.is_set():
        keys.look()
        if boot_clock() - beaten >= _BEAT_S:
            beaten = boot_clock()
            beats.beat(settings.mqtt_sign)
        await asyncio.sleep(POLL_S)
    if broker is not None:
        await broker.shutdown()
    await log.close()
    store.withdraw(name)


async def _started(
    settings: environment.Environment, keys: Keys, log: Gathering, stop: asyncio.Event
) -> EmbeddedBroker | None:
    """Return the broker once it listens; its port may be another's, now or for good."""
    while not stop.is_set():
        broker = EmbeddedBroker(settings.host, settings.mqtt_port, keys.senders, log)
        try:
            await broker.start()
        except BrokerError:
            told = {"port": settings.mqtt_port, "mend": "set DUOKUA_MQTT_PORT; 0: no broker"}
            _log.error("the port for MQTT cannot be had", extra=told)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _AGAIN_S)
        else:
            _log.info("embedded broker listens", extra={"port": settings.mqtt_port})
            return broker
    return None


async def _bridge(settings: environment.Environment, stop: asyncio.Event) -> None:
    place = hashlib.sha256(str(settings.home).encode()).hexdigest()[:12]
    bridge = Bridge(settings.mqtt_url, settings.events / MQTT_DOOR, f"duokua-{place}")
    bridge.start()
    while not stop.is_set():
        if bridge.connected:
            beats.beat(settings.mqtt_sign)
        await asyncio.sleep(_BEAT_S)
    await asyncio.to_thread(bridge.close)


def main() -> None:
    """Start, or tell in one sentence why not."""
    logs.set_up("mqtt")
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    die_with_parent()
    try:
        asyncio.run(run(environment.read()))
    except DuokuaError as error:
        _log.critical(error.what.en, extra={"mend": error.mend.en})
        sys.exit(3)


if __name__ == "__main__":
    main()
