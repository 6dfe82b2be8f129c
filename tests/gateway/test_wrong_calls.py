"""Calls refused for what they ask or how often: wrong parameters, quotas, rates, no data yet."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from duokua.lang.grant import Quota
from gateway import district
from gateway.problem import both, check
from gateway.world import Gateway, query

LOOKUP, PAGE = district.lookup(), district.page()
BY_ID = "/data/resident_by_id?id=7"


# --- 422 -------------------------------------------------------------------------------------

LONG = str(2**63)
WRONG = [
    ("resident_by_id", "", ["/id"]),
    ("resident_by_id", "id=", ["/id"]),
    ("resident_by_id", "id=seven", ["/id"]),
    ("resident_by_id", "id=7.0", ["/id"]),
    ("resident_by_id", "id=1_000", ["/id"]),
    ("resident_by_id", "id=%207", ["/id"]),
    ("resident_by_id", "id=٣", ["/id"]),
    ("resident_by_id", f"id={LONG}", ["/id"]),
    ("resident_by_id", f"id=-{int(LONG) + 1}", ["/id"]),
    ("resident_by_id", "id=1&id=2", ["/id"]),
    ("resident_by_id", "id=1&phone=2", ["/phone"]),
    ("resident_by_id", "id=1&limit=3", ["/limit"]),
    ("resident_by_id", "Id=1", ["/Id", "/id"]),
    ("residents", "department=a%00b", ["/department"]),
    ("residents", "born_from=2026-02-30", ["/born_from"]),
    ("residents", "born_from=yesterday", ["/born_from"]),
    ("residents", "score_below=nan", ["/score_below"]),
    ("residents", "score_below=inf", ["/score_below"]),
    ("residents", "score_below=1e999", ["/score_below"]),
    ("residents", "active=yes", ["/active"]),
    ("residents", "changed_to=2026-01-01T00:00:00", ["/changed_to"]),
    ("residents", "limit=0", ["/limit"]),
    ("residents", "limit=-1", ["/limit"]),
    ("residents", "limit=10001", ["/limit"]),
    ("residents", "limit=1e3", ["/limit"]),
    ("residents", "limit=", ["/limit"]),
    ("residents", "limit=99999999999999999999", ["/limit"]),
    ("residents", "limit=all", ["/limit"]),
    ("residents", "limit=all&format=json", ["/limit"]),
    ("residents", "limit=all&format=csv&cursor=abc", ["/cursor"]),
    ("residents", "cursor=", ["/cursor"]),
    ("residents", "cursor=not-a-cursor", ["/cursor"]),
    ("residents", "cursor=%E6%B8%B8", ["/cursor"]),
    (
        "residents",
        "active=yes&limit=x&nothing=1&points=1.5",
        ["/active", "/limit", "/nothing", "/points"],
    ),
]


@pytest.mark.parametrize(("interface", "text", "wrong"), WRONG)
def test_each_wrong_parameter_is_named(
    gateway: Gateway, tokens_of_all: dict[str, str], interface: str, text: str, wrong: list[str]
) -> None:
    token = tokens_of_all[interface]
    told = both(
        lambda h: gateway.ask(_path(f"/data/{interface}?{text}"), token=token, headers=h),
        422,
        "parameters_invalid",
    )
    assert sorted(fault["pointer"] for fault in told["errors"]) == wrong
    assert all(fault["detail"] and fault["mend"] for fault in told["errors"])


def _path(path: str) -> str:
    return quote(path, safe="/?&=%")


@pytest.fixture(scope="module")
def tokens_of_all(gateway: Gateway) -> dict[str, str]:
    return {each.id: gateway.granted(each)[1] for each in (LOOKUP, PAGE)}


def test_undecodable_and_endless_queries(gateway: Gateway, tokens_of_all: dict[str, str]) -> None:
    token = tokens_of_all["residents"]
    for text in ("department=%ff%fe", "&".join(f"p{i}=1" for i in range(101))):
        both(
            lambda h, text=text: gateway.ask(f"/data/residents?{text}", token=token, headers=h),
            422,
            "parameters_invalid",
        )


def test_a_parameter_on_a_column_that_is_not_granted_does_not_exist(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE, columns=("id", "department"))
    unknown = gateway.ask("/data/residents?nothing=1", token=token)
    hidden = gateway.ask("/data/residents?name=1", token=token)
    check(hidden, 422, "parameters_invalid")
    assert hidden.body.replace(b"name", b"nothing") == unknown.body


def test_cursors_of_others_do_not_open(gateway: Gateway) -> None:
    _, mine = gateway.granted(PAGE)
    _, theirs = gateway.granted(PAGE)
    path = "/data/residents?limit=2&department=D1"
    cursor = gateway.ask(path, token=mine).json["next"]
    follow = f"{path}&cursor={cursor}"
    assert [row["id"] for row in gateway.ask(follow, token=mine).rows] == [15, 22]
    middle = len(cursor) // 2
    changed = "A" if cursor[middle] != "A" else "B"
    for asked, token in (
        (follow, theirs),
        (query("/data/residents", limit=2, department="D2", cursor=cursor), mine),
        (query("/data/residents", limit=2, cursor=cursor), mine),
        (f"{path}&cursor={cursor[:middle]}{changed}{cursor[middle + 1 :]}", mine),
        (f"{path}&cursor={cursor[:-4]}", mine),
    ):
        told = both(
            lambda h, asked=asked, token=token: gateway.ask(asked, token=token, headers=h),
            422,
            "parameters_invalid",
        )
        assert [fault["pointer"] for fault in told["errors"]] == ["/cursor"]


# --- 429 -------------------------------------------------------------------------------------


def _use_up(gateway: Gateway, quota: Quota, path: str, interface: Any = PAGE) -> dict[str, Any]:
    """Serve until the quota refuses; return the refusal's document."""
    _, token = gateway.granted(interface, quota=quota)
    for _ in range(5):
        reply = gateway.ask(path, token=token)
        if reply.status != 200:
            break
    told = both(lambda h: gateway.ask(path, token=token, headers=h), 429, "quota_exhausted")
    wait = int(gateway.ask(path, token=token).headers["retry-after"])
    assert 1 <= wait <= 86_400
    return told


