"""Bulk answers: the worker's frames become a streamed response between two receipts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import orjson

from duokua.gateway.line import Line
from duokua.gateway.replies import answer_headers
from duokua.gateway.rsgi import HTTPProtocol, Transport
from duokua.lang.grant import OPEN
from duokua.serving.answers import Stream
from duokua.serving.credentials import stands
from duokua.serving.policy import boot_clock
from duokua.serving.pool import BulkFailed, Pool
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving

_LOOK_S = 0.25  # how often a running stream is held against the policy
_FULL_S = 0.002
_STALLED_S = 60.0  # a caller that takes nothing for so long is left
_log = logging.getLogger("duokua.gateway.streams")


@dataclass(slots=True)
class _Course:
    """How a stream goes; the transport is kept until the line has been cut, or all was handed on.

    ``told`` is what the worker said at its end.
    """

    told: dict[str, Any] | None = None
    transport: Transport | None = None
    refused: bool = False


class Streams:
    """Runs bulk answers on the pool; one that loses its grant is cut off."""

    def __init__(self, serving: Serving, pool: Pool) -> None:
        self._serving = serving
        self._pool = pool

    async def send(self, proto: HTTPProtocol, stream: Stream, peer: str) -> None:
        """Send an admitted stream to ``peer``; its closing receipt is written whatever happens.

        :raises Refusal: the statement failed, or the grant ended, before anything was sent.
        """
        course, line = _Course(), Line(peer)
        try:
            await stream.durable
            await self._watched(stream, self._run(proto, stream, course, line))
            if course.transport is None:
                course.refused = True
                raise self._ended(stream)
        except BulkFailed:
            _log.error("bulk answer failed", extra={"receipt": stream.receipt})
            if course.transport is None:
                course.refused = True
                raise Refusal("unavailable", part="export", retry_after=5) from None
        finally:
            if course.told is None and course.transport is not None:
                line.cut()
            course.transport = None
            line.close()
            self._pool.leave()
            if not self._serving.ledger.failed:
                await asyncio.shield(self._close(stream, course))

    async def collect(
        self, stream: Stream, take: Callable[[bytes], Awaitable[None]]
    ) -> dict[str, Any] | None:
        """Run an admitted stream into ``take``; return what the worker told, ``None`` if it failed.

        Its closing receipt is written whatever happens. One that failed or lost its grant has handed
        out nothing yet, and costs nothing.
        """
        course = _Course()
        try:
            await stream.durable
            await self._watched(stream, self._gather(stream, course, take))
        except BulkFailed:
            _log.error("bulk answer failed", extra={"receipt": stream.receipt})
        finally:
            course.refused = course.told is None
            self._pool.leave()
            if not self._serving.ledger.failed:
                await asyncio.shield(self._close(stream, course))
        return course.told

    async def give_up(self, stream: Stream) -> None:
        """Close an admitted stream that nobody will run: its place is free, and it costs nothing."""
        self._pool.leave()
        if not self._serving.ledger.failed:
            await self._close(stream, _Course(refused=True))

    async def _gather(
        self, stream: Stream, course: _Course, take: Callable[[bytes], Awaitable[None]]
    ) -> None:
        async with contextlib.aclosing(self._pool.run(stream.job)) as frames:
            async for kind, payload in frames:
                if kind == b"D":
                    await take(payload)
                elif kind == b"E":
                    course.told = orjson.loads(payload)

    async def _watched(self, stream: Stream, running: Coroutine[None, None, None]) -> None:
        """Run a stream to its end, or to the end of its grant."""
        task, blind = asyncio.ensure_future(running), False
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK_S))[0]:
                # Without a lease nobody knows what has been revoked; one look may be a busy moment.
                blind, was_blind = boot_clock() >= self._serving.gate.lease_until, blind
                if self._revoked(stream) or (blind and was_blind):
                    _log.warning("stream ended by policy", extra={"receipt": stream.receipt})
                    return
            task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _close(self, stream: Stream, course: _Course) -> None:
        now = time.time()
        await self._serving.close_stream(stream, course.told, now, refused=course.refused)

    async def _run(self, proto: HTTPProtocol, stream: Stream, course: _Course, line: Line) -> None:
        async with contextlib.aclosing(self._pool.run(stream.job)) as frames:
            await self._forward(proto, stream, frames, course, line)

    async def _forward(
        self,
        proto: HTTPProtocol,
        stream: Stream,
        frames: AsyncGenerator[tuple[bytes, bytes], None],
        course: _Course,
        line: Line,
    ) -> None:
        _, head = await anext(frames)
        next_ = orjson.loads(head)["next"]
        first = await anext(frames)  # a statement that fails does so before its first data
        interface = stream.seat.plan.served.interface
        headers = answer_headers(stream.media, stream.receipt, next_, interface)
        transport = course.transport = proto.response_stream(200, headers)
        is_json = stream.job["format"] == "json"
        if is_json:
            await transport.send_bytes(b'{"rows":[')
        kind, payload = first
        while kind == b"D":
            await transport.send_bytes(payload)
            line.sent(len(payload))
            if line.full():
                await room(line)
            kind, payload = await anext(frames)
        if is_json:
            tail = {"next": next_, "as_of": stream.as_of, "receipt": stream.receipt}
            await transport.send_bytes(b"]," + orjson.dumps(tail)[1:])
        course.told = orjson.loads(payload)

    def _ended(self, stream: Stream) -> Refusal:
        """Return why a stream that policy ended has not even begun."""
        if self._revoked(stream):
            link = f"/store/interfaces/{stream.seat.plan.served.interface.id}/"
            return Refusal("grant_not_valid", link=link)
        return Refusal("unavailable", part="policy", retry_after=1)

    def _revoked(self, stream: Stream) -> bool:
        """Tell whether this stream could not begin any more as it did."""
        state, plan = self._serving.state, stream.seat.plan
        grant, served = plan.grant, state.interfaces.get(plan.grant.interface)
        if served is None or served.interface != plan.served.interface:
            return True
        if grant.id == OPEN:
            return False
        now = time.time()
        ended = state.grants.get(grant.id) != grant or now >= grant.valid_until
        return ended or not stands(state.clients, grant.client, stream.seat.key, now)


async def room(line: Line) -> None:
    """Wait until the caller has taken some of what is on its way.

    :raises BulkFailed: it is gone, or takes nothing any more.
    """
    arrived, since = line.arrived(), time.monotonic()
    while line.full():
        await asyncio.sleep(_FULL_S)
        if line.arrived() != arrived:
            arrived, since = line.arrived(), time.monotonic()
        elif line.broken() or time.monotonic() - since > _STALLED_S:
            raise BulkFailed
