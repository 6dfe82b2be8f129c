"""``python -m duokua.gateway``: one process, one event loop, one port."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys

import uvloop
from granian.constants import Interfaces, TaskImpl
from granian.server.embed import Server

from duokua.gateway.app import Gateway
from duokua.gateway.courtesy import Courtesy
from duokua.gateway.health import Health
from duokua.gateway.ingest import Door
from duokua.gateway.metering import Metering
from duokua.gateway.metrics import Metrics
from duokua.gateway.proxy import Portal
from duokua.gateway.shapes import Shapes
from duokua.gateway.streams import Streams
from duokua.kernel import environment, logs
from duokua.kernel.errors import DuokuaError
from duokua.kernel.processes import die_with_parent, work_in_batches
from duokua.ledger.commit import GroupCommit
from duokua.serving.arrivals import HTTP_DOOR
from duokua.serving.policy import POLL_S
from duokua.serving.pool import Pool
from duokua.serving.service import Serving

_CHECKPOINT_S = 2.0
_BACKLOG = 2048
_DRAIN_S = 10.0
_GARBAGE = (50_000, 20, 100)  # calls leave no cycles; look for them seldom
_log = logging.getLogger("duokua.gateway")


async def run(settings: environment.Environment) -> None:
    """Serve until told to stop by SIGTERM or SIGINT, or until the ledger is lost."""
    ledger = await GroupCommit.open(
        settings.ledger / "receipts",
        name="receipts",
        algorithm=settings.ledger_hash,
        anchor=settings.anchor,
        beside={"audit": settings.ledger / "audit"},
    )
    courtesy = Courtesy(lambda: ledger.next_seq)
    pool, portal = Pool(spill=settings.spill), Portal(settings.portal_socket, courtesy.wait_s)
    serving = Serving(settings, ledger)
    serving.admit_bulk = pool.admit
    serving.start()
    name = f"gateway-{os.getpid()}"
    serving.poll(name)
    await pool.start()
    await portal.start()
    signs = {"jobs": settings.job_sign, "intake": settings.intake_sign, "mqtt": settings.mqtt_sign}
    health = Health(serving, pool, portal, signs)
    streams = Streams(serving, pool)
    shapes = Shapes(serving, streams, settings)
    metrics = Metrics(serving, settings.metrics_token)
    metering = Metering(serving.tallies, settings.usage)
    door = Door(serving.state.senders, settings.events / HTTP_DOOR)
    gateway = Gateway(serving, streams, portal, health, shapes, metrics, door)
    server = _server(gateway, settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # What is alive now stays; collecting it again and again would cost every hundredth call.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    tasks = [
        asyncio.create_task(server.serve()),
        asyncio.create_task(_poll(serving, name, stop)),
        asyncio.create_task(_checkpoints(serving)),
        asyncio.create_task(shapes.exports.sweep()),
        asyncio.create_task(metering.run()),
    ]
    _log.info("gateway listens", extra={"host": settings.host, "port": settings.port})
    await stop.wait()
    await _drain(gateway, serving)
    for task in tasks[1:]:
        task.cancel()
    await asyncio.gather(*tasks[1:], return_exceptions=True)
    for part in (shapes.exports, door, pool, portal):
        await part.close()
    await metering.write()
    metering.close()
    await _end(serving, name)


async def _end(serving: Serving, name: str) -> None:
    """End this process once everything is on the disk.

    The server is not stopped before: it would go on to answer open connections with an empty 500;
    ending here takes the connections along.
    """
    if not serving.ledger.failed:
        await serving.checkpoint()
    await serving.ledger.close()
    serving.policy.withdraw(name)
    _log.info("gateway stopped")
    logging.shutdown()
    os._exit(0)


def _server(gateway: Gateway, settings: environment.Environment) -> Server:
    return Server(
        gateway,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        task_impl=TaskImpl.rust,
        backlog=_BACKLOG,
        websockets=False,
        log_enabled=False,
    )


async def _drain(gateway: Gateway, serving: Serving) -> None:
    """Refuse new calls and wait for the slow answers under way, but not for ever."""
    serving.gate.close()
    deadline = asyncio.get_running_loop().time() + _DRAIN_S
    while gateway.in_flight and not serving.ledger.failed:
        if asyncio.get_running_loop().time() > deadline:
            _log.warning("answers cut short", extra={"answers": gateway.in_flight})
            return
        await asyncio.sleep(0.02)


async def _poll(serving: Serving, name: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if serving.ledger.failed:
            _log.critical("the ledger is lost; the supervisor starts a new gateway")
            stop.set()
            return
        try:
            serving.poll(name)
        except Exception:  # the lease runs out and calls are refused until a poll succeeds
            _log.exception("policy poll failed")
        await asyncio.sleep(POLL_S)


async def _checkpoints(serving: Serving) -> None:
    while True:
        await asyncio.sleep(_CHECKPOINT_S)
        try:
            await serving.checkpoint()
        except OSError:
            _log.exception("checkpoint failed; the receipts still hold everything")


def main() -> None:
    """Start, or tell in one sentence why not."""
    logs.set_up("gateway")
    die_with_parent()
    work_in_batches()
    try:
        settings = environment.read()
        loop = uvloop.new_event_loop()
        asyncio.set_event_loop(loop)
        # Not asyncio.Runner: at its end it walks all tasks, and trips over those of the server.
        loop.run_until_complete(run(settings))
    except DuokuaError as error:
        _log.critical(error.what.en, extra={"mend": error.mend.en})
        sys.exit(3)


if __name__ == "__main__":
    main()
