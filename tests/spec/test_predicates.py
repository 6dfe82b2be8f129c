"""Predicates: which of a few rows each condition keeps, in SQLite and DuckDB alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duokua.lang.mask import Keep, Mask, Pseudonym, Truncate
from duokua.lang.predicate import predicate_from_json
from engines import COLUMNS, PLACE, Cell, Engines

ROWS: list[dict[str, Cell]] = [
    {
        "string": "南山",
        "integer": -3,
        "number": -0.5,
        "boolean": False,
        "date": "2019-12-31",
        "timestamp": "2019-12-31T16:00:00.000000Z",
    },
    {
        "string": "南山区",
        "integer": 0,
        "number": 0.0,
        "boolean": True,
        "date": "2020-01-01",
        "timestamp": "2019-12-31T16:00:00.000001Z",
    },
    {
        "string": "Z",
        "integer": 2**62,
        "number": 1e10,
        "boolean": True,
        "date": "2020-02-29",
        "timestamp": "2020-02-29T00:00:00.000000Z",
    },
    {column.name: None for column in COLUMNS},
]
EVERY, NONE = [0, 1, 2, 3], list[int]()
TABLE: list[tuple[dict[str, object], list[int]]] = [
    ({"field": "string", "op": "eq", "value": "南山"}, [0]),
    ({"field": "string", "op": "ne", "value": "南山"}, [1, 2]),
    ({"field": "string", "op": "gt", "value": "Z"}, [0, 1]),
    ({"field": "string", "op": "prefix", "value": "南山"}, [0, 1]),
    ({"field": "string", "op": "prefix", "value": ""}, [0, 1, 2]),
    ({"field": "string", "op": "prefix", "value": "%"}, NONE),
    ({"field": "string", "op": "eq", "value": "' or 1=1 --"}, NONE),
    ({"field": "string", "op": "is_null"}, [3]),
    ({"not": {"field": "string", "op": "is_null"}}, [0, 1, 2]),
    ({"field": "integer", "op": "lt", "value": 0}, [0]),
    ({"field": "integer", "op": "ge", "value": 2**62}, [2]),
    ({"field": "integer", "op": "in", "value": [0, -3, 9]}, [0, 1]),
    ({"not": {"field": "integer", "op": "in", "value": [0]}}, [0, 2]),
    ({"field": "number", "op": "le", "value": 0}, [0, 1]),
    ({"field": "boolean", "op": "eq", "value": True}, [1, 2]),
    ({"field": "date", "op": "ge", "value": "2020-01-01"}, [1, 2]),
    (
        {"field": "timestamp", "op": "gt", "value": "2020-01-01T00:00:00+08:00"},
        [1, 2],
    ),
    ({"and": []}, EVERY),
    ({"or": []}, NONE),
    ({"not": {"and": []}}, NONE),
    # unknown and false is false, so its negation is true; unknown or false stays unknown
    (
        {"not": {"and": [{"field": "integer", "op": "eq", "value": 0}, {"or": []}]}},
        EVERY,
    ),
    (
        {"not": {"or": [{"field": "integer", "op": "eq", "value": 0}, {"or": []}]}},
        [0, 2],
    ),
    (
        {"or": [{"field": "integer", "op": "eq", "value": 0}, {"field": "date", "op": "is_null"}]},
        [1, 3],
    ),
]
MASKED: list[tuple[str, Mask, dict[str, object], list[int]]] = [
    ("string", Keep(1, 0), {"field": "string", "op": "prefix", "value": "南山"}, NONE),
    ("string", Keep(1, 0), {"field": "string", "op": "eq", "value": "南****"}, [0, 1]),
    ("date", Truncate("year"), {"field": "date", "op": "gt", "value": "2020-01-01"}, NONE),
    ("string", Pseudonym(), {"field": "string", "op": "eq", "value": "Z"}, NONE),
]


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    made = Engines(ROWS)
    yield made
    made.close()


@pytest.mark.parametrize(("condition", "kept"), TABLE)
def test_condition(engines: Engines, condition: dict[str, object], kept: list[int]) -> None:
    predicate = predicate_from_json(condition, {column.name: column for column in COLUMNS})
    expected = [(at,) for at in kept]
    assert engines.select([PLACE.name], {}, [predicate]) == (expected, expected)


@pytest.mark.parametrize(("name", "mask", "condition", "kept"), MASKED)
def test_a_condition_sees_the_masked_value(
    engines: Engines, name: str, mask: Mask, condition: dict[str, object], kept: list[int]
) -> None:
    predicate = predicate_from_json(condition, {column.name: column for column in COLUMNS})
    expected = [(at,) for at in kept]
    assert engines.select([PLACE.name], {name: mask}, [predicate]) == (expected, expected)


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "string", "op": "eq", "value": 7},
        {"field": "string", "op": "eq", "value": "a\0b"},
        {"field": "string", "op": "eq", "value": "\ud800"},
        {"field": "integer", "op": "eq", "value": 1.5},
        {"field": "integer", "op": "eq", "value": True},
        {"field": "integer", "op": "eq", "value": 2**63},
        {"field": "number", "op": "eq", "value": float("nan")},
        {"field": "number", "op": "eq", "value": 10**400},
        {"field": "date", "op": "eq", "value": "2019-02-29"},
        {"field": "timestamp", "op": "eq", "value": "2020-01-01T00:00:00"},
        {"field": "timestamp", "op": "eq", "value": "0001-01-01T00:00:00+08:00"},
        {"field": "integer", "op": "prefix", "value": "1"},
        {"field": "integer", "op": "in", "value": []},
        {"field": "nobody", "op": "is_null"},
        {"field": "integer", "op": "like", "value": 1},
        {"and": [], "or": []},
        [],
    ],
)
def test_a_misfit_is_refused(condition: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        predicate_from_json(condition, {column.name: column for column in COLUMNS})
