"""A pack's program reads through the gateway: whole tables, changes, receipts, refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.errors import Invalid, NotAllowed, Unavailable
from duokua.lang.contract import Kind, Level
from duokua.lang.grant import Quota
from duokua.lang.mask import Keep
from duokua.lang.predicate import Compare
from gateway import published
from gateway.published import Published, column
from gateway.world import Gateway, Home

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = """\
interface: sites
version: 1.0.0
title: {zh: 工地, en: Sites}
description: {zh: 说明, en: Description}
dataset: site
shape: page
columns: [id, value, name]
order: [id]
"""
FEED = PAGE.replace("interface: sites", "interface: site_changes").replace(
    "shape: page", "shape: changes"
).replace("order: [id]\n", "")  # fmt: skip
HEAD = "id,value,name\n"
FIRST = HEAD + "1,10,甲\n2,20,乙\n3,30,丙\n"


@pytest.fixture
def platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: Callable[[Home], Gateway]
) -> Published:
    """A dataset with one load, two interfaces over it, and a program that may read both."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("water", "水务局", "Water")
    columns = [
        column("id", Kind.INTEGER, required=True), column("value", Kind.INTEGER), column("name"),
    ]  # fmt: skip
    published.register("site", columns, owner="water", level=Level.L2)
    made = Published(Home(tmp_path))
    made.load("site", FIRST, "a")
    made.publish(PAGE)
    made.publish(FEED)
    made.gateway = starts(made.home)
    monkeypatch.setenv("DUOKUA_PORT", str(made.gateway.port))
    return made


def _read(client: str = "pack", **told: object) -> exchange.Reading:
    return exchange.read_as(client, "sites", purpose="inspection", now=published.now(), **told)  # type: ignore[arg-type]


def test_the_whole_with_its_receipt(platform: Published) -> None:
    platform.grant("sites", "pack", "water")
    found = _read()
    assert found.table.to_pylist() == [
        {"id": 1, "value": 10, "name": "甲"},
        {"id": 2, "value": 20, "name": "乙"},
        {"id": 3, "value": 30, "name": "丙"},
    ]
    assert found.key == ("id",)
    told = exchange.version_of("sites")
    assert told == (found.data_version, found.as_of)
    (receipt,) = found.receipts
    opening = platform.home.receipt(receipt)
    assert (opening["client"], opening["door"]) == ("pack", "data")
    assert opening["purpose"] == "inspection" and opening["dv"] == found.data_version


def test_only_what_is_asked_for_and_granted(platform: Published) -> None:
    platform.grant(
        "sites", "pack", "water",
        masks=(("name", Keep(0, 0)),), row_filter=Compare("value", "gt", 10),
    )  # fmt: skip
    assert _read(columns=("name", "id")).table.to_pylist() == [
        {"name": "****", "id": 2}, {"name": "****", "id": 3},
    ]  # fmt: skip
    one = _read(columns=("value",), where={"field": "id", "op": "eq", "value": 3})
    assert one.table.to_pylist() == [{"value": 30}] and one.key == ()
    receipt = platform.home.receipt(one.receipts[0])
    assert receipt["columns"] == ["id", "value", "name"]


def test_refusals(platform: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotAllowed):
        _read("nobody")
    grant = platform.grant("sites", "pack", "water", columns=("id", "value"))
    with pytest.raises(NotAllowed):
        _read(columns=("id", "name"))
    with pytest.raises(NotAllowed):
        exchange.read_as("pack", "sites", purpose="curiosity", now=published.now())
    assert _read().table.num_rows == 3
    exchange.revoke_grant(grant, reason="over", by="water", now=published.now())
    with pytest.raises(NotAllowed):
        _read()


def test_rows_that_are_cut_off_are_no_table(platform: Published) -> None:
    platform.grant("sites", "capped", "water", row_cap=3)
    with pytest.raises(Invalid, match="at once: 3"):
        _read("capped")
    platform.grant("sites", "poor", "water", quota=Quota(rows_per_day=3))
    with pytest.raises(Unavailable, match="quota_exhausted"):
        _read("poor")


def test_without_a_gateway(platform: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.grant("sites", "pack", "water")
    assert platform.gateway is not None
    platform.gateway.stop()
    with pytest.raises(Unavailable):
        _read()


def test_changes_patch_what_was_read(platform: Published) -> None:
    platform.grant("sites", "pack", "water")
    moment = published.now()
    assert exchange.feed_of("pack", "sites", purpose="inspection", now=moment) is None
    platform.grant("site_changes", "pack", "water")
    moment = published.now()
    feed = exchange.feed_of("pack", "sites", purpose="inspection", now=moment)
    assert feed == "site_changes"
    before = _read()
    platform.load("site", HEAD + "1,10,甲\n2,21,乙\n4,40,丁\n", "b", mode="replace")
    found = exchange.changes_as(
        "pack", feed, purpose="inspection", since=before.data_version,
        columns=("id", "value"), now=moment,
    )  # fmt: skip
    assert found is not None
    assert found.table.to_pylist() == [{"id": 2, "value": 21}, {"id": 4, "value": 40}]
    assert found.removed.to_pylist() == [{"id": 3}] and found.key == ("id",)
    assert found.data_version == _read().data_version > before.data_version
    assert platform.home.receipt(found.receipts[0])["rows"] == 3
    whole = exchange.read_as("pack", feed, purpose="inspection", now=moment)
    assert whole.table.to_pylist() == _read().table.to_pylist()


def test_a_version_that_is_not_told_any_more(platform: Published) -> None:
    platform.grant("site_changes", "pack", "water")
    told = {"purpose": "inspection", "now": published.now() + timedelta(seconds=1)}
    assert exchange.changes_as("pack", "site_changes", since=10_000, **told) is None  # type: ignore[arg-type]


def test_a_feed_of_other_rows_is_not_taken(platform: Published) -> None:
    platform.grant("sites", "pack", "water")
    platform.grant("site_changes", "pack", "water", row_filter=Compare("value", "gt", 10))
    found = exchange.feed_of("pack", "sites", purpose="inspection", now=published.now())
    assert found is None
