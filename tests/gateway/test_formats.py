"""The same call is the same rows in every format, by the short way and by the long one."""

from __future__ import annotations

import pytest

from duokua.lang.contract import Kind
from duokua.lang.mask import Keep, Pseudonym, Round, Truncate, masked_kind
from duokua.lang.predicate import Compare
from duokua.serving.encode import MEDIA
from duokua.serving.keys import pseudonym_key
from engines import Row
from gateway import district
from gateway.decoding import FORMULA, about, assert_equal, rows
from gateway.world import AS_OF, Gateway, query
from reference.evaluator import evaluate

MASKS = {
    "name": Keep(1, 0),
    "phone": Keep(3, 4),
    "resident_id": Pseudonym(),
    "born": Truncate("month"),
    "score": Round(5),
}
KINDS = {c.name: masked_kind(MASKS.get(c.name), c.kind) for c in district.COLUMNS}
FILTER = Compare("department", "ne", "D3")
LIMITS = [("json", 100), ("json", 1000), ("json", 1001), ("json", 10_000)]
LIMITS += [(f, n) for f in ("csv", "arrow", "parquet") for n in (100, 1000, 1001, 10_000, 0)]


@pytest.fixture(scope="module")
def masked(gateway: Gateway) -> tuple[str, list[Row]]:
    """A token of a masked and filtered grant, and all rows that it shows."""
    grant, token = gateway.granted(district.page(), masks=tuple(MASKS.items()), row_filter=FILTER)
    key = pseudonym_key(gateway.home.settings.secret(), grant.id)
    shown = evaluate(
        district.rows(), district.NAMES, district.NAMES, MASKS, FILTER, [], ["id"], None, key
    )
    return token, shown


@pytest.mark.parametrize(("format_", "limit"), LIMITS)
def test_rows_receipt_and_next(
    gateway: Gateway, masked: tuple[str, list[Row]], format_: str, limit: int
) -> None:
    token, shown = masked
    reply = gateway.ask(f"/data/residents?format={format_}&limit={limit or 'all'}", token=token)
    assert reply.headers["content-type"] == MEDIA[format_]
    assert_equal(reply, format_, shown[:limit] if limit else shown, KINDS)
    more = bool(limit) and limit < len(shown)
    assert ("duokua-next" in reply.headers) == more
    assert gateway.home.receipt(reply.headers["duokua-receipt"])["interface"] == "residents"
    if format_ != "csv":
        assert about(reply, format_) == {
            "receipt": reply.headers["duokua-receipt"],
            "as_of": AS_OF,
            "next": reply.headers.get("duokua-next"),
        }


@pytest.mark.parametrize("format_", ["json", "csv", "arrow", "parquet"])
@pytest.mark.parametrize("first", [1000, 1001])
def test_a_page_goes_on_where_the_one_before_ended(
    gateway: Gateway, masked: tuple[str, list[Row]], format_: str, first: int
) -> None:
    """Short and long pages can follow each other, in whatever formats."""
    token, shown = masked
    before = gateway.ask(f"/data/residents?limit={first}&format=csv", token=token)
    for size in (7, 1500):
        path = query(
            "/data/residents", limit=size, format=format_, cursor=before.headers["duokua-next"]
        )
        reply = gateway.ask(path, token=token)
        assert_equal(reply, format_, shown[first : first + size], KINDS)


@pytest.mark.parametrize(("format_", "media"), [(name, media) for name, media in MEDIA.items()])
def test_accept_chooses_the_format(gateway: Gateway, format_: str, media: str) -> None:
    for interface, path in (
        (district.lookup(), "/data/resident_by_id?id=7"),
        (district.page(), "/data/residents?limit=2"),
    ):
        _, token = gateway.granted(interface)
        kind = media.partition(";")[0]
        for accept in (kind, f"text/html, {kind};q=0.5", f"{kind.upper()}"):
            reply = gateway.ask(path, token=token, headers={"Accept": accept})
            assert (reply.status, reply.headers["content-type"]) == (200, media)
        asked = gateway.ask(f"{path}&format={format_}", token=token, headers={"Accept": "a/b"})
        assert asked.headers["content-type"] == media


def test_a_look_up_is_the_same_in_every_format(gateway: Gateway) -> None:
    _, token = gateway.granted(district.lookup())
    kinds = {c.name: c.kind for c in district.COLUMNS}
    everybody = district.rows(500)
    for id_ in (0, 3, 17, 42, 499, 500):
        expected = everybody[id_ : id_ + 1]
        for format_ in MEDIA:
            reply = gateway.ask(f"/data/resident_by_id?id={id_}&format={format_}", token=token)
            assert_equal(reply, format_, expected, kinds)
        quick = gateway.ask(f"/data/resident_by_id?id={id_}", token=token)
        assert_equal(quick, "json", expected, kinds)


@pytest.mark.parametrize("limit", ["500", "2000", "all"])
def test_csv_runs_no_formula(gateway: Gateway, limit: str) -> None:
    _, token = gateway.granted(district.page(), columns=("id", "remark"))
    reply = gateway.ask(f"/data/residents?limit={limit}&format=csv", token=token)
    remarks = [str(row["remark"]) for row in rows(reply, "csv", {})]
    assert not [remark for remark in remarks if remark.startswith(FORMULA)]
    assert {remark for remark in remarks if remark.startswith("'")} == {
        f"'{remark}" for remark in district.FORMULAS if remark.startswith(FORMULA)
    }
    assert {"plain", 'a"b,c\nd', "NULL", ""} <= set(remarks)


def test_csv_tells_an_empty_text_from_none(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page(), columns=("id", "remark"))
    everybody = district.rows()
    empty = next(row["id"] for row in everybody if row["remark"] == "")
    missing = next(row["id"] for row in everybody if row["remark"] is None)
    for limit in ("1000", "5000"):
        reply = gateway.ask(f"/data/residents?limit={limit}&format=csv", token=token)
        lines = reply.body.decode().splitlines()
        assert f'{empty},""' in lines
        assert f"{missing}," in lines


def test_kinds_are_what_the_contract_says(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page())
    row = gateway.ask("/data/residents?limit=1", token=token).rows[0]
    assert {type(row[c.name]) for c in district.COLUMNS if c.kind is Kind.BOOLEAN} <= {
        bool,
        type(None),
    }
