"""Governed calls without a gateway (进程内调用): the same verdict, quota and receipt in this process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from duokua.exchange.probing.values import Ask, Seen
from duokua.kernel import environment
from duokua.kernel.environment import Environment
from duokua.kernel.errors import DuokuaError, Unavailable
from duokua.kernel.text import Text
from duokua.lang.interface import Shape
from duokua.ledger.commit import GroupCommit
from duokua.serving.answers import Answer, Stream
from duokua.serving.changes import ChangeFeed
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat
from duokua.serving.service import Serving
from duokua.serving.verification import Verification

_PATIENCE_S = 2.0


class Inside:
    """Serving in this process; it writes the ledger of receipts as long as it is open."""

    def __init__(
        self, way: str, runner: asyncio.Runner, serving: Serving, settings: Environment
    ) -> None:
        self.way = way
        self._runner, self._serving = runner, serving
        secret = settings.secret()
        self._changes = ChangeFeed(serving, secret)
        self._verification = Verification(serving, secret, settings.ledger)

    @classmethod
    @contextmanager
    def begin(cls, way: str) -> Iterator[Inside]:
        """Open the ledger and yield a door.

        :raises Unavailable: somebody else writes the ledger: a gateway is just starting or ending.
        """
        settings, name = environment.read(), f"probe-{os.getpid()}"
        with asyncio.Runner() as runner:
            try:
                ledger = runner.run(_ledger(settings))
            except DuokuaError:
                raise _taken() from None
            serving = Serving(settings, ledger)
            try:
                serving.start()
                serving.poll(name)
                yield cls(way, runner, serving, settings)
            finally:
                serving.policy.withdraw(name)
                runner.run(ledger.close())
                serving.policy.close()

    def ask(self, call: Ask) -> Seen:
        """Return what a call answers."""
        self._serving.poll(f"probe-{os.getpid()}")
        return self._runner.run(self._ask(call))

    async def _ask(self, call: Ask) -> Seen:
        now = time.time()
        try:
            seat = self._serving.seat(call.token, call.interface, now)
            if call.purpose is not None and call.purpose != seat.plan.grant.purpose:
                raise Refusal("purpose_mismatch")
            answer = await self._answer(seat, call, now)
        except Refusal as refusal:
            return Seen(refusal.status, refusal.code)
        await answer.durable
        if isinstance(answer, Stream):
            await self._serving.close_stream(answer, None, now, refused=True)
            return Seen(200, most=answer.reserved)
        body = orjson.loads(answer.body)
        return Seen(200, rows=body["rows"], as_of=body["as_of"])

    async def _answer(self, seat: Seat, call: Ask, now: float) -> Answer | Stream:
        shape, serving = seat.plan.served.interface.shape, self._serving
        if call.part:
            body = orjson.dumps(call.body)
            ask = serving.cubes.post if shape is Shape.AGGREGATE else serving.queries.answer
            return ask(seat, body, call.query, None, now)
        if shape is Shape.VERIFY:
            return self._verification.answer(seat, call.body or call.query, now)
        if shape is Shape.CHANGES:
            return await self._changes.answer(seat, call.query, None, now, lambda: seat)
        return serving.call(seat, call.query, None, now)


async def _ledger(settings: Environment) -> GroupCommit:
    return await GroupCommit.open(
        settings.ledger / "receipts",
        name="receipts",
        algorithm=settings.ledger_hash,
        anchor=settings.anchor,
        patience_s=_PATIENCE_S,
        beside={"audit": settings.ledger / "audit"},
    )


def _taken() -> Unavailable:
    return Unavailable(
        Text("网关正在启动或停止，暂不能探测", "a gateway is just starting or ending"),
        Text("稍后会自动重试", "it is tried again by itself"),
    )
