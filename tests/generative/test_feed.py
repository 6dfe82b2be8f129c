"""The change feed against the tables themselves: replayed from any version it gives what is seen now."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine.feed import Step, build_feed, feed_path, open_feed
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import Hide, Keep, Pseudonym, Round
from duokua.lang.predicate import Compare, Predicate
from duokua.serving.change_sql import ChangeSql
from duokua.serving.plan import Plan, Served
from engines import Row, batch_of

EFFORT = int(os.environ.get("EFFORT", "1"))
LABEL = Text("测试", "test")
COLUMNS = (
    Column("place", Kind.STRING, LABEL, required=True),
    Column("id", Kind.INTEGER, LABEL, required=True),
    Column("name", Kind.STRING, LABEL, level=Level.L3, personal="name"),
    Column("points", Kind.INTEGER, LABEL),
    Column("open", Kind.BOOLEAN, LABEL),
)
KEY = ("place", "id")
CONTRACT = Contract("d", "1.0.0", LABEL, LABEL, "o", Level.L3, COLUMNS, KEY, subject="name")
SPEC = IndexSpec(COLUMNS, KEY, (), "name")
INTERFACE = Interface(
    "feed", "1.0.0", LABEL, LABEL, "d", "o", Shape.CHANGES,
    tuple(column.name for column in COLUMNS), (), KEY,
)  # fmt: skip
FILTERS: tuple[Predicate | None, ...] = (
    None, Compare("points", "ge", 0), Compare("open", "eq", True), Compare("place", "ne", "b"),
)  # fmt: skip
MASKS: tuple[Any, ...] = (
    (), (("name", Hide()), ("points", Round(10))), (("name", Keep(1, 0)),), (("name", Pseudonym()),),
)  # fmt: skip

cells = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(["甲", "甲乙", "甲丙", "丁"]),
        "points": st.none() | st.integers(-15, 15),
        "open": st.none() | st.booleans(),
    }
)
tables = st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 4)), cells, max_size=8)
grants = st.builds(
    lambda masks, row_filter, columns: Grant(
        "g", "c", "d", "feed", "p", "b", columns, masks, row_filter, Quota(), 100, 0.0, 1e10
    ),
    st.sampled_from(MASKS),
    st.sampled_from(FILTERS),
    st.sampled_from([INTERFACE.columns, (*KEY, "name"), KEY]),
)


def _rows(table: dict[tuple[str, int], dict[str, Any]]) -> list[Row]:
    return [{"place": key[0], "id": key[1], **cells} for key, cells in table.items()]


class Loads:
    """Indexes and feeds of one table after another, as each load of a dataset makes them."""

    def __init__(self, folder: Path, loads: list[Any]) -> None:
        self.folder = folder
        before: Path | None = None
        self.manifests: list[Manifest] = []
        for version, table in enumerate(loads, 1):
            path = folder / f"{version}.sqlite"
            made = build_index(SPEC, [batch_of(COLUMNS, _rows(table))], path, subject_key=b"s")
            feed = feed_path(before) if before else None
            build_feed(SPEC, Step(version, float(version), path, before, feed), feed_path(path))
            self.manifests.append(
                Manifest("feed", version, "", made, path.name, export_path(path).name, (), "s",
                         feed_path(path).name)
            )  # fmt: skip
            before = path

    def plan(self, grant: Grant, version: int) -> Plan:
        """Compile a grant on what is served in a version."""
        manifest = self.manifests[version - 1]
        masks = tuple((name, mask) for name, mask in grant.masks if name in grant.columns)
        grant = replace(grant, masks=masks)
        return Plan(Served.open(INTERFACE, CONTRACT, manifest, self.folder), grant, "k" * 64)

    def seen(self, grant: Grant, version: int) -> dict[Any, Any]:
        """Return what a grant sees in a version, by key."""
        plan = self.plan(grant, version)
        rows, _, _ = plan.page((), None, 1000)
        plan.served.close()
        return {row[:2]: dict(zip(plan.names, row, strict=True)) for row in rows}

    def told(self, grant: Grant, since: int | None, size: int, page: int = 100) -> list[Any]:
        """Return what the newest feed tells: key, whether it is seen, what is shown."""
        version = len(self.manifests)
        plan = self.plan(grant, version)
        manifest = self.manifests[-1]
        assert manifest.feed
        connection = open_feed(self.folder / manifest.feed, self.folder / manifest.index)
        sql, after, found = ChangeSql(plan), None, []
        while True:
            made = sql.whole(after, size) if since is None else sql.since(since, after, size)
            rows = connection.execute(*made).fetchall()
            for row in rows:
                values = dict(zip((*KEY, *sql.names), row, strict=False))
                shown = plan.typed(tuple(values[name] for name in plan.names))
                found.append((row[:2], row[-2] == 1, dict(zip(plan.names, shown, strict=True))))
            if len(rows) < size:
                break
            after = rows[-1][:2]
        connection.close()
        plan.served.close()
        return found


@settings(max_examples=12 * EFFORT, deadline=None)
@given(st.lists(tables, min_size=1, max_size=5), grants, st.integers(1, 4))
def test_replayed_from_any_version_it_gives_what_is_seen_now(
    loads: list[Any], grant: Grant, size: int
) -> None:
    with TemporaryDirectory() as folder:
        made = Loads(Path(folder), loads)
        now = made.seen(grant, len(loads))
        whole = made.told(grant, None, size)
        assert {key: shown for key, seen, shown in whole if seen} == now
        assert len(whole) == len(now)
        for version in range(1, len(loads) + 1):
            then = made.seen(grant, version)
            told = made.told(grant, version, size)
            assert [key for key, _, _ in told] == sorted({key for key, _, _ in told})
            replayed = dict(then)
            for key, seen, shown in told:
                if seen:
                    assert then.get(key) != shown  # only what differs to this grant is told
                    replayed[key] = shown
                else:
                    del replayed[key]  # only what the grant saw then
            assert replayed == now


@settings(max_examples=6 * EFFORT, deadline=None)
@given(st.lists(st.tuples(tables, tables), min_size=2, max_size=4), grants)
def test_what_is_hidden_is_not_told(pairs: list[Any], grant: Grant) -> None:
    """Two worlds in which a grant sees the same in every version tell it the same, byte for byte."""
    hidden = replace(grant, row_filter=Compare("place", "eq", "a"), columns=(*KEY, "points"))
    worlds: tuple[list[Any], list[Any]] = ([], [])
    for common, other in pairs:
        seen = {key: cells for key, cells in common.items() if key[0] == "a"}
        worlds[0].append(seen | {k: c for k, c in common.items() if k[0] == "b"})
        unseen = {k: c for k, c in other.items() if k[0] == "b"}
        renamed = {k: {**c, "name": other.get(k, c)["name"]} for k, c in seen.items()}
        worlds[1].append(renamed | unseen)
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        first, second = Loads(Path(one), worlds[0]), Loads(Path(two), worlds[1])
        for since in (None, *range(1, len(pairs) + 1)):
            assert first.told(hidden, since, 3) == second.told(hidden, since, 3)
