"""Whoever may knock at a gateway, and what there is behind the door, for the access matrix."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import jwt

from attacks import worlds
from duokua.lang.contract import Contract, Level
from duokua.lang.interface import Interface, Shape
from duokua.serving import tokens
from duokua.serving.keys import token_key
from duokua.serving.policy import Change
from gateway.world import FOREVER, Gateway, Home

SHAPES = (Shape.LOOKUP, Shape.PAGE, Shape.VERIFY)
_OPEN = ("id", "area", "score")
_MODELS = {
    Shape.LOOKUP: worlds.LOOKUP,
    Shape.PAGE: replace(worlds.PAGE, parameters=worlds.PARAMETERS[:8]),
    Shape.VERIFY: worlds.CHECK,
}
# How its owner keeps it: everybody's, one that was granted, one that was not, one nobody hears of.
KEPT = ("open", "mine", "foreign", "secret", "absent")


@dataclass(frozen=True, slots=True)
class Thing:
    """An interface as an object of the matrix; an ``absent`` one is not there."""

    kept: str
    shape: Shape

    @property
    def id(self) -> str:
        """The name in the address."""
        return f"{self.kept}_{self.shape.value}"


THINGS = tuple(
    Thing(kept, shape)
    for kept in KEPT
    for shape in SHAPES
    if (kept, shape) != ("open", Shape.VERIFY)
)


def _contract(kept: str) -> Contract:
    if kept == "open":
        columns = tuple(replace(c, level=Level.L1) for c in worlds.COLUMNS)
        return replace(worlds.PLAIN, id="open", level=Level.L1, columns=columns)
    level = Level.L4 if kept == "secret" else Level.L3
    return replace(worlds.CONTRACT, id=kept, level=level)


def interface(thing: Thing) -> Interface:
    """Return the interface of a thing."""
    made = replace(_MODELS[thing.shape], id=thing.id, dataset=thing.kept)
    if thing.kept != "open":
        return made
    parameters = tuple(p for p in made.parameters if p.column in _OPEN)
    return replace(made, columns=_OPEN, parameters=parameters, open=True)


def build(home: Home) -> None:
    """Serve everything that is there."""
    for thing in THINGS:
        if thing.kept != "absent":
            home.serve(interface(thing), _contract(thing.kept), worlds.rows(5)[:60])


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with a header, and what is decided about the things that are ``mine``.

    ``known`` tells whether the token counts at all; ``mine`` is the status there.
    """

    name: str
    headers: dict[str, str]
    known: bool
    mine: int

    def decision(self, kept: str) -> int:
        """Return the status of a sound call, from the policy in words."""
        if self.name == "anonymous":
            return 200 if kept == "open" else 401
        if not self.known:
            return 401  # a token that does not count is told so wherever it is shown
        match kept:
            case "open":
                return 200
            case "mine":
                return self.mine
            case "foreign":
                return 403  # may be applied for
        return 404  # what is absent and what nobody may hear of are one


class Cast:
    """Makes the actors of a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._home = gateway.home
        self._key = token_key(gateway.home.settings.secret())

    def _client(self, name: str, **changes: object) -> str:
        client = self._home.client(f"x_{name}")
        for shape in SHAPES:
            what = interface(Thing("mine", shape))
            told = {"id": f"{name}-{shape.value}", "columns": worlds.GRANTED, **changes}
            if shape is not Shape.VERIFY:
                told = {"masks": worlds.MASKS, **told}
            self._home.grant(what, client=client, **told)
        return client

    def _token(self, client: str, purpose: str = "inspection", age: int = 0, **more: str) -> str:
        return tokens.issue(
            self._key, client=client, purpose=purpose, now=time.time() - age, **more
        )

    def actors(self) -> list[Actor]:
        """Return everybody."""
        holder = self._client("holder")
        statistics = self._client("statistics", purpose="statistics")
        ended = self._client("ended", valid_until=time.time() - 1)
        future = self._client("future", valid_from=FOREVER - 1)
        stranger, disabled = self._home.client("x_stranger"), self._client("disabled")
        revoked, leaked = self._client("revoked"), self._client("leaked")
        takes = [Change("grant", f"revoked-{shape.value}", None) for shape in SHAPES]
        self._home.publish(Change("client", disabled, None), Change("person", "gone", {}), *takes)
        forged = jwt.encode(
            jwt.decode(self._token(holder), options={"verify_signature": False}), b"k" * 32
        )
        browser = {"grant": "holder-page"}
        return [
            Actor("anonymous", {}, False, 401),
            _bearer("garbage", "a.b.c", 401),
            _bearer("forged", forged, 401),
            _bearer("expired", self._token(holder, age=tokens.LIFETIME_S + 5), 401),
            _bearer("disabled", self._token(disabled), 401),
            _bearer("leaked_key", self._token(leaked, key_id="k9"), 401),
            _cookie("gone_person", self._token(holder, person="gone", **browser), 401),
            _bearer("stranger", self._token(stranger), 403),
            _bearer("revoked", self._token(revoked), 403),
            _bearer("other_purpose", self._token(statistics), 403),
            _bearer("ended", self._token(ended), 403),
            _bearer("future", self._token(future), 403),
            _bearer("holder", self._token(holder), 200),
            _bearer("statistics", self._token(statistics, "statistics"), 200),
        ]


def _bearer(name: str, token: str, mine: int) -> Actor:
    return Actor(name, {"Authorization": f"Bearer {token}"}, mine != 401, mine)


def _cookie(name: str, token: str, mine: int) -> Actor:
    return Actor(name, {"Cookie": f"duokua_try={token}"}, mine != 401, mine)
