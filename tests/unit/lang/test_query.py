"""Reading JSON queries: what is a query, and every fault by its pointer, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Prefix
from duokua.lang.query import Aggregate, Order, Query, canonical_query
from duokua.lang.query_json import parse_body, read_query
from duokua.lang.query_where import MAX_ALL_VALUES, MAX_DEPTH, MAX_NODES, MAX_VALUES

TEXT = Text("列", "column")
COLUMNS = {kind.value: Column(kind.value, kind, TEXT) for kind in Kind}


def read(value: Any, usable: frozenset[str] | None = None) -> tuple[Query | None, list[str]]:
    """Return the query and the pointers of its faults."""
    faults = Faults()
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    told = parse_body(body, faults)
    allowed = frozenset(COLUMNS) if usable is None else usable
    query = None if told is None else read_query(told, COLUMNS, allowed, faults)
    for fault in faults.found:
        assert all((fault.what.zh, fault.what.en, fault.mend.zh, fault.mend.en))
        assert fault.what.zh != fault.what.en
        fault.what.en.encode()  # what a caller sent can always be sent back
    return query, [fault.where for fault in faults.found]


def test_nothing_asked_is_everything() -> None:
    query, faults = read({})
    assert faults == []
    assert query == Query(tuple(COLUMNS), And(()), (), (), (), 100)


def test_every_part() -> None:
    query, faults = read(
        {
            "select": ["date", "string"],
            "where": {"and": [
                {"field": "integer", "value": 1}, {"field": "number", "op": "ge", "value": 2},
                {"or": [{"field": "string", "op": "prefix", "value": "王"},
                        {"not": {"field": "date", "op": "is_null"}},
                        {"field": "boolean", "op": "is_null", "value": False}]},
                {"field": "timestamp", "op": "in", "value": ["2026-01-01T08:00:00+08:00"]},
            ]},
            "order": [{"field": "date", "dir": "desc"}, {"field": "string"}],
            "limit": 7, "cursor": "abc",
        }
    )  # fmt: skip
    assert faults == []
    assert query is not None
    assert query.where == And((
        Compare("integer", "eq", 1), Compare("number", "ge", 2.0),
        Or((Prefix("string", "王"), Not(IsNull("date")), Not(IsNull("boolean")))),
        In("timestamp", ("2026-01-01T00:00:00.000000Z",)),
    ))  # fmt: skip
    assert query.order == (Order("date", True), Order("string"))
    assert (query.select, query.limit, query.cursor) == (("date", "string"), 7, "abc")


def test_groups_and_figures() -> None:
    query, faults = read(
        {
            "group": ["string"],
            "aggregate": [{"fn": "count", "as": "n"}, {"fn": "avg", "field": "number"}],
            "order": [{"field": "n", "dir": "desc"}],
        }
    )
    assert faults == []
    assert query is not None
    assert query.aggregates == (
        Aggregate("count", None, "n"), Aggregate("avg", "number", "avg_number")
    )  # fmt: skip
    assert query.select == ()


LEAF = {"field": "integer", "value": 1}


def nested(depth: int) -> Any:
    value: Any = LEAF
    for _ in range(depth - 1):
        value = {"and": [value]}
    return value


def among(count: int) -> Any:
    return {"field": "integer", "op": "in", "value": list(range(count))}


WRONG: list[tuple[Any, list[str]]] = [
    (b"", [""]), (b"[1]", [""]), (b'{"limit":1,"limit":2}', [""]), (b"\xef\xbb\xbf{}", [""]),
    ({"selekt": []}, ["/selekt"]), ({"a/b~c": 1}, ["/a~1b~0c"]),
    ({"select": []}, ["/select"]), ({"select": "date"}, ["/select"]),
    ({"select": ["date", "date"]}, ["/select/1"]), ({"select": [1, None]}, ["/select/0", "/select/1"]),
    ({"select": ["date"] * 65}, ["/select"]),
    ({"limit": 0}, ["/limit"]), ({"limit": 10_001}, ["/limit"]), ({"limit": True}, ["/limit"]),
    ({"limit": "7"}, ["/limit"]), ({"limit": 1.5}, ["/limit"]),
    ({"cursor": 5}, ["/cursor"]), ({"cursor": ""}, ["/cursor"]), ({"cursor": "x" * 5000}, ["/cursor"]),
    ({"group": ["date"], "cursor": "x"}, ["/cursor"]),
    ({"group": ["date"], "select": ["string"]}, ["/select"]),
    ({"group": ["date"], "order": [{"field": "string"}]}, ["/order/0/field"]),
    ({"order": [{"field": "date", "dir": "up"}]}, ["/order/0/dir"]),
    ({"order": [{"field": "date"}, {"field": "date"}]}, ["/order/1/field"]),
    ({"order": ["date"]}, ["/order/0/field"]), ({"order": [{"field": ["x"]}]}, ["/order/0/field"]),
    ({"aggregate": [{"fn": "median", "field": "number"}]}, ["/aggregate/0/fn"]),
    ({"aggregate": [{"fn": "sum"}]}, ["/aggregate/0/field"]),
    ({"aggregate": [{"fn": "sum", "field": "string"}]}, ["/aggregate/0/field"]),
    ({"aggregate": [{"fn": "count", "as": "Zähler"}]}, ["/aggregate/0/as"]),
    ({"aggregate": [{"fn": "count", "as": 'n" from x'}]}, ["/aggregate/0/as"]),
    ({"aggregate": [{"fn": "count"}, {"fn": "count"}]}, ["/aggregate/1/as"]),
    ({"aggregate": [{"fn": "count", "as": "date"}], "group": ["date"]}, ["/aggregate/0/as"]),
    ({"where": []}, ["/where"]), ({"where": {"and": 1}}, ["/where"]),
    ({"where": {"and": [], "or": []}}, ["/where"]),
    ({"where": {"field": "date", "op": "like", "value": "x"}}, ["/where/op"]),
    ({"where": {"field": "date", "op": ["eq"], "value": "x"}}, ["/where/op"]),
    ({"where": {"field": "date", "value": "2026-02-30"}}, ["/where/value"]),
    ({"where": {"field": "integer", "value": 2**63}}, ["/where/value"]),
    ({"where": {"field": "integer", "value": None}}, ["/where/value"]),
    ({"where": {"field": "integer"}}, ["/where/value"]),
    ({"where": {"field": "number", "value": True}}, ["/where/value"]),
    ({"where": {"field": "string", "value": "a\0b"}}, ["/where/value"]),
    ({"where": {"field": "string", "value": "\ud800"}}, ["/where/value"]),
    ({"where": {"field": "date", "op": "prefix", "value": "2"}}, ["/where/op"]),
    ({"where": {"field": "date", "op": "is_null", "value": 1}}, ["/where/value"]),
    ({"where": {"field": "date", "op": "in", "value": []}}, ["/where/value"]),
    ({"where": {"field": "integer", "op": "in", "value": [1, "x", 2.5]}},
     ["/where/value/1", "/where/value/2"]),
    ({"where": {"or": [LEAF, {"not": {"and": [{"field": "x", "value": 1}]}}]}},
     ["/where/or/1/not/and/0/field"]),
    ({"where": nested(MAX_DEPTH + 1)}, ["/where" + "/and/0" * MAX_DEPTH]),
    ({"where": {"and": [LEAF] * MAX_NODES}}, [f"/where/and/{MAX_NODES - 1}"]),
    ({"where": among(MAX_VALUES + 1)}, ["/where/value"]),
    ({"where": {"or": [among(1000)] * 6}}, ["/where/or/5/value"]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "pointers"), WRONG)
def test_what_is_wrong_is_named(value: Any, pointers: list[str]) -> None:
    assert read(value)[1] == pointers


def test_all_faults_are_told_at_once() -> None:
    _, faults = read({"select": ["x"], "limit": 0, "where": {"and": [{"field": "y"}, {"op": 1}]}})
    assert faults == ["/select/0", "/where/and/0/field", "/where/and/1", "/limit"]


def test_the_largest_that_is_allowed() -> None:
    assert read({"where": nested(MAX_DEPTH)})[1] == []
    assert read({"where": {"and": [LEAF] * (MAX_NODES - 1)}})[1] == []
    assert read({"where": {"or": [among(MAX_VALUES)] * (MAX_ALL_VALUES // MAX_VALUES)}})[1] == []


def test_the_owner_says_what_may_be_named() -> None:
    few = frozenset({"date"})
    assert read({"select": ["string"], "where": {"field": "date", "op": "is_null"}}, few)[1] == []
    for value, pointer in (
        ({"where": {"field": "string", "value": "x"}}, "/where/field"),
        ({"order": [{"field": "string"}]}, "/order/0/field"),
        ({"group": ["string"]}, "/group/0"),
        ({"aggregate": [{"fn": "max", "field": "string"}]}, "/aggregate/0/field"),
    ):
        assert read(value, few)[1] == [pointer]


@pytest.mark.parametrize("other", [
    {"and": [{"field": "string", "value": "b"}, LEAF]},
    {"and": [LEAF, {"and": [{"field": "string", "value": "b"}, LEAF]}]},
    {"and": [{"or": [LEAF]}, {"not": {"not": {"field": "string", "value": "b"}}}]},
    {"and": [{"field": "integer", "op": "in", "value": [1, 1]}, {"field": "string", "value": "b"}]},
])  # fmt: skip
def test_one_meaning_has_one_form(other: Any) -> None:
    one, _ = read({"where": {"and": [LEAF, {"field": "string", "op": "eq", "value": "b"}]}})
    two, _ = read({"limit": 5, "where": other})
    assert one is not None
    assert two is not None
    assert canonical_query(one) == canonical_query(two)
