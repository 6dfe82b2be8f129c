"""A seat (调用席位): one caller on one plan, decided once and used until the policy moves."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from duokua.lang.grant import Quota
from duokua.serving.meter import Meter
from duokua.serving.meters import Meters
from duokua.serving.plan import Plan
from duokua.serving.receipts import PROBED, Opening
from duokua.serving.tally import Tallies, Tally, Timed
from duokua.serving.tokens import PROBE


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
    probe: bool = False  # counts nowhere

    def counted(
        self, durable: Awaitable[None], rows: int, size: int, since: float
    ) -> Awaitable[None]:
        """Count an answer of ``size`` bytes whose receipt was just appended.

        Await what is returned instead of ``durable``: it counts the time since ``since`` as well.
        """
        self.tally.served(rows, size)
        return Timed(durable, self.tally, since)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who takes a seat: the person of a browser or probe, the key of a program, until when."""

    until: float
    person: str | None = None
    key: str | None = None

    def seat(self, plan: Plan, policy: int, meters: Meters, tallies: Tallies) -> Seat:
        """Return the seat on a plan; a probe's counts neither on the grant's quota nor its use."""
        grant, person = plan.grant, self.person
        probe = person == PROBE
        door = PROBED if probe else "portal" if person else "data"
        opening = Opening.of(plan, person=person, purpose=grant.purpose, policy=policy, door=door)
        meter = Meter(Quota()) if probe else meters.of(grant)
        tally = Tally() if probe else tallies.of(grant)
        return Seat(plan, opening, meter, self.until, tally, self.key, probe)
