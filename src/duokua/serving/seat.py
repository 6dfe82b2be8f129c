"""A seat (调用席位): one caller on one plan, decided once and used until the policy moves."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from duokua.serving.meter import Meter
from duokua.serving.plan import Plan
from duokua.serving.receipts import Opening
from duokua.serving.tally import Tally, Timed


@dataclass(slots=True)
class Seat:
    """``until`` is the earliest end of token, key and grant, seconds since 1970.

    ``key`` is the client's key that the token came from; a browser's token has none.
    """

    plan: Plan
    opening: Opening
    meter: Meter
    until: float
    tally: Tally
    key: str | None = None

    def counted(
        self, durable: Awaitable[None], rows: int, size: int, since: float
    ) -> Awaitable[None]:
        """Count an answer of ``size`` bytes whose receipt was just appended.

        Await what is returned instead of ``durable``: it counts the time since ``since`` as well.
        """
        self.tally.served(rows, size)
        return Timed(durable, self.tally, since)
