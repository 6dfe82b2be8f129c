"""Every call goes to both worlds; whatever they answer otherwise is a finding."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from attacks import sameness
from attacks.calls import Calls
from attacks.wire import Answer, Ask, Wire
from attacks.worlds import MARK
from engines import Row
from gateway.world import Gateway

_MOST_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """A call that was answered otherwise by the other world, or that showed what is hidden."""

    ask: Ask
    answers: tuple[Answer, Answer]

    def __str__(self) -> str:
        lines = [f"{self.ask.method} {self.ask.target} {self.ask.body.decode()}"]
        bodies = [answer.body for answer in self.answers]
        pairs = enumerate(zip(*bodies, strict=False))
        at = max(0, next((n for n, (one, other) in pairs if one != other), 0) - 80)
        lines += [f"  {a.status} {a.headers} …{a.body[at : at + 400]!r}" for a in self.answers]
        return "\n".join(lines)


@dataclass(slots=True)
class Duel:
    """Two gateways and the tokens for both."""

    gateways: tuple[Gateway, Gateway]
    worlds: list[list[Row]]
    findings: list[Finding] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    async def lane(self, client: str, seed: int, pairs: int) -> None:
        """Send ``pairs`` calls of one client, one after another."""
        calls = Calls(random.Random(seed), self.worlds)
        wires = [Wire(gateway.port) for gateway in self.gateways]
        token = await asyncio.to_thread(self.gateways[0].token, client)
        try:
            for number in range(pairs):
                if number % 5000 == 4999:
                    token = await asyncio.to_thread(self.gateways[0].token, client)
                await self._pair(wires, token, calls)
                if len(self.findings) >= _MOST_FINDINGS:
                    return
        finally:
            for wire in wires:
                await wire.close()

    async def _pair(self, wires: list[Wire], token: str, calls: Calls) -> None:
        ask = calls.next()
        first, second = await asyncio.gather(*(wire.send(ask, token) for wire in wires))
        self.statuses[first.status] += 1
        self.judge(ask, first, second)
        if cursor := first.header("duokua-next"):
            # One of them opens in both: the keys are the same, and so must be the place.
            calls.cursor = cursor, ask

    def judge(self, ask: Ask, first: Answer, second: Answer) -> None:
        """Compare two answers, and look for what nobody may see in them."""
        asked_for = MARK in ask.target or MARK.encode() in ask.body
        seen = not asked_for and any(MARK.encode() in each.whole() for each in (first, second))
        if seen or sameness.told(first) != sameness.told(second):
            self.findings.append(Finding(ask, (first, second)))

    def run(self, clients: list[str], seed: int, pairs: int) -> None:
        """Share ``pairs`` among the clients and let them call at once."""
        share = -(-pairs // len(clients))

        async def everybody() -> None:
            await asyncio.gather(
                *(self.lane(client, seed + n, share) for n, client in enumerate(clients))
            )

        asyncio.run(everybody())
