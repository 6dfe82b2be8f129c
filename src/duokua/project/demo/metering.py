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
from duokua.identity.facade import Role
from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.project.demo import district
from duokua.project.demo.listings import Posts
from duokua.project.demo.requests import IDLE
from duokua.serving import usage
from duokua.serving.tally import BOUNDS_MS, Caller, Harvest
from duokua.serving.usage_store import EPOCH, UsageStore
from duokua.store.facade import using

_DAYS = 90
_EVERY = 3  # of so many grants one is used
_WEEKEND = 0.15
_BUCKETS = len(BOUNDS_MS) + 1


def meter(now: datetime) -> dict[str, Any]:
    """Write the days that have no figures yet; return what ``demo.json`` says of them."""
    path, last = environment.read().usage, district_day(now) - timedelta(days=1)
    first = last - timedelta(days=_DAYS - 1)
    callers = _callers(first, now)
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


def _callers(first: date, now: datetime) -> list[tuple[Caller, date]]:
    """Return who calls, each from which day on: whom a request granted it, and some of the others."""
    bureau = Posts(now).of(Role.BUREAU, "data_bureau")
    asked = {
        each.request.grant: each for each in using.every_resource(bureau, {}, owned=True, now=now)
    }
    others, found = [], []
    for each in exchange.grants(now=now):
        resource = asked.get(each.grant.id)
        if resource is None:
            others += [each.grant] if each.state == "active" else []
        elif _used(resource):
            began = resource.request.decided_at or now
            found.append((Caller.of(each.grant), district_day(began)))
    others.sort(key=lambda grant: (grant.interface, grant.client))
    found.sort(key=lambda told: (told[0].interface, told[0].client))
    return found + [(Caller.of(grant), first) for grant in others[::_EVERY]]


def _used(resource: using.Resource) -> bool:
    """Tell whether what was granted came into use and is called: what failed never was."""
    request = resource.request
    idle = (request.department, request.listing) in IDLE
    return request.decided_at is not None and request.state != "failed" and not idle


def _harvest(day: date, callers: list[tuple[Caller, date]]) -> Harvest:
    draw = Random(f"{district.SEED}/metering/{day}")  # noqa: S311 - demonstration data
    served, refused = [], []
    for at, (caller, since) in enumerate(callers):
        busy = 4 + (at * 37) % 160  # each program has its own habit
        calls = int(busy * draw.uniform(0.6, 1.4) * (_WEEKEND if day.weekday() > 4 else 1))
        if calls and day >= since:
            rows = calls * (1 + at % 40)
            served.append((caller, (calls, rows, rows * 180, *_latency(draw, calls))))
        if draw.random() < 0.04 and day >= since:
            refused.append((caller, "quota_exhausted", draw.randint(1, 6)))
    return Harvest((day - EPOCH).days, tuple(served), tuple(refused), ())


def _latency(draw: Random, calls: int) -> list[int]:
    """Return how many of the calls were answered how fast: most within a few milliseconds."""
    buckets = [0] * _BUCKETS
    for _ in range(min(calls, 12)):
        buckets[min(int(draw.lognormvariate(1.1, 0.5)), _BUCKETS - 1)] += 1
    return buckets
