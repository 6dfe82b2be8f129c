"""Route × actor × object at the gateway: every cell against the policy in words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator

import pytest

from attacks.parties import THINGS, Actor, Cast, Thing, build
from attacks.wire import Answer, Ask, Wire
from duokua.lang.interface import Shape
from gateway.world import Gateway, Home

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
PAGE, LOOKUP, VERIFY = Shape.PAGE, Shape.LOOKUP, Shape.VERIFY
# Every route below an interface, and which shapes take which method there.
ROUTES: dict[str, dict[str, tuple[Shape, ...]]] = {
    "": {"GET": (PAGE, LOOKUP, VERIFY), "POST": (VERIFY,)},
    "/query": {"POST": (PAGE,)},
    "/exports": {"GET": (PAGE,), "POST": (PAGE,)},
    "/exports/{id}": {},  # nobody's here: a job of another grant is a job that is not there
    "/exports/{id}/data": {},
    "/anything": {},
}
# Routes of their own, open to everybody, that tell nothing of an interface.
FIXED = ("/data/", "/data/openapi.json", "/oauth/token", "/healthz", "/readyz")
_QUERY = {LOOKUP: "?id=1", PAGE: "?limit=2", VERIFY: "?id=1&area=D1"}
pytestmark = [pytest.mark.xdist_group("attacks_matrix")]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with something of every kind."""
    home = Home(tmp_path_factory.mktemp("matrix"))
    build(home)
    started = Gateway(home).start()
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def actors(gateway: Gateway) -> list[Actor]:
    """Everybody who knocks."""
    return Cast(gateway).actors()


def _ask(actor: Actor, thing: Thing, route: str, method: str, job: str = "e-1") -> Ask:
    target = f"/data/{thing.id}{route.replace('{id}', job)}"
    body, headers = b"", dict(actor.headers)
    if method in ("POST", "PUT", "PATCH"):
        headers["Content-Type"] = "application/json"
        told = {"": {"id": 1, "area": "D1"}, "/exports": {"format": "csv"}}
        body = json.dumps(told.get(route, {})).encode()
    elif not route:
        target += _QUERY[thing.shape]
    return Ask(method, target, headers, body)


def _expected(actor: Actor, thing: Thing, route: str, method: str) -> set[int]:
    """Return the statuses that a cell may have, from the policy in words."""
    decided = actor.decision(thing.kept)
    if decided != 200:
        # A method that is not taken may be told before the decision, and says nothing else.
        return {decided} if thing.shape in ROUTES[route].get(method, ()) else {decided, 405}
    if thing.kept == "open" and route.startswith("/exports"):
        return {401}  # exports are of a grant, and everybody has none
    if thing.shape not in ROUTES[route].get(method, ()):
        return {403, 404, 405, 422}  # 403: no queries there
    return {202} if (route, method) == ("/exports", "POST") else {200}


def _bare(answer: Answer) -> tuple[object, ...]:
    headers = tuple(pair for pair in answer.headers if pair[0] != "date")
    return answer.status, headers, answer.body


async def _all(gateway: Gateway, asks: list[Ask], wires: int = 4) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(asks)

    async def run(first: int) -> None:
        wire = Wire(gateway.port)
        for at in range(first, len(asks), wires):
            answers[at] = await wire.send(asks[at], None)
        await wire.close()

    await asyncio.gather(*(run(first) for first in range(wires)))
    return [answer for answer in answers if answer is not None]


def test_every_cell(gateway: Gateway, actors: list[Actor]) -> None:
    cells = [
        (actor, thing, route, method)
        for actor in actors
        for thing in THINGS
        for route in ROUTES
        for method in METHODS
    ]
    answers = asyncio.run(_all(gateway, [_ask(*cell) for cell in cells]))
    told = dict(zip(_keys(cells), answers, strict=True))
    wrong = [
        f"{actor.name} {method} {thing.id}{route}: {answer.status}"
        for (actor, thing, route, method), answer in zip(cells, answers, strict=True)
        if answer.status not in _expected(actor, thing, route, method)
    ]
    assert not wrong, f"{len(wrong)} of {len(cells)}\n" + "\n".join(wrong[:40])
    apart = _told_apart(told, actors)
    assert not apart, "\n".join(apart[:20])


def _keys(
    cells: list[tuple[Actor, Thing, str, str]],
) -> list[tuple[str, str, Shape, str, str]]:
    """Return what names each cell."""
    return [(a.name, t.kept, t.shape, route, method) for a, t, route, method in cells]


def _told_apart(
    told: dict[tuple[str, str, Shape, str, str], Answer], actors: list[Actor]
) -> list[str]:
    """Return where something that is not there can be told from what a caller may not know of."""
    found = []
    for actor in actors:
        hidden = ["secret"] if actor.known else ["secret", "foreign", "mine"]
        for name, kept, shape, route, method in told:
            if name == actor.name and kept in hidden:
                there = told[name, kept, shape, route, method]
                absent = told[name, "absent", shape, route, method]
                if _bare(there) != _bare(absent):
                    found.append(f"{name} {method} {kept} {shape}{route}: {there} {absent}")
    return found


def test_every_described_route_has_a_policy(gateway: Gateway, actors: list[Actor]) -> None:
    """A path that the description names and this matrix does not know fails here."""
    holder = next(actor for actor in actors if actor.name == "holder")
    document = gateway.ask("/data/openapi.json", headers=holder.headers).json
    ids = {thing.id: thing.shape for thing in THINGS}
    for path, item in document["paths"].items():
        found = re.fullmatch(r"/data/([^/]+)(/.*)?", path)
        if path in FIXED:
            continue
        assert found, path
        route = re.sub(r"\{\w+\}", "{id}", found[2] or "")
        for method in item.keys() & {each.lower() for each in METHODS}:
            assert ids[found[1]] in ROUTES[route].get(method.upper(), ()) or "{id}" in route, path


def test_lists_name_nothing_that_is_not_open_to_the_caller(
    gateway: Gateway, actors: list[Actor]
) -> None:
    for actor in actors:
        for path in ("/data/?limit=1000", "/data/openapi.json"):
            answer = gateway.ask(path, headers=actor.headers)
            if not actor.known and actor.name != "anonymous":
                assert answer.status == 401, (actor.name, path)
                continue
            named = {t.kept for t in THINGS if t.id.encode() in answer.body}
            assert named == ({"open", "mine"} if actor.mine == 200 else {"open"}), (
                actor.name,
                path,
            )


def test_a_job_is_its_grants_own(gateway: Gateway, actors: list[Actor]) -> None:
    """Whoever holds another grant on the same interface learns nothing of a job."""
    thing = Thing("mine", PAGE)
    holder, other = (next(a for a in actors if a.name == n) for n in ("holder", "statistics"))

    def send(actor: Actor, route: str, method: str, job: str) -> Answer:
        return asyncio.run(_all(gateway, [_ask(actor, thing, route, method, job)]))[0]

    made = send(holder, "/exports", "POST", "")
    job = json.loads(made.body)["id"]
    assert send(holder, "/exports/{id}", "GET", job).status == 200
    for route in ("/exports/{id}", "/exports/{id}/data"):
        for method in METHODS:
            foreign, absent = (send(other, route, method, id_) for id_ in (job, "e-none"))
            assert _bare(foreign) == _bare(absent), (route, method, foreign)
            assert foreign.status == 404
    assert job.encode() not in send(other, "/exports", "GET", "").body
    assert send(holder, "/exports/{id}", "GET", job).status == 200
