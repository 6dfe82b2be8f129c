"""Non-interference over HTTP: two worlds that differ in what is hidden answer every call alike."""

from __future__ import annotations

import json
import random

import pytest

from attacks import sameness, worlds
from attacks.calls import Calls
from attacks.duel import Duel
from attacks.wire import Answer
from gateway.world import Gateway, wait_for
from ledgers import EFFORT

PAIRS = 20_000 * EFFORT
pytestmark = [pytest.mark.xdist_group("attacks_interference")]


@pytest.mark.campaign
@pytest.mark.timeout(600 * EFFORT)
def test_what_is_hidden_changes_nothing(duel: Duel, seed: int) -> None:
    print(f"seed {seed}")
    duel.run([worlds.client(lane) for lane in range(worlds.LANES)], seed, PAIRS)
    assert not duel.findings, f"seed {seed}\n" + "\n".join(map(str, duel.findings))
    assert sum(duel.statuses.values()) >= PAIRS
    assert duel.statuses[200] > PAIRS / 3, duel.statuses
    assert duel.statuses.keys() >= {200, 403, 404, 405, 406, 422}, duel.statuses
    assert not duel.statuses.keys() & {500, 502, 503}, duel.statuses


def test_exports_of_both_worlds_are_alike(duel: Duel, seed: int) -> None:
    """A job's file is made aside: it is held against the other world's once both are done."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    calls = Calls(rng, duel.worlds)
    for _ in range(5 * EFFORT):
        told = {"format": rng.choice(("csv", "arrow", "parquet"))}
        chosen = rng.choice(worlds.PARAMETERS)
        if rng.random() < 0.8:
            told[chosen.name] = str(calls.value(chosen.column))
        first, second = (_exported(gateway, told) for gateway in duel.gateways)
        assert sameness.told(first) == sameness.told(second), (seed, told)
        assert worlds.MARK.encode() not in first.body or worlds.MARK in str(told), (seed, told)


def _exported(gateway: Gateway, told: dict[str, str]) -> Answer:
    token = gateway.token(worlds.client(0))
    made = gateway.ask(
        "/data/many/exports", token=token, method="POST", body=json.dumps(told).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    if made.status != 202:
        return Answer(made.status, (), made.body)
    place = made.headers["location"]
    wait_for(lambda: gateway.ask(place, token=token).json["state"] == "done", "the export")
    file = gateway.ask(f"{place}/data", token=token)
    return Answer(file.status, (("content-type", file.headers["content-type"]),), file.body)


@pytest.mark.parametrize("leak", worlds.LEAKS)
def test_a_leak_is_found(duel: Duel, leak: str, seed: int) -> None:
    """A grant that shows more than it should does not get through the same comparison."""
    print(f"seed {seed}")
    duel.run([f"leak_{leak}"], seed, 2000)
    assert duel.findings, f"seed {seed}: {sum(duel.statuses.values())} pairs and nothing was found"


def test_what_is_hidden_was_written_down_nowhere(duel: Duel, seed: int) -> None:
    """Logs, ledger, policy and figures of both gateways, after all that was asked of them."""
    duel.run([worlds.client(0)], seed, 200)
    for gateway in duel.gateways:
        home = gateway.home.path
        files = [path for path in home.rglob("*") if path.is_file()]
        told = [path for path in files if path.relative_to(home).parts[0] != "serving"]
        assert {path.suffix for path in told} >= {".log", ".sqlite3"}, told
        for path in told:
            assert worlds.MARK.encode() not in path.read_bytes(), path
        figures = gateway.ask("/metrics")
        assert figures.status == 200
        assert worlds.MARK.encode() not in figures.body
