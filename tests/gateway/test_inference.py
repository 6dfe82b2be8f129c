"""Learning by asking cleverly: masked columns as oracles (T3), differences of sums (T4)."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.cube import Cube, Measure
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import Keep
from engines import Row
from gateway import district
from gateway.asking import ask_query, serve_cube
from gateway.problem import check
from gateway.world import Gateway, Reply

TEXT = Text("列", "column")
PEOPLE, TARGETS = 30_000, 200
STREETS, TRADES = 40, 12
LEAST = 10
CONTRACT = Contract(
    "people", "1.0.0", TEXT, TEXT, "civil", Level.L3,
    (
        Column("id", Kind.INTEGER, TEXT, required=True, level=Level.L2),
        Column("resident_id", Kind.STRING, TEXT, required=True, level=Level.L3, personal="resident_id"),
        Column("street", Kind.STRING, TEXT, required=True, level=Level.L2),
        Column("trade", Kind.STRING, TEXT, required=True, level=Level.L2),
        Column("young", Kind.BOOLEAN, TEXT, required=True, level=Level.L2),
        Column("ill", Kind.INTEGER, TEXT, level=Level.L3, personal="health"),
    ),
    ("id",), subject="resident_id",
)  # fmt: skip
DIMENSIONS = ("street", "trade", "young")
CUBE = Cube(
    DIMENSIONS,
    (Measure("people", "count"), Measure("ill", "sum", "ill", (0.0, 1.0))),
    least=LEAST,
    budget=1_000_000,  # the attack is not to fail for want of questions
)


def aggregate(id_: str, cube: Cube = CUBE) -> Interface:
    """Return an interface of a cube."""
    return Interface(
        id_, "1.0.0", TEXT, TEXT, "people", "civil", Shape.AGGREGATE, cube.dimensions,
        tuple(Parameter(name, name) for name in cube.dimensions), cube.dimensions, cube=cube,
    )  # fmt: skip


def people() -> list[Row]:
    """Return people: many small cells, and some in which nobody or everybody is ill."""
    rng = random.Random(11)
    rows: list[Row] = []
    for id_ in range(PEOPLE):
        street = int(STREETS * rng.random() ** 2.5)
        trade = int(TRADES * rng.random() ** 2)
        rate = (0.0, 1.0, 0.3)[(street + trade) % 3]
        rows.append({
            "id": id_, "resident_id": f"330108{id_:012d}", "street": f"S{street:02d}",
            "trade": f"T{trade:02d}", "young": rng.random() < 0.4, "ill": int(rng.random() < rate),
        })  # fmt: skip
    return rows


# --- T3 ---------------------------------------------------------------------------------------


def oracle(gateway: Gateway, token: str, id_: int) -> Callable[[dict[str, Any]], bool]:
    """Return what tells an attacker whether a condition holds of one known person."""

    def ask(condition: dict[str, Any]) -> bool:
        where = {"and": [{"field": "id", "value": id_}, condition]}
        return bool(ask_query(gateway, "residents", {"select": ["id"], "where": where}, token).rows)

    return ask


def by_prefix(ask: Callable[[dict[str, Any]], bool], length: int) -> tuple[str, list[bool]]:
    """Extend a prefix digit by digit, as far as the answers carry."""
    known, told = "", []
    while len(known) < length:
        for digit in "0123456789":
            told.append(ask({"field": "phone", "op": "prefix", "value": known + digit}))
            if told[-1]:
                known += digit
                break
        else:
            break
    return known, told


def by_range(ask: Callable[[dict[str, Any]], bool], length: int) -> tuple[str, list[bool]]:
    """Search by halves over all numbers of that many digits."""
    low, high, told = 0, 10**length - 1, []
    while low < high:
        middle = (low + high) // 2
        told.append(ask({"field": "phone", "op": "le", "value": f"{middle:0{length}d}"}))
        low, high = (low, middle) if told[-1] else (middle + 1, high)
    return f"{low:0{length}d}", told


@pytest.mark.parametrize("search", [by_prefix, by_range])
def test_a_masked_phone_answers_no_search(
    gateway: Gateway, search: Callable[..., tuple[str, list[bool]]]
) -> None:
    """What the attacker is told depends on nothing but the shown digits: not one bit is gained."""
    _, token = gateway.granted(district.page(), masks=(("phone", Keep(3, 0)),))
    targets = [row for row in district.rows(40) if row["phone"] is not None][:12]
    transcripts, right = set(), 0
    for row in targets:
        guess, told = search(oracle(gateway, token, int(str(row["id"]))), len(str(row["phone"])))
        transcripts.add(tuple(told))
        right += guess == row["phone"]
    assert len(transcripts) == 1, "the answers tell masked phones apart"
    assert right == 0


def test_the_same_searches_find_an_unmasked_phone(gateway: Gateway) -> None:
    """The attackers above can do it: it is the mask that stops them."""
    _, token = gateway.granted(district.page())
    row = next(row for row in district.rows(40) if row["phone"] is not None)
    ask = oracle(gateway, token, int(str(row["id"])))
    assert by_prefix(ask, 11)[0] == row["phone"]
    assert by_range(ask, 11)[0] == row["phone"]


def test_a_masked_column_orders_and_lists_nothing(gateway: Gateway) -> None:
    """Neither the order of rows nor a list with the true value in it tells more than the mask."""
    _, token = gateway.granted(district.page(), masks=(("phone", Keep(3, 0)),))
    rows = [row for row in district.rows(300) if row["phone"] is not None]
    true = [row["phone"] for row in rows]
    where = {"field": "phone", "op": "in", "value": true}
    assert ask_query(gateway, "residents", {"where": where}, token).rows == []
    body = {
        "select": ["id"], "limit": 1000, "order": [{"field": "phone", "dir": "desc"}],
        "where": {"and": [{"field": "id", "op": "lt", "value": 300},
                          {"not": {"field": "phone", "op": "is_null"}}]},
    }  # fmt: skip
    found = [row["id"] for row in ask_query(gateway, "residents", body, token).rows]
    assert found == [row["id"] for row in rows]  # all equal: the key orders them, upwards


# --- T4 ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd() -> list[Row]:
    """The people of the attack."""
    return people()


@pytest.fixture(scope="module")
def cubed(gateway: Gateway, crowd: list[Row]) -> str:
    """A token for the cube over the people."""
    interface = aggregate("people_cube")
    serve_cube(gateway.home, interface, CONTRACT, crowd)
    return gateway.granted(interface)[1]


def figures(reply: Reply) -> tuple[int, float]:
    """Return how many people an answer is about, and how many of them are ill."""
    rows = reply.rows
    return sum(row["people"] for row in rows), sum(row["ill"] for row in rows)


def test_differences_isolate_nobody(gateway: Gateway, cubed: str, crowd: list[Row]) -> None:
    """All less the target's own cell, for every set of dimensions: T4 over 200 targets."""
    rng, tried, recovered, least = random.Random(5), 0, 0, PEOPLE
    cache: dict[str, tuple[int, float]] = {}

    def ask(where: dict[str, Any], group: tuple[str, ...] = ()) -> tuple[int, float]:
        body = {"where": where, "group": list(group), "limit": 10_000}
        told = json.dumps(body, sort_keys=True)
        if told not in cache:
            cache[told] = figures(ask_query(gateway, "people_cube", body, cubed))
        return cache[told]

    for row in rng.sample(crowd, TARGETS):
        terms = [{"field": name, "value": row[name]} for name in DIMENSIONS]
        for size in (1, 2, 3):
            for chosen in itertools.combinations(terms, size):
                cell: dict[str, Any] = {"and": list(chosen)}
                for group in ((), DIMENSIONS):
                    whole = ask({"and": []}, group)
                    rest = ask({"not": cell}, ())
                    part = ask(cell, group)
                    for people_, ill in ((whole[0] - rest[0], whole[1] - rest[1]), part):
                        tried += 1
                        if people_ > 0:
                            least = min(least, people_)
                        # One person left, or all or none of those left are ill: it is known.
                        recovered += people_ == 1 or (people_ > 0 and ill in (0, people_))
    assert tried >= 1000
    assert recovered == 0
    assert least >= LEAST


