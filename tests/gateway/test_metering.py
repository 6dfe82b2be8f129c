"""Metering over a real gateway: what it wrote down equals the receipts; the metrics tell of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from prometheus_client.parser import text_string_to_metric_families

from duokua.lang.grant import Quota
from duokua.serving import receipt_index, usage
from gateway import district
from gateway.problem import check
from gateway.world import Gateway, Home

EVER = usage.Within(date(2000, 1, 1), date(2100, 1, 1))
LOOKUP, PAGE = district.lookup(), district.page()


def calls_of_each_kind(gateway: Gateway) -> None:
    """Plain look-ups, pages, streams, refusals."""
    _, token = gateway.granted(LOOKUP, quota=Quota(calls_per_day=40))
    for number in range(50):
        gateway.ask(f"/data/resident_by_id?id={number}", token=token)
    _, token = gateway.granted(PAGE)
    for path in ("?limit=7", "?limit=all&format=csv", "?limit=all&format=arrow", "?nothing=1"):
        gateway.ask(f"/data/{PAGE.id}{path}", token=token)
    gateway.ask("/data/resident_by_id?id=1", token=token)
    gateway.ask("/data/resident_by_id?id=1", token="made-up")
    gateway.ask("/data/no-such-interface-of-a-stranger?x=1")


def test_what_is_metered_equals_the_receipts(
    small: Home, starts: Callable[[Home], Gateway]
) -> None:
    """Twice, with a restart in between: the second run adds to the first."""
    for _ in range(2):
        gateway = starts(small)
        calls_of_each_kind(gateway)
        assert gateway.stop() == 0, gateway.log.read_text()
    folder = small.settings.ledger
    receipt_index.catch_up(folder / "receipts", index := folder / "receipts-index.sqlite3")
    by_interface = {row.key: row for row in receipt_index.totals(index, by="interface")}
    counted = usage.served(small.settings.usage, EVER)
    for interface in (LOOKUP.id, PAGE.id):
        mine = [row for row in counted if row.interface == interface]
        told = by_interface[interface]
        assert (sum(r.calls for r in mine), sum(r.rows for r in mine)) == (told.calls, told.rows)
        assert all(row.bytes > row.calls for row in mine)
    assert by_interface[LOOKUP.id].calls == 80
    closings = [told for told in small.receipts() if told["kind"] == "close"]
    streamed = sum(row.bytes for row in counted if row.interface == PAGE.id)
    assert streamed > sum(told["bytes"] for told in closings) > 0
    refused: Counter[tuple[str, str]] = Counter()
    for row in usage.refused(small.settings.usage, EVER):
        refused[row.code, row.interface] += row.calls
    assert refused["quota_exhausted", LOOKUP.id] == 20
    assert refused["parameters_invalid", PAGE.id] == 2
    assert refused["not_granted", LOOKUP.id] == refused["token_invalid", LOOKUP.id] == 2
    assert refused["token_missing", ""] == 2  # a stranger's word becomes no name
    histograms = usage.latency(small.settings.usage, EVER)
    assert usage.joined(list(histograms.values())).timed >= 6


def test_the_metrics(small: Home, starts: Callable[[Home], Gateway]) -> None:
    gateway = starts(small)
    calls_of_each_kind(gateway)
    reply = gateway.ask("/metrics")
    families = {f.name: f for f in text_string_to_metric_families(reply.body.decode())}
    calls = {s.labels["interface"]: s.value for s in families["duokua_calls"].samples}
    assert calls == {LOOKUP.id: 40, PAGE.id: 3}
    refused = {s.labels["code"]: s.value for s in families["duokua_refusals"].samples}
    assert (refused["quota_exhausted"], refused["not_granted"]) == (10, 1)
    assert families["duokua_policy_version"].samples[0].value > 0
    assert 0 < families["duokua_policy_lease_seconds"].samples[0].value <= 1
    assert families["duokua_ledger_durable_records"].samples[0].value >= 43
    histogram = {s.labels.get("le"): s.value for s in families["duokua_call_seconds"].samples}
    assert histogram["+Inf"] >= 5
    assert "process_resident_memory_bytes" in families
    assert b"client" not in reply.body.replace(b"duokua_clients", b"").replace(b"Programs", b"")
    check(gateway.ask("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}), 404, "not_found")


def test_metrics_with_a_token(small: Home, starts: Callable[[Home], Gateway]) -> None:
    gateway = Gateway(small, environ={"DUOKUA_METRICS_TOKEN": "a-token-of-the-tests"}).start()
    try:
        check(gateway.ask("/metrics"), 404, "not_found")
        check(gateway.ask("/metrics", token="wrong"), 404, "not_found")
        told = gateway.ask("/metrics", token="a-token-of-the-tests")
        assert told.status == 200
    finally:
        assert gateway.stop() == 0


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 0.99, 1.0])
def test_a_share_lies_within_the_bounds_of_its_bucket(share: float) -> None:
    assert usage.Latency().at(share) is None
    calls = [0] * (len(usage.BOUNDS_MS) + 1)
    calls[3] = 10  # from 2 ms to 3 ms
    found = usage.Latency(tuple(calls)).at(share)
    assert found is not None and 2 <= found <= 3
