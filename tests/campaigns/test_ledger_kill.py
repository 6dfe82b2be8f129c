"""kill -9 of server and writer during appends: what was acknowledged is in the ledger."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from duokua.ledger.reading import read_records
from duokua.ledger.tail import Tail
from duokua.ledger.verify import verify
from ledgers import EFFORT

KILLS = 10 * EFFORT  # of each victim: 20 now, 200 in the nightly run
SERVER = Path(__file__).with_name("ledger_server.py")
END_S = 60.0


def _kill_during_appends(home: Path, token: str, victim: str, rng: random.Random) -> list[int]:
    """Start a server, kill it or its writer after some acknowledgements; return those told."""
    segment_bytes = rng.choice([2_000, 20_000, 1 << 20])
    server = subprocess.Popen(
        [sys.executable, SERVER, home, token, str(segment_bytes)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONWARNINGS": "default"},
    )
    assert server.stdout is not None
    with server.stdout as told:
        writer = int(told.readline().split()[1])
        wanted = rng.randint(0, 400)
        acknowledged = [int(told.readline()) for _ in range(wanted)]
        os.kill(writer if victim == "writer" else server.pid, signal.SIGKILL)
        whole = told.read().rpartition(b"\n")[0]  # a killed process may tear its last line
    acknowledged += [int(line) for line in whole.split()]
    expected = 3 if victim == "writer" else -signal.SIGKILL
    assert server.wait(END_S) == expected
    return acknowledged


def _wait_for_the_writer(home: Path) -> None:
    Tail(home / "receipts", name="receipts", algorithm="sm3", wait_s=END_S).close()


@pytest.mark.campaign
@pytest.mark.timeout(60 + 15 * KILLS)
@pytest.mark.parametrize("victim", ["writer", "server"])
def test_every_acknowledged_record_survives(victim: str, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    promised: dict[int, str] = {}
    for number in range(KILLS):
        token = f"run {number}"
        for seq in _kill_during_appends(tmp_path, token, victim, rng):
            assert seq not in promised, (seed, number, "one number was promised twice")
            promised[seq] = token
        _wait_for_the_writer(tmp_path)
        verdict = verify(tmp_path / "receipts", tmp_path)
        assert verdict.ok, (seed, number, verdict)
        assert verdict.records >= max(promised, default=0), (seed, number)
    stored = {
        told["seq"]: told["token"] for told in map(json.loads, read_records(tmp_path / "receipts"))
    }
    lost = {seq for seq, token in promised.items() if stored.get(seq) != token}
    assert not lost, (seed, lost)
    print(f"{KILLS} kills of the {victim}: {len(promised)} promised, {len(stored)} stored")