def test_what_sums_of_groups_tell_is_the_same_whatever_the_groups(
    gateway: Gateway, cubed: str, crowd: list[Row]
) -> None:
    """A coarse total less its fine parts is nothing: what is left out is left out of both."""
    totals = set()
    for size in range(len(DIMENSIONS) + 1):
        for group in itertools.combinations(DIMENSIONS, size):
            path = f"/data/people_cube?group={','.join(group)}&limit=10000"
            totals.add(figures(gateway.ask(path, token=cubed)))
    assert len(totals) == 1
    people_, _ = totals.pop()
    assert PEOPLE / 4 < people_ < PEOPLE  # small cells are really there, and really left out


def test_shown_cells_are_true_and_the_rest_is_absent(
    gateway: Gateway, cubed: str, crowd: list[Row]
) -> None:
    """Every shown cell is exact; every hidden one is small, or tells of all its people at once."""
    rows = gateway.ask("/data/people_cube?group=street,trade,young&limit=10000", token=cubed).rows
    size: Counter[Any] = Counter(tuple(row[name] for name in DIMENSIONS) for row in crowd)
    ill: Counter[Any] = Counter()
    for row in crowd:
        ill[tuple(row[name] for name in DIMENSIONS)] += int(str(row["ill"]))
    shown = {tuple(row[name] for name in DIMENSIONS): row for row in rows}
    for cell, number in size.items():
        few = min(ill[cell], number - ill[cell]) <= 2
        assert (cell in shown) == (number >= LEAST and not few), (cell, number, ill[cell])
        if cell in shown:
            assert (shown[cell]["people"], shown[cell]["ill"]) == (number, ill[cell])


def test_nothing_but_dimensions_may_choose_people(gateway: Gateway, cubed: str) -> None:
    for name in ("id", "resident_id", "ill", "people", "_rows", "_sum_ill"):
        body: dict[str, Any] = {"where": {"not": {"field": name, "value": 1}}}
        check(ask_query(gateway, "people_cube", body, cubed), 422, "parameters_invalid")
        check(
            ask_query(gateway, "people_cube", {"group": [name]}, cubed), 422, "parameters_invalid"
        )
        path = f"/data/people_cube?{name}=1"
        check(gateway.ask(path, token=cubed), 422, "parameters_invalid")
        path = f"/data/people_cube?group={name}"
        check(gateway.ask(path, token=cubed), 422, "parameters_invalid")
    for figure in ({"fn": "max", "field": "ill"}, {"fn": "avg", "field": "ill"},
                   {"fn": "count", "field": "ill"}, {"fn": "sum", "field": "id"}, 7):  # fmt: skip
        reply = ask_query(gateway, "people_cube", {"aggregate": [figure]}, cubed)
        assert check(reply, 422, "parameters_invalid")["errors"][0]["pointer"] == "/aggregate/0"
