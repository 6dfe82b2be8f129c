"""kill -9 of the gateway and of its ledger's writer while calls run: no answer without receipt."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from duokua.lang.grant import Quota
from duokua.serving.meters import Meters
from gateway import district
from gateway.hammer import Crowd, receipt_in
from gateway.world import Gateway, Home, wait_for
from ledgers import EFFORT

KILLS = 20 * EFFORT if EFFORT > 1 else 8  # of each victim: 200 in the nightly run
THREADS = 12
PATHS = [
    "/data/resident_by_id?id=7",
    "/data/residents?limit=20",
    "/data/residents?limit=1500",
    "/data/residents?limit=all&format=csv",
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    residents, contract = district.rows(2000), district.contract()
    for interface in (district.lookup(), district.page()):
        home.serve(interface, contract, residents)
    yield home


def _end(gateway: Gateway, victim: str) -> None:
    if victim == "gateway":
        gateway.kill()
        return
    os.kill(gateway.writer(), signal.SIGKILL)
    assert gateway.process.wait(60) == 0, "without a ledger the gateway ends by itself"


@pytest.mark.campaign
@pytest.mark.timeout(120 + 20 * KILLS)
@pytest.mark.parametrize("victim", ["gateway", "writer"])
def test_every_answer_has_its_receipt(home: Home, victim: str) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    gateway = Gateway(home).start()
    client = home.client()
    grants = [
        home.grant(interface, client=client, quota=Quota(calls_total=10**9))
        for interface in (district.lookup(), district.page())
    ]
    tokens = [gateway.token(client) for _ in range(3)]
    crowd = Crowd(gateway.port, tokens, PATHS, THREADS).start()
    try:
        for _ in range(KILLS):
            wanted = crowd.served() + rng.randint(1, 120)
            wait_for(lambda wanted=wanted: crowd.served() >= wanted, "some answers")
            _end(gateway, victim)
            gateway.start()
    finally:
        calls = crowd.finish()
        gateway.stop()
    odd = [(call.status, call.body[:300]) for call in calls if call.status not in (200, 503)]
    assert not odd, "an unexpected answer"
    _judge(home, [grant.id for grant in grants], crowd)
    print(f"{KILLS} kills of the {victim}: {crowd.served()} answers")


def _judge(home: Home, grants: list[str], crowd: Crowd) -> None:
    receipts = home.receipts()  # verified
    openings = {told["id"]: told for told in receipts if told["kind"] == "open"}
    answered = [call for call in crowd.calls if call.status == 200]
    named = [call.receipt for call in answered]
    assert len(set(named)) == len(named), "one receipt for two answers"
    assert set(named) <= set(openings), "an answer without its receipt"
    for call in answered:
        if call.body.startswith(b'{"rows"'):
            assert receipt_in(call) == call.receipt
            rows = openings[call.receipt]["rows"]
            assert rows is None or rows == call.body.count(b'"id":')
    closed = [told["of"] for told in receipts if told["kind"] == "close"]
    assert len(set(closed)) == len(closed) and set(closed) <= set(openings)
    meters = Meters(home.settings.ledger / "receipts")
    meters.recover()
    used = 0
    for told in receipts:
        if told.get("grant") in grants:
            used += 1
    counted = sum(_calls(meters, id_) for id_ in grants)
    refused = sum(told.get("status") == "refused" for told in receipts)
    assert counted == used - refused
    assert counted >= len(answered), "less is counted than was answered"


def _calls(meters: Meters, grant: str) -> int:
    order = Home.order(district.page(), client="", id=grant)
    return meters.of(order).used(time.time())["calls_total"]
