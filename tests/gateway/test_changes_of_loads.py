"""The change feed over the lake's own ways of loading: whole, upsert, replace, withdrawal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from duokua.engine.manifest import read_manifest
from duokua.exchange.forgetting import forget_older
from duokua.identity import facade as identity
from duokua.lake import facade as lake
from duokua.lang.contract import Kind, Level
from duokua.lang.predicate import Compare
from gateway import published
from gateway.published import Published, column
from gateway.world import Gateway, Home, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

FEED = """\
interface: flow_changes
version: 1.0.0
title: {zh: 流量变更, en: Changes of flows}
description: {zh: 说明, en: Description}
dataset: flow
shape: changes
columns: [id, value, name]
"""
HEAD = "id,value,name\n"


@pytest.fixture
def platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: Callable[[Home], Gateway]
) -> Published:
    """A dataset with one load, its feed, and a grant of all and one of some rows."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("water", "水务局", "Water")
    columns = [
        column("id", Kind.INTEGER, required=True), column("value", Kind.INTEGER), column("name"),
    ]  # fmt: skip
    published.register("flow", columns, owner="water", level=Level.L2)
    made = Published(Home(tmp_path))
    made.load("flow", HEAD + "1,10,a\n2,20,b\n3,30,c\n", "a")
    made.publish(FEED)
    made.grant("flow_changes", "all", "water")
    made.grant("flow_changes", "small", "water", row_filter=Compare("value", "lt", 25))
    made.gateway = starts(made.home)
    return made


class Follower:
    """A consumer that keeps a copy by the feed alone."""

    def __init__(self, platform: Published, client: str) -> None:
        self.platform, self.client = platform, client
        self.table: dict[int, Any] = {}
        self.version: int | None = None

    def follow(self) -> list[tuple[int, str]]:
        """Take over what has changed; return keys and changes."""
        told: dict[str, Any] = {} if self.version is None else {"since": self.version}
        found: list[dict[str, Any]] = []
        while True:
            reply = self.platform.ask(self.client, "/data/flow_changes", limit=2, **told)
            found += reply.rows
            if reply.json["next"] is None:
                break
            told = {"since": reply.json["next"]}
        for row in found:
            if row["_change"] == "upsert":
                self.table[row["id"]] = (row["value"], row["name"])
            else:
                del self.table[row["id"]]
        self.version = reply.json["version"]
        return [(row["id"], row["_change"]) for row in found]


def test_a_copy_follows_every_way_of_loading(platform: Published) -> None:
    everything, small = Follower(platform, "all"), Follower(platform, "small")
    everything.follow()
    small.follow()
    assert everything.table == {1: (10, "a"), 2: (20, "b"), 3: (30, "c")}
    assert small.table == {1: (10, "a"), 2: (20, "b")}

    platform.load("flow", HEAD + "2,99,b\n4,5,d\n", "b", mode="upsert")
    assert everything.follow() == [(2, "upsert"), (4, "upsert")]
    assert small.follow() == [(2, "delete"), (4, "upsert")]
    assert everything.follow() == small.follow() == []

    platform.load("flow", HEAD + "7,1,g\n", "c")
    lake.withdraw("flow", "c", reason="wrong", viewer="water", by="b", now=published.now())
    platform.settle()
    assert everything.follow() == []  # it came and went

    platform.load("flow", HEAD + "1,11,a\n3,31,c\n8,2,h\n", "d", mode="replace")
    assert everything.follow() == [
        (1, "upsert"), (2, "delete"), (3, "upsert"), (4, "delete"), (8, "upsert"),
    ]  # fmt: skip
    assert small.follow() == [(1, "upsert"), (4, "delete"), (8, "upsert")]
    assert everything.table == {1: (11, "a"), 3: (31, "c"), 8: (2, "h")}
    assert small.table == {1: (11, "a"), 8: (2, "h")}


def test_a_grant_of_today_is_not_told_of_what_went_yesterday(platform: Published) -> None:
    version = platform.ask("all", "/data/flow_changes").json["version"]
    platform.load("flow", HEAD + "3,30,c\n", "b", mode="replace")
    platform.grant("flow_changes", "late", "water")
    assert len(platform.ask("all", "/data/flow_changes", since=version).rows) == 2
    late = platform.ask("late", "/data/flow_changes", since=version)
    assert (late.status, late.json["code"]) == (410, "changes_too_old")


def test_after_an_erasure_no_image_is_left(platform: Published) -> None:
    """The feed begins anew, whoever had it open: what went before is told to nobody."""
    platform.load("flow", HEAD + "1,10,a\n3,30,c\n", "b", mode="replace")
    version = platform.ask("all", "/data/flow_changes").json["version"]
    assert len(platform.ask("all", "/data/flow_changes", since=version - 1).rows) == 1
    forget_older("flow")
    folder = platform.home.settings.indexes / "flow_changes"
    feeds = list(folder.glob("*-feed*"))
    assert len(feeds) == 1 and feeds[0].name == read_manifest(folder).feed
    with closing(sqlite3.connect(feeds[0])) as feed:
        assert feed.execute("select count(*) from past").fetchone() == (0,)

    def refused() -> bool:
        return platform.ask("all", "/data/flow_changes", since=version - 1).status == 410

    wait_for(refused, "the feed's new beginning")
    assert platform.ask("all", "/data/flow_changes", since=version).rows == []
