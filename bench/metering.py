"""What metering costs: ``python bench/metering.py [--json]``.

Times what is added to each quick look-up (counting, and timing one of them in sixteen) against the
same loop without it, and the writing down of many tallies. The share is held against the time of a
governed call as ``bench/governed_call.py`` measured it last. Stored in ``bench/results/metering.json``.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Generator
from pathlib import Path
from typing import Any

from duokua.serving.tally import SAMPLE, Caller, Harvest, Tallies, Tally, Timed
from duokua.serving.usage_store import UsageStore

RESULTS = Path(__file__).parent / "results"
GOAL_SHARE = 0.05
CALLS = 300_000
ROUNDS = 9
GRANTS = 5_000
BODY = b'{"rows":[{"id":7}],"next":null,"as_of":"2026-11-01T00:00:00Z","receipt":"r-7"}'


class Done:
    """A receipt that is durable already."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


def counted(durable: Awaitable[None]) -> float:
    """Return the seconds of a call's counting, many times."""
    tally, now = Tally(), time.time()
    start = time.perf_counter()
    for seq in range(CALLS):
        tally.rows += 1
        tally.calls += 1
        tally.bytes += len(BODY)
        told = durable if seq % SAMPLE else Timed(durable, tally, now)
        for _ in told.__await__():
            pass
    return time.perf_counter() - start


def bare(durable: Awaitable[None]) -> float:
    """Return the seconds of the same loop without counting."""
    start = time.perf_counter()
    for _ in range(CALLS):
        for _ in durable.__await__():
            pass
    return time.perf_counter() - start


def written(folder: Path) -> tuple[float, float]:
    """Return the seconds of a harvest of many grants on the loop, and of writing it beside it."""
    tallies, store = Tallies(), UsageStore(folder / "usage.sqlite3")
    for n in range(GRANTS):
        caller = Caller(f"i{n % 500}", f"g{n}", f"c{n % 200}", "d")
        one = tallies._tallies[caller] = Tally()
        one.served(1, 100)
        if n % SAMPLE == 0:
            one.took(0.004)
    start = time.perf_counter()
    harvest: Harvest = tallies.harvest(time.time())
    harvested = time.perf_counter() - start
    start = time.perf_counter()
    store.add(harvest)
    wrote = time.perf_counter() - start
    store.close()
    return harvested, wrote


def main() -> int:
    """Measure, print, store; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    durable = Done()
    rounds = [(counted(durable), bare(durable)) for _ in range(ROUNDS)]
    cost = max(0.0, statistics.median((with_ - without) / CALLS for with_, without in rounds))
    governed = json.loads((RESULTS / "governed-call.json").read_text())["rates_per_s"]["governed"]
    with tempfile.TemporaryDirectory() as name:
        harvested, wrote = written(Path(name))
    share = cost * governed
    result = {
        "name": "metering",
        "python": platform.python_version(),
        "nanoseconds_of_a_call": round(cost * 1e9),
        "governed_calls_per_s": governed,
        "share": round(share, 4),
        "goal_share": GOAL_SHARE,
        "grants_harvested": GRANTS,
        "harvest_ms": round(harvested * 1000, 1),
        "write_ms": round(wrote * 1000, 1),
        "reached": share <= GOAL_SHARE,
    }
    (RESULTS / "metering.json").write_text(json.dumps(result, indent=2) + "\n")
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"counting a call {result['nanoseconds_of_a_call']} ns, {share:.2%} of a governed call"
        )
        print(
            f"{GRANTS:,} grants: harvest {result['harvest_ms']} ms, write {result['write_ms']} ms"
        )
    return 0 if result["reached"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
