"""A seat (调用席位): one caller on one plan, decided once and used until the policy moves."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.serving.meter import Meter
from duokua.serving.plan import Plan
from duokua.serving.receipts import Opening


@dataclass(slots=True)
class Seat:
    """``until`` is the earliest end of token, key and grant, seconds since 1970.

    ``key`` is the client's key that the token came from; a browser's token has none.
    """

    plan: Plan
    opening: Opening
    meter: Meter
    until: float
    key: str | None = None
