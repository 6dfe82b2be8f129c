"""Callers that keep calling while something takes their access away."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from attacks import worlds
from attacks.wire import Answer, Ask, Wire
from duokua.lang.codec import contract_to_json, interface_to_json
from duokua.lang.contract import Level
from duokua.lang.grant import FIRST_KEY, Grant, grant_to_json
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import Hide
from duokua.lang.predicate import Compare
from duokua.serving import tokens
from duokua.serving.keys import token_key
from duokua.serving.policy import Change
from gateway.world import SECRET, Gateway, Home

SHOWN = worlds.rows(3)[::20]  # twenty rows, all with an area of their own
CONTRACT = replace(worlds.PLAIN, level=Level.L2, subject=None)
_COLUMNS = ("id", "area", "phone")
WAYS = ("grant", "client", "key", "person", "mask", "columns", "filter", "interface", "narrower")
_NARROW = frozenset(("mask", "columns", "filter", "narrower"))  # what goes on, showing less
CALLS = ("quick", "long", "page", "query", "stream", "cookie", "listing")

_CUT = Answer(0, (), b"")
_EXPECTED = (0, 200, 401, 403, 404, 503)  # 503: an interface has just come back without its index


def interface(lane: int, shape: Shape, *, narrow: bool = False) -> Interface:
    """Return an interface of a lane; the narrow version does not show the phone."""
    made = worlds.LOOKUP if shape is Shape.LOOKUP else worlds.FIGURES
    columns = _COLUMNS[:-1] if narrow else _COLUMNS
    return replace(
        made,
        id=f"{shape.value}_{lane}",
        dataset="plain",
        columns=columns,
        parameters=tuple(p for p in made.parameters if p.column in columns),
    )


def body(shown: Interface) -> Change:
    """Return the record that publishes an interface."""
    told = {"interface": interface_to_json(shown), "contract": contract_to_json(CONTRACT)}
    return Change("interface", shown.id, told)


@dataclass(frozen=True, slots=True)
class Target:
    """A client with two grants on its lane's interfaces, and what will be taken away."""

    number: int
    lane: int
    way: str

    @property
    def client(self) -> str:
        """Its id."""
        return f"c{self.number}"

    @property
    def person(self) -> str:
        """Whoever tries the interface in a browser."""
        return f"p{self.number}"

    def grants(self) -> list[Grant]:
        """Return the grants of the client."""
        return [
            replace(
                Home.order(interface(self.lane, shape), client=self.client),
                id=f"{shape.value}-{self.number}",
                purpose="race",
            )
            for shape in (Shape.LOOKUP, Shape.PAGE)
        ]

    def client_record(self, key: str = FIRST_KEY) -> Change:
        """Return the record of the client with one key."""
        digest = hashlib.sha256(SECRET.encode()).hexdigest()
        told = {"id": self.client, "department": "dept", "title": "race",
                "keys": [{"id": key, "secret_hash": digest, "until": None}]}  # fmt: skip
        return Change("client", self.client, told)

    def before(self) -> list[Change]:
        """Return what makes it."""
        told = [Change("grant", grant.id, grant_to_json(grant)) for grant in self.grants()]
        return [self.client_record(), *told]

    def taking(self) -> list[Change]:
        """Return what takes its access away, or a part of it."""
        shapes = (Shape.LOOKUP, Shape.PAGE)
        match self.way:
            case "grant":
                return [Change("grant", grant.id, None) for grant in self.grants()]
            case "client":
                return [Change("client", self.client, None)]
            case "key":
                return [self.client_record("k2")]
            case "person":
                return [Change("person", self.person, {"disabled": True})]
            case "interface":
                return [Change("interface", interface(self.lane, s).id, None) for s in shapes]
            case "narrower":
                return [body(interface(self.lane, shape, narrow=True)) for shape in shapes]
        less: dict[str, object] = {
            "mask": {"masks": (("phone", Hide()),)},
            "columns": {"columns": _COLUMNS[:-1]},
            "filter": {"row_filter": Compare("area", "eq", "nowhere")},
        }[self.way]
        return [
            Change("grant", grant.id, grant_to_json(replace(grant, **less)))  # type: ignore[arg-type]
            for grant in self.grants()
        ]

    def restoring(self) -> list[Change]:
        """Return what the lane needs again for whoever comes next."""
        if self.way not in ("interface", "narrower"):
            return []
        return [body(interface(self.lane, shape)) for shape in (Shape.LOOKUP, Shape.PAGE)]


