"""A stop asked for ends everything in order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from duokua.ledger.verify import verify
from gateway import district
from gateway.world import Gateway, Home, alive

Starts = Callable[[Home], Gateway]


def test_a_clean_stop(small: Home, starts: Starts) -> None:
    gateway = starts(small)
    _, token = gateway.granted(district.lookup())
    assert gateway.ask("/data/resident_by_id?id=7", token=token).status == 200
    children = gateway.children()
    assert len(children) >= 3, "the writer and two workers"
    leases = list((small.settings.policy / "leases").iterdir())
    assert leases
    assert gateway.stop() == 0, gateway.log.read_text()
    assert not [pid for pid in children if alive(pid)]
    assert not list((small.settings.policy / "leases").iterdir())
    verdict = verify(small.settings.ledger / "receipts", Path(small.settings.anchor))
    assert (verdict.ok, verdict.anchored_to) == (True, 1)
    messages = [json.loads(line) for line in gateway.log.read_text().splitlines() if line[0] == "{"]
    assert [told["message"] for told in messages] == ["gateway listens", "gateway stopped"]
    assert all(told["level"] == "info" and told["part"] == "gateway" for told in messages)
