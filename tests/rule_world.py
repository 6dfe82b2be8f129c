"""Rules over tables in memory: what the tests of evaluation stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa

from duokua.engine.arrow import arrow_schema
from duokua.exchange import facade as exchange
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.parameter import DatedValue, Mark, Parameter
from duokua.lang.scenario.manifest import Consumed
from duokua.lang.scenario.narrowing import parameters_of, tables_of
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import WINDOW, Basis, Rule, RuleKind
from duokua.loop.models import Ruleset
from duokua.loop.selectors import packs
from loop_world import PACK

START = datetime(2026, 5, 6, 2, tzinfo=UTC)  # a Wednesday, ten in the morning
LABEL = Text("测试", "test")
SITE = Contract(
    "site", "1.0.0", LABEL, LABEL, "works", Level.L1,
    (
        Column("site", Kind.STRING, LABEL, required=True),
        Column("value", Kind.NUMBER, LABEL),
        Column("name", Kind.STRING, LABEL),
        Column("lon", Kind.NUMBER, LABEL),
        Column("lat", Kind.NUMBER, LABEL),
    ),
    ("site",),
)  # fmt: skip
PASS = Contract(
    "pass", "1.0.0", LABEL, LABEL, "works", Level.L1,
    (
        Column("id", Kind.INTEGER, LABEL, required=True),
        Column("site", Kind.STRING, LABEL),
        Column("happened_at", Kind.TIMESTAMP, LABEL),
        Column("weight", Kind.NUMBER, LABEL),
    ),
    ("id",),
)  # fmt: skip
HIGH = """select site, value, $limit as threshold, name, lon, lat,
case when value is null then null when value >= 90 then 'red'
when value >= $limit then 'yellow' else 'none' end as level from site"""
PASSED = """select site, happened_at, weight, 'orange' as level from pass
where happened_at >= $since and happened_at < $until and weight > 10"""


def limit(*values: tuple[str, str | None, float]) -> Parameter:
    """Return a dated parameter named ``limit``."""
    dated = tuple(
        DatedValue(
            date.fromisoformat(since), date.fromisoformat(until) if until else None, value,
            Text("规程", "Code"), "8.0", "GB 50497", Mark.VERIFIED,
        )
        for since, until, value in values
    )  # fmt: skip
    return Parameter("limit", Text("限值", "Limit"), "%", dated)


def rule(
    id_: str = "high", query: str = HIGH, kind: RuleKind = RuleKind.STATE, **changes: Any
) -> Rule:
    """Return a rule as the gate would give it."""
    named = parameters_of(query)
    made = Rule(
        id=id_, title=Text("数值过高", "Too high"), kind=kind,
        basis=(Basis(Text("规程 8.0", "Code 8.0"), "GB 50497", Mark.VERIFIED),),
        subject=("site",), sql=query, query=query, tables=tables_of(query),
        parameters=tuple(sorted(named - {*WINDOW})),
        columns=("site", "value", "level", *(("keep_level",) if "keep_level" in query else ())),
        playbook="stop_work",
        occurred_at="happened_at" if kind is RuleKind.EVENT else None,
    )  # fmt: skip
    return replace(made, **changes)


def pack(*rules: Rule, **changes: Any) -> Pack:
    """Return a pack with rules over ``site`` and ``pass``."""
    consumes = changes.pop("consumes", (Consumed("site", "site", ()), Consumed("pass", "pass", ())))
    told: dict[str, Any] = {
        "contracts": {"site": SITE, "pass": PASS},
        "parameters": {"limit": limit(("2020-01-01", None, 70))},
        "rules": {each.id: each for each in rules},
        "digest": str(hash((rules, str(changes)))),
        "manifest": replace(PACK.manifest, consumes=consumes),
        **changes,
    }
    return replace(PACK, **told)


@dataclass(slots=True)
class Lake:
    """Tables in memory that are read as the gateway's are; ``feeds`` tell what has changed."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    as_of: dict[str, datetime] = field(default_factory=dict)
    before: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    feeds: bool = True
    failing: dict[str, DuokuaError] = field(default_factory=dict)
    read_whole: list[str] = field(default_factory=list)

    def put(self, table: str, rows: list[dict[str, Any]], at: datetime = START) -> None:
        """Bring in a new version of a table."""
        self.versions[table] = self.versions.get(table, -1) + 1
        self.rows[table], self.as_of[table] = rows, at
        self.before[table, self.versions[table]] = rows

    def sites(self, at: datetime = START, **values: float | None) -> None:
        """Bring in the sites with their values."""
        self.put(
            "site", [{"site": k, "value": v, "name": f"工地{k}"} for k, v in values.items()], at
        )

    def version(self, interface: str) -> tuple[int, datetime] | None:
        """Return version and instant."""
        return self.versions[interface], self.as_of[interface]

    def read(self, interface: str, columns: Sequence[str]) -> exchange.Reading:
        """Return all rows."""
        if interface in self.failing:
            raise self.failing[interface]
        self.read_whole.append(interface)
        version = self.versions[interface]
        return exchange.Reading(
            _table(interface, self.rows[interface], columns), (f"r-{interface}-{version}",),
            self.as_of[interface], version, _contract(interface).key,
        )  # fmt: skip

    def changes(
        self, interface: str, columns: Sequence[str], since: int
    ) -> exchange.Changed | None:
        """Return what has changed."""
        if not self.feeds:
            return None
        key = _contract(interface).key
        then = {tuple(r[k] for k in key): r for r in self.before[interface, since]}
        now = {tuple(r[k] for k in key): r for r in self.rows[interface]}
        fresh = [row for place, row in now.items() if then.get(place) != row]
        gone = [dict(zip(key, place, strict=True)) for place in then if place not in now]
        version = self.versions[interface]
        return exchange.Changed(
            _table(interface, fresh, columns), _table(interface, gone, key), key,
            (f"r-{interface}-{version}",), self.as_of[interface], version,
        )  # fmt: skip


def _contract(table: str) -> Contract:
    return {"site": SITE, "pass": PASS}[table]


def _table(table: str, rows: list[dict[str, Any]], columns: Sequence[str]) -> pa.Table:
    by_name = _contract(table).by_name
    schema = arrow_schema(by_name[name] for name in columns)
    return pa.Table.from_pylist([{n: row.get(n) for n in columns} for row in rows], schema=schema)


def minutes(count: float) -> datetime:
    """Return an instant so long after the start."""
    return START + timedelta(minutes=count)


_SERIAL = count(1)


def adopt(made: Pack) -> Pack:
    """Let the loop know a pack, in the place of the one before; return it."""
    digest = f"{next(_SERIAL):064x}"
    told = replace(made, digest=digest)
    Ruleset.objects.update_or_create(
        pack=told.manifest.pack, version=told.manifest.version,
        defaults={"digest": digest, "files": {}, "owner_id": "site", "taken_at": START},
    )  # fmt: skip
    packs.remember(digest, told)
    return told