@dataclass(slots=True)
class Race:
    """One interleaving: three callers, and an acknowledgement somewhere between their calls."""

    gateway: Gateway
    target: Target
    rng: random.Random
    publish: Callable[..., object]  # takes the changes, returns when they are acknowledged
    acknowledged: float | None = None
    served: int = 0
    stale: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Call, take away, and call on until everybody has called after the acknowledgement."""
        callers = [asyncio.create_task(self._call(kind)) for kind in self._kinds()]
        enough = self.rng.randint(1, 12)
        while self.served < enough:
            done = [each for each in callers if each.done()]
            for each in done:
                each.result()
            await asyncio.sleep(0)
        await asyncio.to_thread(self.publish, *self.target.taking())
        self.acknowledged = time.monotonic()
        await asyncio.gather(*callers)

    def _kinds(self) -> list[str]:
        """Return how is called; a browser's token is a person's and came from no key."""
        match self.target.way:
            case "person":
                return ["cookie"]
            case "key":
                return self.rng.sample([kind for kind in CALLS if kind != "cookie"], 3)
        return self.rng.sample(CALLS, 3)

    async def _call(self, kind: str) -> None:
        wire, ask, token = Wire(self.gateway.port), *self._ask(kind)
        try:
            while True:
                began = time.monotonic()
                late = self.acknowledged is not None and began > self.acknowledged
                try:
                    answer = await wire.send(ask, token)
                except asyncio.IncompleteReadError:  # a stream that was cut off, which is right
                    answer = _CUT
                if late:
                    if self._is_stale(answer):
                        self.stale.append(f"{self.target} {kind} {answer.status} {answer.body!r}")
                    return
                # A lane's interfaces may just have come back: whoever was first sees 200 soon.
                self.served += answer.status == 200
                assert answer.status in _EXPECTED, (kind, answer)
        finally:
            await wire.close()

    def _is_stale(self, answer: Answer) -> bool:
        """Tell whether an answer shows what was taken away before it was asked for."""
        if answer is _CUT:
            return True  # it should not have begun
        if answer.status == 200 and self.target.way not in _NARROW:
            return b"openapi" not in answer.body or b"/data/" in answer.body
        return worlds.MARK.encode() in answer.body

    def _ask(self, kind: str) -> tuple[Ask, str | None]:
        one, many = (
            f"/data/{interface(self.target.lane, s).id}" for s in (Shape.LOOKUP, Shape.PAGE)
        )
        token = self._token(browser=kind == "cookie")
        match kind:
            case "quick":
                return Ask("GET", f"{one}?id=1"), token
            case "long":
                return Ask("GET", f"{one}?id=1&format=csv"), token
            case "page":
                return Ask("GET", f"{many}?limit=5"), token
            case "query":
                told = json.dumps({"where": {"field": "id", "op": "ge", "value": 0}}).encode()
                headers = {"Content-Type": "application/json"}
                return Ask("POST", f"{many}/query", headers, told), token
            case "stream":
                return Ask("GET", f"{many}?limit=all&format=csv"), token
            case "cookie":
                return Ask("GET", f"{many}?limit=5", {"Cookie": f"a=b; duokua_try={token}"}), None
        return Ask("GET", "/data/openapi.json"), token

    def _token(self, *, browser: bool) -> str:
        grant = f"{Shape.PAGE.value}-{self.target.number}"
        return tokens.issue(
            token_key(self.gateway.home.settings.secret()),
            client=self.target.client,
            purpose="race",
            now=time.time(),
            grant=grant if browser else None,
            person=self.target.person if browser else None,
            key_id=None if browser else FIRST_KEY,
        )
