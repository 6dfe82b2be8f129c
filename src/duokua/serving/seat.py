"""A seat (调用席位): one caller on one plan, decided once and used until the policy moves."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.serving.meter import Meter
from duokua.serving.plan import Plan
from duokua.serving.receipts import Opening


@dataclass(slots=True)
class Seat:
    """``until`` is the earlier of the token's and the grant's end, seconds since 1970."""

    plan: Plan
    opening: Opening
    meter: Meter
    until: float
