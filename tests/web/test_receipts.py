"""Who may see which receipt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

Browser = Callable[..., Client]


def seen(browser: Client, query: str = "") -> list[str]:
    return [one.row.id for one in browser.get(f"/receipts/{query}").context["rows"]]


def test_an_auditor_sees_every_call(sign_in: Browser) -> None:
    assert seen(sign_in("auditor_c")) == ["r-4", "r-3", "r-2", "r-1"]


def test_a_steward_sees_the_calls_of_the_own_interfaces(sign_in: Browser) -> None:
    browser = sign_in("steward_a")
    assert seen(browser) == ["r-4", "r-2", "r-1"]
    assert seen(browser, "?scope=calls") == []
    assert seen(browser, "?scope=all") == ["r-4", "r-2", "r-1"]


def test_others_see_the_calls_of_the_own_department(sign_in: Browser) -> None:
    assert seen(sign_in("developer_b")) == ["r-4", "r-2", "r-1"]
    assert seen(sign_in("bureau_a")) == []


@pytest.mark.parametrize(
    ("person", "receipt", "status"),
    [
        ("auditor_c", "r-3", 200),
        ("steward_a", "r-1", 200),
        ("steward_a", "r-3", 404),
        ("developer_b", "r-1", 200),
        ("developer_b", "r-3", 404),
        ("bureau_a", "r-1", 404),
        ("auditor_c", "r-999", 404),
        ("auditor_c", "r-5", 404),  # the closing of a stream is no receipt of its own
        ("auditor_c", "r--1", 404),
        ("auditor_c", "nonsense", 404),
        ("auditor_c", "r-" + "9" * 20, 404),  # beyond what the index can hold
        ("auditor_c", "r-" + "9" * 5000, 404),  # beyond what Python reads as a number
    ],
)
def test_a_foreign_receipt_answers_like_an_absent_one(
    sign_in: Browser, person: str, receipt: str, status: int
) -> None:
    assert sign_in(person).get(f"/receipts/{receipt}/").status_code == status


def test_a_stream_shows_both_its_records(sign_in: Browser) -> None:
    context = sign_in("auditor_c").get("/receipts/r-4/").context
    assert (context["opening"].seq, context["closing"].seq) == (4, 5)
    assert context["row"].rows == 7000


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?interface=air_now", ["r-3"]),
        ("?client=watch&purpose=持证核查", ["r-4", "r-3", "r-2", "r-1"]),
        ("?purpose=x", []),
        ("?since=2026-05-07", []),
        ("?until=2026-05-05", []),
        ("?since=2026-05-06&until=2026-05-06", ["r-4", "r-3", "r-2", "r-1"]),
        ("?since=rubbish&after=rubbish", ["r-4", "r-3", "r-2", "r-1"]),
        ("?until=9999-12-31", ["r-4", "r-3", "r-2", "r-1"]),
        ("?after=3", ["r-2", "r-1"]),
    ],
)
def test_filters(sign_in: Browser, query: str, ids: list[str]) -> None:
    assert seen(sign_in("auditor_c"), query) == ids


def test_an_export_holds_what_its_list_holds(sign_in: Browser) -> None:
    text = sign_in("steward_a", "en").get("/receipts/?format=csv").content.decode("utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()] == ["Receipt", "r-4", "r-2", "r-1"]
