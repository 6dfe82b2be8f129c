"""A home with one million people, two interfaces and a grant: built without the portal's database."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from duokua.engine.arrow import arrow_schema
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest, publish_manifest
from duokua.kernel import environment
from duokua.kernel.text import Text
from duokua.lang.codec import contract_to_json, interface_to_json
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.grant import Grant, Quota, grant_to_json
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import Keep
from duokua.lang.predicate import Compare
from duokua.serving.keys import subject_key
from duokua.serving.policy import Change, PolicyStore

SECRET = "bench-client-secret"  # noqa: S105 - of a throw-away home
_BATCH = 100_000
_LABEL = Text("基准", "bench")


def _column(name: str, kind: Kind, personal: str | None = None) -> Column:
    level = Level.L3 if personal else Level.L2
    return Column(name, kind, _LABEL, required=True, level=level, personal=personal)


CONTRACT = Contract(
    "person", "1.0.0", _LABEL, _LABEL, "bench", Level.L3,
    (
        _column("id", Kind.INTEGER),
        _column("name", Kind.STRING, "name"),
        _column("resident_id", Kind.STRING, "resident_id"),
        _column("phone", Kind.STRING, "phone"),
        _column("department", Kind.STRING),
        _column("born", Kind.DATE, "birth_date"),
        _column("score", Kind.NUMBER),
        _column("changed_at", Kind.TIMESTAMP),
    ),
    ("id",), subject="resident_id",
)  # fmt: skip
SHOWN = ("id", "name", "phone", "department", "born", "score", "changed_at")
INTERFACES = (
    Interface("person_by_id", "1.0.0", _LABEL, _LABEL, "person", "bench", Shape.LOOKUP, SHOWN,
              (Parameter("id", "id", "eq", True),), ("id",)),
    Interface("persons", "1.0.0", _LABEL, _LABEL, "person", "bench", Shape.PAGE, SHOWN,
              (Parameter("department", "department"),), ("id",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """A built home and what it took."""

    home: Path
    rows: int
    build_s: float


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the people; one in fifty is of the department that the grant's row filter hides."""
    schema = arrow_schema(CONTRACT.columns)
    for start in range(0, rows, _BATCH):
        id_ = np.arange(start, min(start + _BATCH, rows), dtype=np.int64)
        draw = np.random.default_rng(start)
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(id_),
                pa.array([f"姓名{i % 1000}" for i in id_]),
                pa.array([f"990108{i:012d}" for i in id_]),
                pa.array([f"100{i:08d}" for i in id_]),
                pa.array([f"D{i % 50:02d}" for i in id_]),
                pa.array((draw.integers(0, 20_000, len(id_))).astype("int32"), pa.date32()),
                pa.array(draw.random(len(id_)) * 100),
                pa.array(draw.integers(0, 1_790_000_000_000_000, len(id_)), schema.types[7]),
            ],
            schema=schema,
        )


def build(home: Path, rows: int) -> World:
    """Build indexes and policy in ``home``."""
    settings = environment.read({"DUOKUA_HOME": str(home)})
    secret = settings.secret()
    start = time.perf_counter()
    for interface in INTERFACES:
        lookup = interface.shape is Shape.LOOKUP
        spec = IndexSpec(
            CONTRACT.columns, ("id",), (), "resident_id", () if lookup else ("department",)
        )
        folder = settings.indexes / interface.id
        index = folder / "1.sqlite"
        built = build_index(spec, batches(rows), index, subject_key=subject_key(secret))
        publish_manifest(
            Manifest(interface.id, 1, "2026-11-22T00:00:00Z", built, index.name,
                     export_path(index).name, (), "bench"), folder,
        )  # fmt: skip
    took = time.perf_counter() - start
    store = PolicyStore(settings.policy)
    store.publish(_changes())
    store.close()
    return World(home, rows, took)


def _changes() -> Iterator[Change]:
    contract = contract_to_json(CONTRACT)
    client = {
        "id": "bench",
        "department": "bench",
        "title": "bench",
        "secret_hash": hashlib.sha256(SECRET.encode()).hexdigest(),
    }
    yield Change("client", "bench", client)
    for interface in INTERFACES:
        body = {"interface": interface_to_json(interface), "contract": contract}
        yield Change("interface", interface.id, body)
        grant = Grant(
            f"grant-{interface.id}", "bench", "bench", interface.id, "benchmark", "none", SHOWN,
            (("name", Keep(1, 0)), ("phone", Keep(3, 4))),
            Compare("department", "ne", "D49"),
            Quota(calls_per_day=10**12, rows_per_day=10**12), 10**9, 0.0, 4e9,
        )  # fmt: skip
        yield Change("grant", grant.id, grant_to_json(grant))