def test_calls_and_rows_of_a_day_and_in_total(gateway: Gateway) -> None:
    path = "/data/residents?limit=10"
    told = _use_up(gateway, Quota(calls_per_day=2), path)
    assert told["quota"]["calls_per_day"] == told["quota"]["calls_today"] == 2
    told = _use_up(gateway, Quota(rows_per_day=25), path)
    assert told["quota"]["rows_per_day"] == told["quota"]["rows_today"] == 25
    assert told["quota"]["calls_today"] == 3
    told = _use_up(gateway, Quota(calls_total=3), path)
    assert told["quota"]["calls_total_limit"] == told["quota"]["calls_total"] == 3
    told = _use_up(gateway, Quota(rows_total=1), BY_ID, LOOKUP)
    assert told["quota"]["rows_total_limit"] == told["quota"]["rows_total"] == 1


def test_an_empty_answer_costs_a_call_and_no_row(gateway: Gateway) -> None:
    _, token = gateway.granted(LOOKUP, quota=Quota(calls_per_day=4, rows_per_day=1))
    for _ in range(3):
        assert gateway.ask("/data/resident_by_id?id=999999", token=token).rows == []
    assert len(gateway.ask(BY_ID, token=token).rows) == 1
    check(gateway.ask(BY_ID, token=token), 429, "quota_exhausted")


def test_refusals_are_free(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE, quota=Quota(calls_per_day=1))
    for path in ("/data/residents?limit=0", "/data/residents?format=xml", "/data/residents?x=1"):
        assert gateway.ask(path, token=token).status in (406, 422)
    assert gateway.ask("/data/residents?cursor=zzzz", token=token).status == 422
    assert len(gateway.ask("/data/residents?limit=2", token=token).rows) == 2


@pytest.mark.parametrize(
    ("interface", "path"), [(LOOKUP, BY_ID), (PAGE, "/data/residents?limit=1")]
)
def test_rate(gateway: Gateway, interface: Any, path: str) -> None:
    _, token = gateway.granted(interface, quota=Quota(calls_per_second=2, calls_per_day=1000))
    replies = [gateway.ask(path, token=token) for _ in range(12)]
    refused = [reply for reply in replies if reply.status != 200]
    assert [reply.status for reply in replies[:2]] == [200, 200]
    if refused:  # on a machine so slow that 12 calls take seconds, none need be
        check(refused[0], 429, "rate_limited")
    served = len(replies) - len(refused)
    assert served < 12, "a rate of 2 in a second let 12 calls pass in a row"


# --- 503 -------------------------------------------------------------------------------------


def test_no_data_yet(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page("empty_page"))
    both(lambda h: gateway.ask("/data/empty_page", token=token, headers=h), 503, "no_data")


def test_without_a_portal(gateway: Gateway) -> None:
    told = both(lambda h: gateway.ask("/store/", headers=h), 503, "unavailable")
    assert "portal" in told["title"]
    ready = gateway.ask("/readyz")
    assert ready.status == 503
    assert {name for name, part in ready.json["parts"].items() if part["status"] != "ok"} == {
        "portal"
    }
    assert ready.json["parts"]["indexes"]["without_data"] == 1
