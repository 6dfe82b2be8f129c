"""Laws of the meters: never more than the quota, refusals free, and what is folded is what was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.clock import district_day_number
from duokua.lang.grant import Quota
from duokua.serving.meter import Meter
from duokua.serving.problems import Refusal

NOON = 1_790_000_000.0
limits = st.none() | st.integers(1, 30)
quotas = st.builds(Quota, limits, limits, limits, limits)
# Seconds that pass, rows that are asked for, how many of those there are.
steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 86_400.0]), st.integers(1, 12), st.integers(0, 12)
    ),
    max_size=40,
)  # fmt: skip


@given(quotas, steps)
def test_never_more_than_the_quota(quota: Quota, taken: list[tuple[float, int, int]]) -> None:
    meter, folded, now = Meter(quota), Meter(Quota()), NOON
    days: dict[int, list[int]] = {}
    for wait, asked, there in taken:
        now += wait
        before = meter.used(now)
        day = days.setdefault(district_day_number(now), [0, 0])
        try:
            reserved = meter.take(now, asked)
        except Refusal as refusal:
            assert meter.used(now) == before
            assert refusal.retry_after is not None and refusal.retry_after >= 1
            continue
        assert 1 <= reserved <= asked
        rows = min(reserved, there)
        meter.settle(reserved - rows)
        folded.replay(now, 1, rows)
        day[0], day[1] = day[0] + 1, day[1] + rows
    for calls, rows in days.values():
        assert quota.calls_per_day is None or calls <= quota.calls_per_day
        assert quota.rows_per_day is None or rows <= quota.rows_per_day
    calls, rows = (sum(day[i] for day in days.values()) for i in (0, 1))
    assert quota.calls_total is None or calls <= quota.calls_total
    assert quota.rows_total is None or rows <= quota.rows_total
    used = meter.used(now)
    assert (used["calls_total"], used["rows_total"]) == (calls, rows)
    assert folded.used(now) == used


@given(quotas, steps)
def test_a_checkpoint_is_the_meter(quota: Quota, taken: list[tuple[float, int, int]]) -> None:
    meter, now = Meter(quota), NOON
    for wait, asked, _ in taken:
        now += wait
        try:
            meter.take(now, asked)
        except Refusal:
            continue
    other = Meter(quota)
    other.restore(meter.dump())
    for later in (now, now + 86_400):
        assert other.used(later) == meter.used(later)


@given(st.integers(1, 50), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_the_rate_is_kept(rate: int, pauses: list[float]) -> None:
    """In any second no more than the burst of one second and what is due in it."""
    meter, now, passed = Meter(Quota(calls_per_second=rate)), NOON, []
    for pause in pauses:
        now += pause
        try:
            meter.take(now, 1)
        except Refusal as refusal:
            assert refusal.code == "rate_limited"
            continue
        passed.append(now)
    for start in passed:
        assert sum(start <= at < start + 1 for at in passed) <= 2 * rate


def test_a_refund_undoes_a_call() -> None:
    meter = Meter(Quota(calls_per_day=1, rows_per_day=5))
    meter.refund(meter.take(NOON, 5))
    assert set(meter.used(NOON).values()) == {0}
    assert meter.take(NOON, 9) == 5


def test_midnight_in_shanghai_renews_the_day() -> None:
    midnight = (district_day_number(NOON) + 1) * 86_400 - 8 * 3600.0
    meter = Meter(Quota(calls_per_day=1))
    meter.take(midnight - 1.5, 1)
    for now, code in ((midnight - 0.5, "quota_exhausted"), (midnight, "")):
        try:
            meter.take(now, 1)
            assert not code
        except Refusal as refusal:
            assert refusal.code == code
            assert refusal.retry_after == 1
