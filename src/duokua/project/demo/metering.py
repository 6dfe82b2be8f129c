"""Three months of metered use (演示计量), made up: only the daily figures, never a receipt.

Receipts are evidence, so none is made up: pages that count receipts show what was really called.
The daily metering has no evidence in it; these days are named in ``demo.json`` and end the day
before the district was built.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from duokua.exchange import facade as exchange
from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.project.demo import district
from duokua.serving import usage
from duokua.serving.tally import BOUNDS_MS, Caller, Harvest
from duokua.serving.usage_store import EPOCH, UsageStore

_DAYS = 90
_EVERY = 3  # of so many grants one is used
_WEEKEND = 0.15
_BUCKETS = len(BOUNDS_MS) + 1


def meter(now: datetime) -> dict[str, Any]:
    """Write the days that have no figures yet; return what ``demo.json`` says of them."""
    path, last = environment.read().usage, district_day(now) - timedelta(days=1)
    first = last - timedelta(days=_DAYS - 1)
    grants = [each.grant for each in exchange.grants(now=now) if each.state == "active"]
    grants.sort(key=lambda grant: (grant.interface, grant.client))
    callers = [Caller.of(grant) for grant in grants[::_EVERY]]
    known = {each.day for each in usage.served(path, usage.Within(first, last))}
    store = UsageStore(path)
    try:
        for at in range(_DAYS):
            day = first + timedelta(days=at)
            if day not in known:
                store.add(_harvest(day, callers))
    finally:
        store.close()
    return {
        "label": "演示计量 made-up metering, no receipts",
        "from": first.isoformat(),
        "until": last.isoformat(),
    }


def _harvest(day: date, callers: list[Caller]) -> Harvest:
    draw = Random(f"{district.SEED}/metering/{day}")  # noqa: S311 - demonstration data
    served, refused = [], []
    for at, caller in enumerate(callers):
        busy = 4 + (at * 37) % 160  # each program has its own habit
        calls = int(busy * draw.uniform(0.6, 1.4) * (_WEEKEND if day.weekday() > 4 else 1))
        if calls:
            rows = calls * (1 + at % 40)
            served.append((caller, (calls, rows, rows * 180, *_latency(draw, calls))))
        if draw.random() < 0.04:
            refused.append((caller, "quota_exceeded", draw.randint(1, 6)))
    return Harvest((day - EPOCH).days, tuple(served), tuple(refused), ())


def _latency(draw: Random, calls: int) -> list[int]:
    """Return how many of the calls were answered how fast: most within a few milliseconds."""
    buckets = [0] * _BUCKETS
    for _ in range(min(calls, 12)):
        buckets[min(int(draw.lognormvariate(1.1, 0.5)), _BUCKETS - 1)] += 1
    return buckets
