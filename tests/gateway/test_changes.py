"""The change feed over HTTP: whole, since a version, in pages, in every format, never too much."""

from __future__ import annotations

from typing import Any

import pytest

from duokua.lang.contract import Kind
from duokua.lang.grant import Quota
from duokua.lang.mask import Keep
from duokua.lang.predicate import Compare
from engines import Row
from gateway import decoding, district
from gateway.feeds import COLUMNS, Feed, edited
from gateway.world import Gateway


@pytest.fixture
def changes(gateway: Gateway) -> Feed:
    """A feed with one load of 50 residents."""
    made = Feed(gateway)
    made.load(district.rows(50))
    return made


def test_whole_then_what_changed(changes: Feed) -> None:
    _, token = changes.gateway.granted(changes.interface)
    whole = changes.ask(token)
    assert whole.json["version"] == 1 and whole.headers["duokua-version"] == "1"
    assert [row["id"] for row in whole.rows] == list(range(50))
    assert {row["_change"] for row in whole.rows} == {"upsert"}
    assert changes.ask(token, since=1).rows == []
    changes.load(edited(district.rows(50)))
    told = changes.ask(token, since=1)
    assert [(row["id"], row["_change"]) for row in told.rows] == [
        (1, "delete"), (2, "upsert"), (3, "upsert"), (90, "upsert"),
    ]  # fmt: skip
    gone, renamed = told.rows[:2]
    assert gone == {"_change": "delete", "_version": 2, "id": 1} | dict.fromkeys(COLUMNS[1:])
    assert renamed["name"] == "新名字" and renamed["_version"] == 2
    assert told.json["version"] == 2
    assert changes.ask(token, since=2).rows == []
    receipt = changes.gateway.home.receipt(told.headers["duokua-receipt"])
    assert receipt["rows"] == 4 and len(receipt["subjects"]) == 4


def test_filter_and_masks(changes: Feed) -> None:
    """A row that leaves the filter is a delete; what was never seen, and a masked edit, is not told."""
    _, token = changes.gateway.granted(
        changes.interface,
        masks=(("name", Keep(1, 0)),),
        row_filter=Compare("department", "ne", "D1"),
    )
    rows = district.rows(50)
    assert rows[8]["department"] == "D1" and rows[3]["department"] == "D3"
    rows = [dict(row) for row in rows]
    rows[3]["department"] = "D1"  # leaves what is seen
    rows[8]["department"] = "D2"  # comes into it
    rows[15]["phone"] = "1"  # was hidden and stays so
    rows[2]["name"] = "姓" if rows[2]["name"] is None else f"{rows[2]['name']}九"
    before = changes.ask(token, limit=1000).rows
    changes.load([row for row in rows if row["id"] != 22])  # of D1: was hidden
    told = changes.ask(token, since=1).rows
    expected = [(3, "delete"), (8, "upsert")]
    if before[1]["name"] is None:
        expected.insert(0, (2, "upsert"))
    assert [(row["id"], row["_change"]) for row in told] == expected
    assert all(row["name"] is None or row["name"].endswith("****") for row in told)


def test_pages_go_on_while_new_versions_arrive(changes: Feed) -> None:
    """The version of the first page is the one to come back with: nothing is left out."""
    _, token = changes.gateway.granted(changes.interface)
    rows = [{**row, "department": "E"} for row in district.rows(50)]
    changes.load(rows)
    table: dict[int, Any] = {}
    told = changes.ask(token, since=1, limit=20)
    first = told.json
    assert first["version"] == 2 and len(first["rows"]) == 20
    changes.load([{**row, "name": "又改"} for row in rows if row["id"] not in (5, 45)])
    versions = [first["version"]]
    replies = [first]
    while replies[-1]["next"]:
        replies.append(changes.ask(token, limit=20, cursor=replies[-1]["next"]).json)
        versions.append(replies[-1]["version"])
    assert set(versions) == {2}
    replies.append(changes.ask(token, since=2, limit=1000).json)
    for row in (row for reply in replies for row in reply["rows"]):
        shown = {name: row[name] for name in COLUMNS}
        if row["_change"] == "upsert":
            table[row["id"]] = shown
        else:
            table.pop(row["id"], None)
    now = changes.ask(token, limit=1000).rows
    assert table == {row["id"]: {name: row[name] for name in COLUMNS} for row in now}


@pytest.mark.parametrize("format_", ["csv", "arrow", "parquet"])
def test_formats(changes: Feed, format_: str) -> None:
    _, token = changes.gateway.granted(changes.interface)
    changes.load(edited(district.rows(50)))
    plain = changes.ask(token, since=1)
    other = changes.ask(token, since=1, format=format_)
    assert other.status == 200 and other.headers["duokua-version"] == "2"
    kinds = {column.name: column.kind for column in district.COLUMNS}
    kinds |= {"_change": Kind.STRING, "_version": Kind.INTEGER}
    rows = decoding.rows(other, format_, kinds)
    assert [str(row["_change"]) for row in rows] == [row["_change"] for row in plain.rows]
    assert [int(str(row["id"])) for row in rows] == [row["id"] for row in plain.rows]


def test_too_old(changes: Feed) -> None:
    """A grant goes back to what was served when it began, and not to what was before it."""
    changes.load(edited(district.rows(50)), at=1000.0)
    _, early = changes.gateway.granted(changes.interface, valid_from=999.0)
    _, late = changes.gateway.granted(changes.interface, valid_from=1001.0)
    assert len(changes.ask(early, since=1).rows) == 4
    reply = changes.ask(late, since=1)
    assert (reply.status, reply.json["code"]) == (410, "changes_too_old")
    assert changes.path in reply.json["mend"]
    assert changes.ask(late, since=2).rows == []
    assert changes.ask(early, since=0).status == 410


def test_wrong_calls(changes: Feed) -> None:
    _, token = changes.gateway.granted(changes.interface)
    _, other = changes.gateway.granted(changes.interface)
    next_ = changes.ask(token, limit=10).json["next"]
    assert changes.ask(other, since=next_).status == 422
    assert changes.ask(token, since=2).status == 422
    assert changes.ask(token, limit="all").status == 422
    assert changes.ask(token, department="D1").status == 422
    assert changes.ask(token, since="garbage").status == 422
    assert changes.ask(token, format="xml").status == 406
    hidden, token = changes.gateway.granted(changes.interface, columns=("name",))
    assert changes.ask(token).json["code"] == "grant_not_valid", hidden


def test_quota_counts_rows(changes: Feed) -> None:
    _, token = changes.gateway.granted(changes.interface, quota=Quota(rows_per_day=70))
    assert len(changes.ask(token).rows) == 50
    assert len(changes.ask(token).rows) == 20
    assert changes.ask(token).status == 429


def test_a_long_page_is_read_aside(gateway: Gateway) -> None:
    """Forty thousand images may be more than the event loop has time for: the answer is the same."""
    made = Feed(gateway)
    made.load([{**row, "name": "甲"} for row in _many()])
    made.load(_many())
    _, token = gateway.granted(made.interface, row_filter=Compare("department", "eq", "D9"))
    reply = made.ask(token, since=1)
    assert reply.status == 200, reply.body
    assert [row["id"] for row in reply.rows] == [39_999]


def _many() -> list[Row]:
    row = district.rows(1)[0]
    rows = [{**row, "id": number, "name": "乙"} for number in range(40_000)]
    rows[-1]["department"] = "D9"
    return rows
