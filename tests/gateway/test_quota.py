"""However many call at once, and whatever dies meanwhile, exactly the quota is served."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from duokua.lang.grant import Grant, Quota, grant_to_json
from duokua.serving.policy import Change
from gateway import district
from gateway.hammer import Crowd
from gateway.world import Gateway, Home, wait_for

EFFORT = int(os.environ.get("EFFORT", "1"))
QUOTA = 500 * EFFORT
THREADS, TOKENS = 64, 10
LOOKUP, PAGE = district.lookup(), district.page()
PATHS = ["/data/resident_by_id?id=7", "/data/resident_by_id?id=8&format=csv"]


def _tokens(gateway: Gateway, quota: Quota, interface: object = LOOKUP) -> tuple[Grant, list[str]]:
    grant = gateway.home.grant(interface, quota=quota)  # type: ignore[arg-type]
    return grant, [gateway.token(grant.client) for _ in range(TOKENS)]


def _exhausted(gateway: Gateway, tokens: list[str], paths: list[str] = PATHS) -> Crowd:
    return Crowd(gateway.port, tokens, paths, THREADS, enough=lambda call: call.status == 429)


@pytest.mark.campaign
@pytest.mark.parametrize("limit", ["calls_per_day", "calls_total", "rows_per_day", "rows_total"])
def test_64_threads_with_10_tokens(gateway: Gateway, limit: str) -> None:
    grant, tokens = _tokens(gateway, Quota(**{limit: QUOTA}))
    assert len(set(tokens)) == TOKENS
    calls = _exhausted(gateway, tokens).start().finish(stop=False)
    served = [call for call in calls if call.status == 200]
    assert {call.status for call in calls} == {200, 429}
    assert len(served) == QUOTA
    assert len({call.receipt for call in served}) == QUOTA
    of_grant = [told for told in gateway.home.receipts() if told.get("grant") == grant.id]
    assert {told["id"] for told in of_grant} == {call.receipt for call in served}


def test_rows_of_pages_are_exact(gateway: Gateway) -> None:
    """The last page is shortened to what is left, by the short way and by the long one."""
    rows = 25 * QUOTA + 3
    paths = ["/data/residents?limit=70", "/data/residents?limit=2000"]
    _, tokens = _tokens(gateway, Quota(rows_per_day=rows), PAGE)
    calls = _exhausted(gateway, tokens, paths).start().finish(stop=False)
    assert sum(call.body.count(b'"id":') for call in calls if call.status == 200) == rows


def test_a_raised_quota_counts_what_was_used(gateway: Gateway) -> None:
    grant, tokens = _tokens(gateway, Quota(calls_per_day=20))
    first = _exhausted(gateway, tokens).start().finish(stop=False)
    assert sum(call.status == 200 for call in first) == 20
    raised = grant_to_json(grant) | {"quota": grant_to_json(grant)["quota"] | {"calls_per_day": 30}}  # type: ignore[operator]
    gateway.home.publish(Change("grant", grant.id, raised))
    second = _exhausted(gateway, tokens).start().finish(stop=False)
    assert sum(call.status == 200 for call in second) == 10


@pytest.mark.campaign
@pytest.mark.parametrize("victim", ["gateway", "writer", "stop"])
def test_across_a_restart(small: Home, starts: Callable[[Home], Gateway], victim: str) -> None:
    """What was answered before counts after; what was charged without an answer may be lost."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    gateway = starts(small)
    grant, tokens = _tokens(gateway, Quota(calls_total=QUOTA))
    before = Crowd(gateway.port, tokens, PATHS, THREADS).start()
    some = random.Random(seed).randint(1, QUOTA * 2 // 3)
    wait_for(lambda: before.served() >= some, "some answers")
    if victim == "gateway":
        gateway.kill()
    elif victim == "writer":
        os.kill(gateway.writer(), 9)
        assert gateway.process.wait(60) == 0
    else:
        assert gateway.stop() == 0
    first = [call for call in before.finish() if call.status == 200]
    again = starts(small)
    after = _exhausted(again, tokens).start().finish(stop=False)
    second = [call for call in after if call.status == 200]
    of_grant = {told["id"] for told in small.receipts() if told.get("grant") == grant.id}
    assert len(of_grant) == QUOTA
    assert {call.receipt for call in first} | {call.receipt for call in second} <= of_grant
    assert QUOTA - THREADS <= len(first) + len(second) <= QUOTA
