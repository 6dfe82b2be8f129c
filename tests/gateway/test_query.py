"""``POST /data/{interface}/query`` at a real gateway."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import Hide, Keep, Pseudonym, Round, Truncate, masked_kind
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Prefix, predicate_to_json
from duokua.serving.encode import MEDIA
from duokua.serving.keys import pseudonym_key
from engines import Row
from gateway import district
from gateway.asking import JSON, ask_query
from gateway.decoding import assert_equal
from gateway.problem import check as assert_problem
from gateway.world import Gateway
from reference.evaluator import evaluate

MASKS = {
    "name": Keep(1, 0),
    "phone": Keep(3, 4),
    "resident_id": Pseudonym(),
    "born": Truncate("month"),
    "score": Round(5),
    "remark": Hide(),
}
KINDS = {c.name: masked_kind(MASKS.get(c.name), c.kind) for c in district.COLUMNS}
FILTER = Compare("department", "ne", "D3")
TEXT = Text("列", "column")
STATIONS = Contract(
    "station", "1.0.0", TEXT, TEXT, "ecology", Level.L1,
    (
        Column("id", Kind.INTEGER, TEXT, required=True),
        Column("street", Kind.STRING, TEXT),
        Column("on", Kind.DATE, TEXT),
        Column("live", Kind.BOOLEAN, TEXT),
        Column("count_", Kind.INTEGER, TEXT),
        Column("pm25", Kind.NUMBER, TEXT),
    ),
    ("id",),
)  # fmt: skip
PAGE = Interface(
    "stations", "1.0.0", TEXT, TEXT, "station", "ecology", Shape.PAGE,
    tuple(STATIONS.by_name), (), ("id",),
)  # fmt: skip


def station(at: int) -> Row:
    return {
        "id": at,
        "street": None if at % 13 == 0 else f"=S{at % 5}",
        "on": f"2026-0{at % 3 + 1}-01",
        "live": None if at % 11 == 0 else at % 2 == 0,
        "count_": at - 300,
        "pm25": None if at % 7 == 0 else at / 4,
    }


STATION_ROWS = [station(at) for at in range(3000)]


@pytest.fixture(scope="module")
def masked(gateway: Gateway) -> tuple[str, str]:
    """A token of a masked and filtered grant, and its pseudonym key."""
    grant, token = gateway.granted(district.page(), masks=tuple(MASKS.items()), row_filter=FILTER)
    return token, pseudonym_key(gateway.home.settings.secret(), grant.id)


@pytest.fixture(scope="module")
def stations(gateway: Gateway) -> str:
    """A token for the stations, which are open data and may be grouped."""
    gateway.home.serve(PAGE, STATIONS, STATION_ROWS)
    return gateway.granted(PAGE)[1]


WHERES = {
    "nothing": And(()),
    "masked phone": Prefix("phone", "100****"),
    "raw phone": Prefix("phone", "10000000"),
    "name and flag": And((Compare("name", "eq", "姓****"), Compare("active", "eq", True))),
    "or": Or((IsNull("born"), Compare("born", "lt", "1950-01-01"))),
    "not": Not(In("department", ("D1", "D2"))),
    "hidden": Or((Compare("remark", "eq", "plain"), IsNull("remark"))),
    "rounded": And((Compare("score", "ge", 45.0), Compare("score", "le", 50.0))),
    "instant": Compare("changed_at", "gt", "2000-01-01T00:00:00.000000Z"),
}


@pytest.mark.parametrize("name", WHERES)
@pytest.mark.parametrize("limit", [50, 2000])
def test_rows_are_those_of_the_masked_values(
    gateway: Gateway, masked: tuple[str, str], name: str, limit: int
) -> None:
    token, key = masked
    select = ["id", "phone", "born", "active", "resident_id"]
    body = {"select": select, "where": predicate_to_json(WHERES[name]), "limit": limit}
    shown = evaluate(
        district.rows(), district.NAMES, select, MASKS, FILTER, [WHERES[name]], ["id"], limit, key
    )
    for format_ in MEDIA if limit == 50 else ("json", "csv"):
        reply = ask_query(gateway, "residents", body, token, f"?format={format_}")
        assert reply.status == 200, reply.body
        assert_equal(reply, format_, shown, {name: KINDS[name] for name in select})


def _nulls_first(row: dict[str, Any], names: list[str]) -> list[tuple[bool, Any]]:
    return [(row[name] is not None, row[name]) for name in names]


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("column", ["phone", "born", "score", "active", "remark", "resident_id"])
def test_pages_in_any_order_meet_every_row_once(
    gateway: Gateway, masked: tuple[str, str], column: str, way: str
) -> None:
    """Pages of both engines follow each other, through missing values and equal ones."""
    token, key = masked
    where = Compare("id", "lt", 4000)
    body: dict[str, Any] = {
        "select": ["id", column],
        "where": predicate_to_json(where),
        "order": [{"field": column, "dir": way}],
    }
    shown = evaluate(
        district.rows(), district.NAMES, ["id", column], MASKS, FILTER, [where], ["id"], None, key
    )
    shown.sort(key=lambda row: _nulls_first(row, [column]), reverse=way == "desc")
    if way == "desc":  # the key completes the order upwards; sorting is stable
        shown = [row for _, row in sorted(enumerate(shown), key=lambda p: _desc_place(shown, p))]
    found: list[Any] = []
    for limit in (700, 1500, 13, 1100, 900):
        reply = ask_query(gateway, "residents", {**body, "limit": limit}, token)
        found += reply.rows
        body["cursor"] = reply.json["next"]
        if body["cursor"] is None:
            break
    assert [row["id"] for row in found] == [row["id"] for row in shown]


def _desc_place(shown: list[Any], pair: tuple[int, Any]) -> tuple[int, int]:
    row = pair[1]
    column = next(name for name in row if name != "id")
    first = next(at for at, other in enumerate(shown) if other[column] == row[column])
    return first, row["id"]


def test_a_cursor_belongs_to_its_query(gateway: Gateway, masked: tuple[str, str]) -> None:
    token, _ = masked
    body = {"select": ["id"], "order": [{"field": "born"}], "limit": 3}
    next_ = ask_query(gateway, "residents", body, token).json["next"]
    for changed in (
        {**body, "order": [{"field": "born", "dir": "desc"}]},
        {**body, "where": {"field": "id", "op": "gt", "value": 1}},
        {**body, "select": ["id", "born"]},
    ):
        assert_problem(
            ask_query(gateway, "residents", {**changed, "cursor": next_}, token),
            422,
            "parameters_invalid",
        )
    same = {**body, "where": {"and": []}, "cursor": next_, "limit": 5}
    assert len(ask_query(gateway, "residents", same, token).rows) == 5


def test_a_receipt_names_the_subjects_of_a_query(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page())
    body = {"select": ["id"], "where": {"field": "id", "op": "in", "value": [3, 5]}}
    reply = ask_query(gateway, "residents", body, token)
    by_id = [
        ask_query(gateway, "residents", {"where": {"field": "id", "value": n}}, token)
        for n in (3, 5)
    ]
    receipts = [gateway.home.receipt(r.headers["duokua-receipt"]) for r in (reply, *by_id)]
    assert receipts[0]["rows"] == 2
    assert receipts[0]["subjects"] == [*receipts[1]["subjects"], *receipts[2]["subjects"]]
    assert len({told["params"] for told in receipts}) == 3
    again = ask_query(gateway, "residents", json.dumps(body, indent=2).encode(), token)
    assert gateway.home.receipt(again.headers["duokua-receipt"])["params"] == receipts[0]["params"]


def test_only_granted_columns_may_stand_anywhere(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page(), columns=("id", "name"))
    asked = [
        ({"select": ["phone"]}, "/select/0"),
        ({"where": {"field": "phone", "value": "1"}}, "/where/field"),
        ({"where": {"or": [{"and": [{"field": "phone", "op": "is_null"}]}]}},
         "/where/or/0/and/0/field"),
        ({"order": [{"field": "phone"}]}, "/order/0/field"),
        ({"group": ["phone"]}, "/group/0"),
        ({"aggregate": [{"fn": "max", "field": "phone"}]}, "/aggregate/0/field"),
        ({"select": ["_subject"]}, "/select/0"),
    ]  # fmt: skip
    for body, pointer in asked:
        reply = ask_query(gateway, "residents", body, token)
        assert_problem(reply, 422, "parameters_invalid")
        assert [each["pointer"] for each in reply.json["errors"]] == [pointer]
        absent = json.loads(json.dumps(body).replace("phone", "no_such"))
        other = ask_query(gateway, "residents", absent, token)
        assert other.body.replace(b"no_such", b"phone") == reply.body  # absent or not granted: same


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{", b"nul", b'{"limit":NaN}', b'{"limit":1,"limit":2}', b"\xff{}",
    b'{"where":' + b'{"not":' * 5000 + b"1" + b"}" * 5001,
    b'{"select":["\\ud800"]}', b'{"\\ud800":1}', b'{"where":{"field":"name","value":"\\ud800"}}',
    b'{"limit":1e400}', b'{"limit":' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_a_body_that_is_no_query_is_named(gateway: Gateway, body: bytes) -> None:
    _, token = gateway.granted(district.page())
    assert_problem(ask_query(gateway, "residents", body, token), 422, "parameters_invalid")


def test_what_a_request_must_be(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page())
    path = "/data/residents/query"
    for method in ("GET", "PUT", "DELETE"):
        reply = gateway.ask(path, token=token, method=method)
        assert_problem(reply, 405, "method_not_allowed")
        assert reply.headers["allow"] == "POST"
    for media in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonx"}):
        reply = gateway.ask(path, token=token, method="POST", headers=media, body=b"{}")
        assert_problem(reply, 415, "media_unsupported")
    large = json.dumps({"where": {"field": "name", "value": "x" * 65_536}}).encode()
    assert_problem(
        gateway.ask(path, token=token, method="POST", headers=JSON, body=large), 413, "too_large"
    )
    assert_problem(ask_query(gateway, "residents", {}, None), 401, "token_missing")
    assert_problem(ask_query(gateway, "residents", {}, token, "?format=xml"), 406, "not_acceptable")
    assert_problem(
        ask_query(gateway, "residents", {}, token, "?limit=3"), 422, "parameters_invalid"
    )
    told = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert gateway.ask(path, token=token, method="POST", headers=told, body=b"{}").status == 200


def test_people_are_not_grouped(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page())
    for body in ({"group": ["department"]}, {"aggregate": [{"fn": "count"}]}):
        reply = ask_query(gateway, "residents", body, token)
        assert_problem(reply, 403, "cube_only")


def test_an_owner_may_switch_queries_off_or_limit_them(gateway: Gateway) -> None:
    off = replace(district.page("residents_off"), query=())
    some = replace(district.page("residents_some"), query=("department",))
    for interface in (off, some):
        gateway.home.serve(interface, district.contract(), district.rows(60))
    _, token = gateway.granted(off)
    assert_problem(ask_query(gateway, off.id, {}, token), 403, "query_not_offered")
    assert gateway.ask(f"/data/{off.id}?limit=1", token=token).status == 200
    _, token = gateway.granted(some)
    body = {"where": {"field": "department", "value": "D1"}, "order": [{"field": "department"}]}
    assert {row["department"] for row in ask_query(gateway, some.id, body, token).rows} == {"D1"}
    refused = ask_query(gateway, some.id, {"where": {"field": "name", "op": "is_null"}}, token)
    assert_problem(refused, 422, "parameters_invalid")
    _, token = gateway.granted(district.lookup())
    assert_problem(ask_query(gateway, "resident_by_id", {}, token), 403, "query_not_offered")


def test_groups_in_both_engines(gateway: Gateway, stations: str) -> None:
    """Counts are answered by the index, sums by the worker: together they are one table."""
    group = {"group": ["street", "on"], "order": [{"field": "on", "dir": "desc"}], "limit": 1000}
    counts = [{"fn": "count", "as": "n"}, {"fn": "count", "field": "pm25"},
              {"fn": "min", "field": "live"}, {"fn": "max", "field": "pm25"}]  # fmt: skip
    sums = [{"fn": "sum", "field": "count_", "as": "total"}, {"fn": "avg", "field": "pm25"}]
    index = ask_query(gateway, "stations", {**group, "aggregate": counts}, stations).rows
    both = ask_query(gateway, "stations", {**group, "aggregate": [*counts, *sums]}, stations).rows
    assert [{k: row[k] for k in index[0]} for row in both] == index
    expected = []
    for on in ("2026-03-01", "2026-02-01", "2026-01-01"):
        for street in (None, *(f"=S{n}" for n in range(5))):
            rows = [r for r in STATION_ROWS if (r["street"], r["on"]) == (street, on)]
            expected.append((street, on, len(rows), sum(int(r["count_"] or 0) for r in rows)))
    assert [(r["street"], r["on"], r["n"], r["total"]) for r in both] == expected
    assert all(isinstance(row["min_live"], bool) for row in both)


def test_groups_in_every_format(gateway: Gateway, stations: str) -> None:
    body = {"group": ["street"], "aggregate": [{"fn": "sum", "field": "count_", "as": "total"}]}
    rows = [
        {"street": s, "total": sum(int(r["count_"] or 0) for r in STATION_ROWS if r["street"] == s)}
        for s in (None, *(f"=S{n}" for n in range(5)))
    ]
    for format_ in MEDIA:
        reply = ask_query(gateway, "stations", body, stations, f"?format={format_}")
        assert_equal(reply, format_, rows, {"street": Kind.STRING, "total": Kind.INTEGER})
    told = gateway.home.receipt(reply.headers["duokua-receipt"])
    assert told["subjects"] is None
    closed = gateway.home.closing(reply.headers["duokua-receipt"])
    assert closed is None or closed["rows"] == len(rows)


def test_nothing_at_all_has_one_count(gateway: Gateway, stations: str) -> None:
    body = {
        "where": {"field": "id", "op": "lt", "value": 0},
        "aggregate": [{"fn": "count", "as": "n"}, {"fn": "max", "field": "pm25", "as": "most"}],
    }
    assert ask_query(gateway, "stations", body, stations).rows == [{"n": 0, "most": None}]
    body["group"] = ["street"]
    assert ask_query(gateway, "stations", body, stations).rows == []


def test_a_group_may_bear_another_columns_name(gateway: Gateway, stations: str) -> None:
    body = {
        "group": ["street"],
        "aggregate": [{"fn": "count", "as": "pm25"}],
        "where": {"field": "pm25", "op": "lt", "value": 100},
        "order": [{"field": "pm25", "dir": "desc"}, {"field": "street"}],
    }
    rows = ask_query(gateway, "stations", body, stations).rows
    kept = [r for r in STATION_ROWS if r["pm25"] is not None and float(r["pm25"]) < 100]
    assert sum(row["pm25"] for row in rows) == len(kept)
    assert [row["pm25"] for row in rows] == sorted((r["pm25"] for r in rows), reverse=True)


def test_all_rows_of_a_query(gateway: Gateway, stations: str) -> None:
    body = {"where": {"field": "live", "value": True}, "limit": "all", "select": ["id"]}
    assert_problem(ask_query(gateway, "stations", body, stations), 422, "parameters_invalid")
    reply = ask_query(gateway, "stations", body, stations, "?format=csv")
    ids = [int(line) for line in reply.body.decode().splitlines()[1:]]
    assert ids == [row["id"] for row in STATION_ROWS if row["live"] is True]


def test_a_quota_counts_queries(gateway: Gateway) -> None:
    from duokua.lang.grant import Quota

    _, token = gateway.granted(PAGE, quota=Quota(calls_per_day=3, rows_per_day=12))
    ask = lambda limit: ask_query(gateway, "stations", {"limit": limit}, token)  # noqa: E731
    assert ask_query(gateway, "stations", {"limit": 0}, token).status == 422  # free of charge
    assert [len(ask(5).rows) for _ in range(2)] == [5, 5]
    assert len(ask(5).rows) == 2
    assert_problem(ask(5), 429, "quota_exhausted")
