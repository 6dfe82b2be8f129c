"""Hostile packs read nothing that they do not declare, and change nothing (A20).

What the gate admits is really run: in a locked engine that also holds a table nobody granted, beside
a file and a variable of the environment that hold the same mark; and in the limited worker.
"""

from __future__ import annotations

import json
import os
import random
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from attacks.hostile import MARK, SECRET, TABLE, VARIABLE, Hostile, Maker
from duokua.engine.scenario.second_look import Undeclared, look
from duokua.engine.scenario.session import Session
from duokua.kernel.errors import DuokuaError, Faults, Invalid
from duokua.lang.contract import Kind
from duokua.lang.scenario.gate import admit
from duokua.lang.scenario.kinds import kind_of_file
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.reading import read_pack
from duokua.pack import bundle
from duokua.pack.folder import files_of
from ledgers import EFFORT

PACKS = min(1_000, 200 * EFFORT)
STATEMENTS = 5 * PACKS  # through the gate alone
COLUMNS = {"point_id": Kind.STRING, "read_at": Kind.TIMESTAMP, "value": Kind.NUMBER}
VALUES: dict[str, Any] = {
    "since": datetime(2026, 5, 1, tzinfo=UTC), "until": datetime(2026, 5, 2, tzinfo=UTC),
    "today": date(2026, 5, 2), "value_limit": 70, "red_limit": 80,
}  # fmt: skip
ROWS = pa.table(
    {"point_id": ["a", "b"], "read_at": [VALUES["since"]] * 2, "value": [1.0, 80.0]},
    pa.schema([("point_id", pa.string()), ("read_at", pa.timestamp("us", "UTC")),
               ("value", pa.float64())]),
)  # fmt: skip
SECRETS = ROWS.set_column(0, "point_id", [[MARK, MARK]])


@dataclass(slots=True)
class Place:
    """Where hostile packs are run, and what is looked at after each."""

    folder: Path
    duck: duckdb.DuckDBPyConnection
    told: Counter[str] = field(default_factory=Counter)

    def ran(self, query: str, readable: set[str], seen: str) -> None:
        """Run what was admitted, as the gate wrote it, and look whether it did harm."""
        named = _named(self.duck, query)
        if not named <= VALUES.keys():
            return  # the engine asks for a value that nobody gives
        given = {name: VALUES[name] for name in named}
        before = self.state()
        try:
            plan = self.duck.execute(f"explain (format json) {query}", given or None).fetchall()
            assert scanned(plan[0][1]) <= readable, (seen, query)
            rows = self.duck.execute(query, given or None).fetchmany(2_000)
            assert MARK not in repr(rows), (seen, query)
            self.told["ran"] += 1
        except duckdb.Error as error:
            assert MARK not in str(error), (seen, query, str(error))
            self.told["not run by the engine"] += 1
        assert self.state() == before, (seen, query)

    def state(self) -> tuple[object, ...]:
        """What a statement is likely to change: tables, their rows, files, the environment."""
        counted = self.duck.execute(
            "select list(row(table_name, estimated_size) order by table_name) from duckdb_tables()"
        ).fetchall()
        files = sorted((path.name, path.stat().st_size) for path in self.folder.iterdir())
        return repr(counted), tuple(files), os.environ.get(VARIABLE)

    def all_state(self) -> tuple[object, ...]:
        """What any statement might change, which takes longer to list."""
        counted = self.duck.execute(
            "select (select count(*) from duckdb_views() where not internal),"
            " (select count(*) from duckdb_functions() where not internal),"
            " (select list(database_name) from duckdb_databases()),"
            " (select list(variables) from duckdb_variables() as variables),"
            " (select count(*) from duckdb_sequences()), (select count(*) from duckdb_types()),"
            " (select count(*) from duckdb_schemas()),"
            " (select md5(string_agg(name || '=' || value, ',' order by name))"
            "  from duckdb_settings())"
        ).fetchall()
        return repr(counted), *self.state()


