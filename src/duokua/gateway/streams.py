"""Bulk answers: the worker's frames become a streamed response between two receipts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable
from typing import Any

import orjson

from duokua.gateway.replies import answer_headers
from duokua.gateway.rsgi import HTTPProtocol
from duokua.serving.pool import BulkFailed, Pool
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving, Stream

_log = logging.getLogger("duokua.gateway.streams")


class Streams:
    """Runs bulk answers on the pool; one that loses its grant ends at the next chunk."""

    def __init__(self, serving: Serving, pool: Pool) -> None:
        self._serving = serving
        self._pool = pool

    async def send(self, proto: HTTPProtocol, stream: Stream) -> None:
        """Send a stream; its closing receipt is written whatever happens.

        :raises Refusal: nothing was sent: the line is full or the statement failed.
        """
        told: dict[str, Any] = {}
        try:
            self._pool.admit()
            await stream.durable
            async with contextlib.aclosing(self._pool.run(stream.job)) as frames:
                await self._forward(proto, stream, frames, told)
        except BulkFailed:
            _log.error("bulk answer failed", extra={"receipt": stream.receipt})
            raise Refusal("unavailable", part="export", retry_after=5) from None
        finally:
            if not self._serving.ledger.failed:
                closed = self._serving.close_stream(stream, told or None, time.time())
                await asyncio.shield(_done(closed))

    async def _forward(
        self,
        proto: HTTPProtocol,
        stream: Stream,
        frames: AsyncGenerator[tuple[bytes, bytes], None],
        told: dict[str, Any],
    ) -> None:
        _, head = await anext(frames)
        next_ = orjson.loads(head)["next"]
        first = await anext(frames)  # a statement that fails does so before its first data
        transport = proto.response_stream(200, answer_headers(stream.media, stream.receipt, next_))
        is_json = stream.job["format"] == "json"
        if is_json:
            await transport.send_bytes(b'{"rows":[')
        kind, payload = first
        while kind == b"D":
            if self._revoked(stream):
                _log.warning("stream ended by policy", extra={"receipt": stream.receipt})
                raise asyncio.CancelledError
            await transport.send_bytes(payload)
            kind, payload = await anext(frames)
        if is_json:
            tail = {"next": next_, "as_of": stream.as_of, "receipt": stream.receipt}
            await transport.send_bytes(b"]," + orjson.dumps(tail)[1:])
        told.update(orjson.loads(payload))

    def _revoked(self, stream: Stream) -> bool:
        grant = stream.seat.plan.grant
        if grant.client == "anonymous":
            return grant.interface not in self._serving.state.interfaces
        return grant.id not in self._serving.state.grants or time.time() >= grant.valid_until


async def _done(awaitable: Awaitable[None]) -> None:
    await awaitable
