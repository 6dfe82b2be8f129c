"""``GET /metrics`` for Prometheus: this gateway in numbers, nobody's data and no program's name.

It is open to programs on this machine, or with ``DUOKUA_METRICS_TOKEN`` to whoever shows it. What a
proxy on this machine passes on comes from elsewhere and is not let in without the token.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.serving.policy import boot_clock
from duokua.serving.problems import KINDS, Refusal
from duokua.serving.service import Serving
from duokua.serving.tally import BOUNDS_MS, SAMPLE, Tally

_MEDIA = "text/plain; version=0.0.4; charset=utf-8"
_LOOPBACK = ("127.", "[::1]", "::1")
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class Metrics:
    """Answers ``/metrics``; to whoever may not see it, it is not there."""

    def __init__(self, serving: Serving, token: str) -> None:
        self._token = token
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Gateway(serving))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def answer(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer with every figure in the text format.

        :raises Refusal: ``not_found`` for whoever may not see it.
        """
        if not self._may(scope):
            raise Refusal("not_found")
        if scope.method != "GET":
            raise Refusal("method_not_allowed", allow="GET")
        headers = [("content-type", _MEDIA), ("cache-control", "no-store")]
        proto.response_bytes(200, headers, generate_latest(self._registry))

    def _may(self, scope: Scope) -> bool:
        if self._token:
            told = (scope.headers.get("authorization") or "").encode()
            return hmac.compare_digest(told, f"Bearer {self._token}".encode())
        forwarded = any(name in scope.headers for name in _FORWARDED)
        return scope.client.startswith(_LOOPBACK) and not forwarded


class _Gateway(Collector):
    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def collect(self) -> Iterable[Metric]:
        """Yield the figures as they are now."""
        yield from _parts(self._serving)
        yield from _calls(self._serving)


def _parts(serving: Serving) -> Iterator[Metric]:
    ledger, gate = serving.ledger, serving.gate
    lease = max(0.0, gate.lease_until - boot_clock())
    gauges = (
        ("ledger_records", "Newest record of the receipts' ledger", ledger.next_seq - 1),
        ("ledger_durable_records", "Newest record on the disk", ledger.durable),
        ("ledger_anchored_records", "Newest record with an anchor", ledger.anchored),
        (
            "ledger_anchor_lag_records",
            "Records without an anchor",
            ledger.durable - ledger.anchored,
        ),
        ("receipts_pending", "Receipts that wait for the disk", ledger.pending),
        ("ledger_failed", "1 once receipts cannot be written any more", int(ledger.failed)),
        ("policy_version", "Version of the policy that is served", serving.state.version),
        ("policy_lease_seconds", "Seconds for which this gateway may go on serving", lease),
        ("interfaces", "Published interfaces", len(serving.state.interfaces)),
        ("clients", "Programs that may ask for tokens", len(serving.state.clients)),
        ("grants", "Grants that are served", len(serving.state.grants)),
    )
    for name, told, value in gauges:
        yield GaugeMetricFamily(f"duokua_{name}", told, value=value)


def _calls(serving: Serving) -> Iterator[Metric]:
    by_interface: dict[str, list[int]] = {}
    whole = Tally()
    for caller, tally in serving.tallies.each():
        sums = by_interface.setdefault(caller.interface, [0, 0, 0])
        for number, value in enumerate((tally.calls, tally.rows, tally.bytes)):
            sums[number] += value
        whole.seconds += tally.seconds
        whole.latency = [a + b for a, b in zip(whole.latency, tally.latency, strict=True)]
    for number, (name, told) in enumerate(
        (
            ("calls", "Governed calls that were answered"),
            ("rows", "Rows of governed calls"),
            ("bytes", "Bytes of answers to governed calls"),
        )
    ):
        family = CounterMetricFamily(f"duokua_{name}", told, labels=("interface",))
        for interface, sums in sorted(by_interface.items()):
            family.add_metric((interface,), sums[number])
        yield family
    refused = CounterMetricFamily(
        "duokua_refusals", "Refusals of calls and tokens", labels=("code",)
    )
    for code in KINDS:
        refused.add_metric((code,), serving.tallies.refusals[code])
    yield refused
    yield _histogram(whole)


def _histogram(whole: Tally) -> Metric:
    buckets, below = [], 0
    for bound, calls in zip((*BOUNDS_MS, None), whole.latency, strict=True):
        below += calls
        label = "+Inf" if bound is None else str(bound / 1000)
        buckets.append((label, float(below)))
    family = HistogramMetricFamily(
        "duokua_call_seconds",
        f"Seconds from a call to its answer; of the quickest calls, one of {SAMPLE} is timed",
    )
    family.add_metric((), buckets, sum_value=whole.seconds)
    return family