def _named(duck: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    found = duck.extract_statements(query)
    assert len(found) == 1
    assert found[0].type == duckdb.StatementType.SELECT
    return {str(name) for name in found[0].named_parameters}


def scanned(plan: str) -> set[str]:
    """The tables that a plan reads; anything but a table is told by its own name."""
    found: set[str] = set()
    todo = json.loads(plan)
    while todo:
        node = todo.pop()
        todo += node.get("children", [])
        name = str(node["name"]).strip()
        if "Table" in node.get("extra_info", {}):
            found.add(str(node["extra_info"]["Table"]).rpartition(".")[2])
        elif name.endswith("SCAN") and name not in _OWN_SCANS:
            found.add(name)
    return found


_OWN_SCANS = {"DUMMY_SCAN", "COLUMN_DATA_SCAN", "DELIM_SCAN", "CTE_SCAN", "CHUNK_SCAN"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A locked engine with a granted table and a secret one, beside a secret file."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "canary.csv").write_text(f"point_id,value\n{MARK},1\n")
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = MARK
    duck = duckdb.connect(
        config={
            "threads": 1, "memory_limit": "256MB", "temp_directory": "",
            "autoinstall_known_extensions": False, "autoload_known_extensions": False,
            "python_enable_replacements": False, "max_execution_time": 2_000,
        }
    )  # fmt: skip
    for name, rows in ((TABLE, ROWS), (SECRET, SECRETS)):
        duck.register("given", rows)
        duck.execute(f"create table {name} as select * from given")
        duck.unregister("given")
    duck.execute("set enable_external_access = false")
    duck.execute("set lock_configuration = true")
    yield Place(folder, duck)
    duck.close()
    if before is None:
        del os.environ[VARIABLE]


@pytest.fixture(scope="module")
def maker(place: Place) -> Maker:
    """The grammar, for this folder."""
    return Maker(str(place.folder))


def queries(pack: Pack) -> Iterator[tuple[str, str]]:
    """Everything of a pack that would be run, and where it stands."""
    for rule in pack.rules.values():
        applies = rule.applies_when or "true"
        yield f"rules/{rule.id}", f"select * from ({rule.query}) as found where ({applies})"
    yield from ((f"datasets/{name}", query) for name, query in pack.datasets.items())
    for view in pack.views.values():
        yield from ((f"{view.id}.{panel.id}", panel.query) for panel in view.panels if panel.query)
    for each in pack.indicators.values():
        for query in (each.numerator, each.denominator, each.rows):
            if query:
                yield f"indicators/{each.id}", query


def test_hostile_packs(place: Place, maker: Maker) -> None:
    told: Counter[str] = Counter()
    at_first = place.all_state()
    assert read_pack(maker.plain, folder="probe").rules
    for seed in range(PACKS):
        hostile = maker.make(seed)
        before = place.state()
        pack = _read(hostile)
        assert place.state() == before, hostile
        told[f"{hostile.kind}: {'admitted' if pack else 'refused'}"] += 1
        for where, query in queries(pack) if pack else ():
            place.ran(query, {TABLE, *_made(pack)}, f"seed {seed} {where}")
        assert pack is None or all(kind_of_file(path) for path in hostile.files), seed
    print(dict(sorted(told.items())), dict(place.told))
    assert place.all_state() == at_first
    assert sum(told.values()) == PACKS
    assert told["rule: admitted"] >= 5
    assert told["python: admitted"] == 0


def _made(pack: Pack | None) -> set[str]:
    return set(pack.datasets) if pack else set()


def _read(hostile: Hostile) -> Pack | None:
    try:
        return read_pack(hostile.files, folder="probe")
    except Invalid as error:
        assert error.faults
        assert all(each.where and each.what.zh and each.mend.zh for each in error.faults)
        return None


def test_hostile_statements(place: Place, maker: Maker) -> None:
    """The gate alone, with many more statements; and the engine's second look alone."""
    admitted = refused = looked = 0
    at_first = place.all_state()
    for seed in range(STATEMENTS):
        sql = maker.statement(random.Random(f"statement {seed}"))
        faults = Faults()
        found = admit(
            sql, tables={TABLE: COLUMNS}, parameters=VALUES.keys(), place=str, faults=faults
        )  # fmt: skip
        if found is None:
            refused += 1
            assert faults.found, (seed, sql)
        else:
            admitted += 1
            assert set(found.tables) <= {TABLE}
            assert look(place.duck, found.query, {TABLE}) == set(found.parameters), (seed, sql)
            place.ran(found.query, {TABLE}, f"statement {seed}")
        looked += _second_look_alone(place, sql, seed)
    print(f"{admitted} admitted, {refused} refused, {looked} by the second look alone", place.told)
    assert place.all_state() == at_first
    assert admitted > STATEMENTS // 20
    assert refused > STATEMENTS // 4


def _second_look_alone(place: Place, sql: str, seed: int) -> bool:
    """What the engine's own reading lets through without the gate is harmless, too."""
    try:
        look(place.duck, sql, {TABLE})
    except (Undeclared, duckdb.Error) as error:
        assert MARK not in str(error)
        return False
    if not any(word in sql.lower() for word in ("range(", "cross join")):
        place.ran(sql, {TABLE}, f"second look {seed}")
    return True


def test_in_the_worker(place: Place, maker: Maker) -> None:
    """The same statements raw in the limited worker: no mark, no change, and it lives on."""
    with Session(deadline_s=20.0) as session:
        session.load(TABLE, ROWS)
        before = place.state()
        for seed in range(PACKS):
            sql = maker.statement(random.Random(f"worker {seed}"))
            if "range(" in sql.lower() or "cross join" in sql.lower():
                continue  # bombs end a worker: tests of the session try them
            try:
                assert MARK not in repr(session.run(sql, VALUES).to_pylist()), (seed, sql)
            except DuokuaError as error:
                assert MARK not in error.what.en + error.what.zh, (seed, sql)
            assert session.alive, (seed, sql)
        assert session.run(f"select count(*) as n from {TABLE}").to_pylist() == [{"n": 2}]
        assert place.state() == before


@pytest.mark.parametrize(
    "name",
    ["../outside.sql", "/etc/outside.sql", "rules/../../outside.sql", "rules/..\\outside.sql",
     "C:\\outside.sql", "rules/\u202egnp.sql", "rules/", "", ".", "rules/\x01.sql"],
)  # fmt: skip
def test_bundles_with_names_that_lead_elsewhere(place: Place, maker: Maker, name: str) -> None:
    into = BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for path, text in {**maker.plain, name: "select 1"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    before = place.state()
    with pytest.raises(Invalid):
        bundle.read(into.getvalue())
    assert place.state() == before


def test_folders_with_links(tmp_path: Path, place: Place, maker: Maker) -> None:
    for path, text in maker.plain.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    assert files_of(tmp_path) == maker.plain
    for path in ("rules/linked.sql", "tables"):
        link = tmp_path / path
        link.symlink_to(place.folder / "canary.csv" if "." in path else place.folder)
        with pytest.raises(Invalid):
            files_of(tmp_path)
        link.unlink()
