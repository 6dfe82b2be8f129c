"""Pages of use: whose figures are shown to whom, in every period and form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel import clock, environment
from duokua.portal.chart import chart, round_up
from duokua.serving.tally import BOUNDS_MS, Caller, Harvest
from duokua.serving.usage_store import UsageStore

Browser = Callable[..., Client]
CALLED = datetime(2026, 5, 6, 4, tzinfo=UTC)  # when the district's receipts were written


@pytest.fixture(autouse=True)
def metered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On the day of the calls, with what a gateway wrote down of them."""
    monkeypatch.setattr(clock, "now", lambda: CALLED + timedelta(hours=1))
    path = environment.read().usage
    store = UsageStore(path)
    buckets = [0] * (len(BOUNDS_MS) + 1)
    buckets[3] = 4
    caller = Caller("worker_by_id", "g", "watch", "dept_b")
    day = clock.district_day_number(CALLED.timestamp())
    refused = ((caller, "quota_exhausted", 3), (Caller("worker_by_id"), "token_missing", 2))
    store.add(Harvest(day, ((caller, (3, 7001, 12_000, *buckets)),), refused, (("watch", "k1"),)))
    store.close()
    yield
    path.unlink()


def report(browser: Client, path: str = "/me/usage/") -> dict[str, object]:
    told: dict[str, object] = json.loads(browser.get(f"{path}?format=json").content)
    return told


def test_a_department_sees_its_own_calls(sign_in: Browser) -> None:
    context = sign_in("developer_b").get("/me/usage/?days=7").context
    found = context["report"]
    assert (found.sum.calls, found.sum.rows, found.sum.bytes) == (3, 7001, 12_000)
    assert found.sum.latency.p50 is not None and 2 <= found.sum.latency.p50 <= 3
    assert [(each.code, each.calls) for each in found.refusals] == [("quota_exhausted", 3)]
    assert found.refusals[0].mend.zh and found.refusals[0].mend.en
    assert sum(bar.calls for bar in found.chart.bars) == 3
    assert report(sign_in("bureau_a"))["grants"] == []


def test_a_steward_sees_the_use_of_the_own_interfaces(sign_in: Browser) -> None:
    browser = sign_in("steward_a", "en")
    assert browser.get("/me/usage/").context["report"].sum.calls == 0
    context = browser.get("/me/usage/?scope=interfaces").context
    assert [(one.line.use.client, one.department.en) for one in context["lines"]] == [
        ("watch", "Bureau B")
    ]
    assert {each.code for each in context["report"].refusals} == {
        "quota_exhausted",
        "token_missing",
    }


@pytest.mark.parametrize(
    ("person", "interface", "status"),
    [
        ("steward_a", "worker_by_id", 200),
        ("steward_a", "air_now", 404),
        ("steward_a", "nope", 404),
        ("developer_b", "worker_by_id", 403),
        ("bureau_a", "air_now", 200),
        ("auditor_c", "worker_by_id", 200),
    ],
)
def test_who_sees_the_use_of_an_interface(
    sign_in: Browser, person: str, interface: str, status: int
) -> None:
    assert sign_in(person).get(f"/store/interfaces/{interface}/usage/").status_code == status


def test_the_forms_of_export(sign_in: Browser) -> None:
    told = report(sign_in("auditor_c"), "/store/interfaces/worker_by_id/usage/")
    assert told["days"] == 30
    (line,) = told["grants"]  # type: ignore[misc]
    assert (line["calls"], line["rows"], line["refused"]) == (3, 7001, 3)
    text = sign_in("auditor_c").get("/me/usage/?format=csv&days=90").content.decode("utf-8-sig")
    assert "watch" in text and len(text.splitlines()) == 3


@pytest.mark.parametrize("days", ["7", "90", "", "abc", "31"])
def test_the_periods(sign_in: Browser, days: str) -> None:
    found = sign_in("auditor_c").get(f"/me/usage/?days={days}").context["report"]
    assert found.days == (int(days) if days in ("7", "90") else 30)
    assert len(found.chart.bars) == found.days


def test_a_period_without_calls(sign_in: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: CALLED + timedelta(days=9))
    answer = sign_in("developer_b", "en").get("/me/usage/?days=7")
    assert "No call in this period" in answer.content.decode()


def test_the_days_are_rolled_up_into_months() -> None:
    from duokua.serving import usage

    path = environment.read().usage
    ever = usage.Within(date(2000, 1, 1), date(2100, 1, 1))
    before = usage.served(path, ever)
    store = UsageStore(path)
    last = (CALLED + timedelta(days=200)).timestamp()
    caller = Caller("worker_by_id", "g", "watch", "dept_b")
    figures = (1, 1, 1, *([0] * (len(BOUNDS_MS) + 1)))
    store.add(Harvest(clock.district_day_number(last), ((caller, figures),), (), ()))
    store.close()
    rolled, today = usage.served(path, ever)
    assert rolled.day == date(2026, 5, 1) and today.calls == 1
    assert (rolled.calls, rolled.bytes) == (before[0].calls, before[0].bytes)
    assert sum(each.calls for each in usage.refused(path, ever)) == 5
    assert usage.latency(path, ever)["worker_by_id", "g"].timed == 4


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=90))
def test_the_drawing_stays_within_its_frame(calls: list[int]) -> None:
    first = date(2026, 1, 1)
    counted = {first + timedelta(days=n): (count, 0) for n, count in enumerate(calls)}
    drawn = chart(counted, first, len(calls))
    assert [bar.calls for bar in drawn.bars] == calls
    for bar in drawn.bars:
        assert drawn.left <= bar.x and bar.x + bar.width <= drawn.right
        assert bar.y >= 0 and bar.y + bar.height <= drawn.height
    top = round_up(max(calls))
    assert top >= max(calls) and top % 4 == 0
