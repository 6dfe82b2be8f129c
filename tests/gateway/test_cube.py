"""Aggregate interfaces at a real gateway: what is asked, what it costs, what stays asked."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from duokua.lang.contract import Kind
from duokua.lang.cube import Cube, Measure
from duokua.lang.predicate import Compare
from duokua.serving.encode import MEDIA
from engines import Row
from gateway.asking import ask_query, serve_cube
from gateway.decoding import assert_equal
from gateway.problem import both, check
from gateway.test_inference import CONTRACT, aggregate
from gateway.world import Gateway, Home

CUBE = Cube(
    ("street", "young"),
    (Measure("people", "count"), Measure("ill", "sum", "ill", (0.0, 1.0)),
     Measure("rate", "avg", "ill", (0.0, 1.0))),
    budget=4,
)  # fmt: skip
INTERFACE = aggregate("people_by_street", CUBE)


def people(count: int = 600) -> list[Row]:
    """Return people of six streets, some of them ill in each."""
    return [
        {
            "id": at, "resident_id": f"330108{at:012d}", "street": f"S{at % 6}", "trade": "T",
            "young": at % 5 < 2, "ill": int(at % 7 < 2),
        }
        for at in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def served(gateway: Gateway) -> Gateway:
    """The shared gateway, serving the cube."""
    serve_cube(gateway.home, INTERFACE, CONTRACT, people())
    return gateway


def expected(group: tuple[str, ...], keep: Callable[[Row], bool] = lambda row: True) -> list[Any]:
    """Return the groups in plain Python; no cell of these people is small."""
    found: dict[Any, list[int]] = {}
    for row in filter(keep, people()):
        found.setdefault(tuple(row[name] for name in group), []).append(int(str(row["ill"])))
    return [
        {**dict(zip(group, cell, strict=True)), "people": len(ill), "ill": float(sum(ill)),
         "rate": round(sum(ill) / len(ill), 6)}
        for cell, ill in sorted(found.items())
    ]  # fmt: skip


def test_a_question_by_get_and_by_post(served: Gateway) -> None:
    _, token = served.granted(INTERFACE)
    get = served.ask("/data/people_by_street?group=street&young=true", token=token)
    body = {"group": ["street"], "where": {"field": "young", "value": True}}
    post = ask_query(served, INTERFACE.id, body, token)
    assert get.rows == post.rows == expected(("street",), lambda row: row["young"] is True)
    assert served.ask("/data/people_by_street", token=token).rows == expected(())
    receipts = [served.home.receipt(r.headers["duokua-receipt"]) for r in (get, post)]
    assert receipts[0]["params"] == receipts[1]["params"]
    assert [(told["rows"], told["subjects"]) for told in receipts] == [(6, []), (6, [])]


def test_every_format(served: Gateway) -> None:
    _, token = served.granted(INTERFACE)
    kinds = {"street": Kind.STRING, "young": Kind.BOOLEAN, "people": Kind.INTEGER,
             "ill": Kind.NUMBER, "rate": Kind.NUMBER}  # fmt: skip
    for format_ in MEDIA:
        path = f"/data/people_by_street?group=street,young&format={format_}"
        rows = expected(("street", "young"))
        assert_equal(served.ask(path, token=token), format_, rows, kinds)


def test_figures_under_other_names_in_another_order(served: Gateway) -> None:
    _, token = served.granted(INTERFACE)
    body = {
        "group": ["street"],
        "aggregate": [{"fn": "avg", "field": "ill", "as": "r"}, {"fn": "count"}],
        "order": [{"field": "r", "dir": "desc"}],
        "limit": 3,
    }
    rows = ask_query(served, INTERFACE.id, body, token).rows
    best = sorted(expected(("street",)), key=lambda row: (-row["rate"], row["street"]))[:3]
    assert rows == [{"street": r["street"], "r": r["rate"], "people": r["people"]} for r in best]


def test_a_grants_row_filter_chooses_cells(served: Gateway) -> None:
    _, token = served.granted(INTERFACE, row_filter=Compare("street", "ne", "S3"))
    rows = served.ask("/data/people_by_street?group=street", token=token).rows
    assert rows == [row for row in expected(("street",)) if row["street"] != "S3"]
    hidden = served.ask("/data/people_by_street?group=young&street=S3", token=token)
    absent = served.ask("/data/people_by_street?group=young&street=S9", token=token)
    assert hidden.rows == absent.rows == []


def test_a_filter_on_people_or_a_mask_makes_no_other_cube(served: Gateway) -> None:
    """Two grants whose filters differ by one person would tell of that person."""
    from duokua.lang.mask import Hide

    for changes in (
        {"row_filter": Compare("id", "ne", 7)},
        {"masks": (("street", Hide()),)},
        {"columns": ("street",)},
    ):
        _, token = served.granted(INTERFACE, **changes)
        check(served.ask("/data/people_by_street", token=token), 403, "grant_not_valid")


def test_different_questions_are_charged_and_repeated_ones_are_free(served: Gateway) -> None:
    _, token = served.granted(INTERFACE)
    streets = [{"field": "street", "value": f"S{at}"} for at in range(4)]
    answers, rng = set(), random.Random(2)
    for parts in itertools.permutations(streets):
        nested: Any = {"or": [{"or": list(parts[:2])}, *parts[2:], rng.choice(parts)]}
        body = {"group": rng.sample(["street", "young"], 2), "where": {"and": [nested]}}
        body["order"] = [{"field": "street"}, {"field": "young"}]
        answers.add(str(sorted(map(repr, (sorted(r.items()) for r in ask_query(
            served, INTERFACE.id, body, token).rows)))))  # fmt: skip
    assert len(answers) == 1
    for at in range(3):  # with the first one: four questions
        assert served.ask(f"/data/people_by_street?street=S{at}", token=token).status == 200
    both(
        lambda headers: served.ask(
            "/data/people_by_street?street=S5", token=token, headers=headers
        ),
        429,
        "budget_exhausted",
    )
    refused = served.ask("/data/people_by_street?street=S5", token=token)
    assert refused.json["quota"] == {"questions": 4, "questions_asked": 4}
    assert int(refused.headers["retry-after"]) > 0
    again = served.ask("/data/people_by_street?street=S1", token=token)
    assert again.rows == expected((), lambda row: row["street"] == "S1")
    _, other = served.granted(INTERFACE)
    assert served.ask("/data/people_by_street?street=S5", token=other).status == 200


def test_questions_stay_asked_over_a_crash(
    tmp_path: Any, starts: Callable[[Home], Gateway]
) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    interface = aggregate("people_by_street", replace(CUBE, budget=1))
    serve_cube(home, interface, CONTRACT, people())
    first = starts(home)
    _, token = first.granted(interface)
    asked = first.ask("/data/people_by_street?group=street", token=token)
    first.kill()
    second = starts(home)
    again = second.ask("/data/people_by_street?group=street", token=token)
    assert again.rows == asked.rows
    check(second.ask("/data/people_by_street", token=token), 429, "budget_exhausted")
    serve_cube(home, interface, CONTRACT, people(660), version=2)
    second.home.publish()
    second.kill()
    third = starts(home)  # new data may be asked again
    assert third.ask("/data/people_by_street", token=token).rows[0]["people"] == 660


def test_wrong_parameters_are_named_and_free(served: Gateway) -> None:
    _, token = served.granted(INTERFACE)
    for query, pointer in (
        ("group=trade", "/group"),
        ("street=S1&street=S2", "/street"),
        ("young=maybe", "/young"),
        ("limit=all", "/limit"),
        ("cursor=x", "/cursor"),
    ):
        told = check(
            served.ask(f"/data/people_by_street?{query}", token=token), 422, "parameters_invalid"
        )
        assert [fault["pointer"] for fault in told["errors"]] == [pointer]
    for at in range(4):  # the budget is whole
        assert served.ask(f"/data/people_by_street?street=S{at}", token=token).status == 200
