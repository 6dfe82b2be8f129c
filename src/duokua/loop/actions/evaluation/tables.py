"""The tables of a pack in a session (场景包的表): read through the gateway once, then kept current.

What the session holds is patched by the change feed where there is one, and read anew where not.
What a patch has changed is kept beside it, so that rules can be asked about these subjects alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv

from duokua.engine.arrow import ARROW
from duokua.engine.scenario.session import Session
from duokua.engine.scenario.wire import Value
from duokua.exchange import facade as exchange
from duokua.kernel.errors import DuokuaError
from duokua.lang.contract import Contract
from duokua.lang.scenario.manifest import Consumed
from duokua.lang.scenario.narrowing import parameters_of, tables_of
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import BASELINE, Rule
from duokua.loop.values.subject import subject_key

_FRESH, _GONE, _BEFORE = "_fresh_", "_gone_", "_before_"
_FEW = 100  # changes
_TRIM = 0.1  # of what is kept of a stream
_MOST_TOUCHED = 0.2  # of a table; beyond that, and beyond a few, the whole is judged


class Reader(Protocol):
    """Whoever gives rows: in use the gateway."""

    def version(self, interface: str) -> tuple[int, datetime] | None:
        """Return version and instant of the data of an interface."""

    def read(self, interface: str, columns: Sequence[str]) -> exchange.Reading:
        """Return all rows."""

    def changes(
        self, interface: str, columns: Sequence[str], since: int
    ) -> exchange.Changed | None:
        """Return what has changed, where that can be told."""


@dataclass(frozen=True, slots=True)
class AsProgram:
    """Reads through the gateway as a pack's program, for the pack's purpose."""

    client: str
    purpose: str
    now: datetime

    def version(self, interface: str) -> tuple[int, datetime] | None:
        """Return version and instant of the data of an interface."""
        return exchange.version_of(interface)

    def read(self, interface: str, columns: Sequence[str]) -> exchange.Reading:
        """Return all rows that the program may see."""
        return exchange.read_as(
            self.client, interface, purpose=self.purpose, columns=columns, now=self.now
        )

    def changes(
        self, interface: str, columns: Sequence[str], since: int
    ) -> exchange.Changed | None:
        """Return what has changed for the program, where it may read a feed of these rows."""
        feed = exchange.feed_of(
            self.client, interface, purpose=self.purpose, columns=columns, now=self.now
        )
        if feed is None:
            return None
        return exchange.changes_as(
            self.client, feed, purpose=self.purpose, since=since, columns=columns, now=self.now
        )


@dataclass(slots=True)
class Held:
    """A table as the session holds it."""

    data_version: int
    as_of: datetime
    key: tuple[str, ...]
    rows: int
    receipts: tuple[str, ...]  # of the reading that it comes from, and of those after it
    trimmed: datetime | None = None  # rows before it were let go


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a table in this evaluation: read anew, or patched in some rows."""

    whole: bool


@dataclass(slots=True)
class Tables:
    """What one session holds of a pack; ``failed`` says of which tables reading failed."""

    pack: Pack
    session: Session
    held: dict[str, Held] = field(default_factory=dict)
    failed: dict[str, DuokuaError] = field(default_factory=dict)
    changed: dict[str, Changed] = field(default_factory=dict)
    _fixed: set[str] = field(default_factory=set)  # reference tables that are loaded
    _derived: dict[str, dict[str, Value]] = field(default_factory=dict)  # by which values
    _small: set[str] = field(default_factory=set)
    _touched: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def refresh(
        self, names: Iterable[str], reader: Reader, values: Mapping[str, Value], *, whole: bool
    ) -> None:
        """Bring tables up to date, derived ones after what they read.

        ``values`` are those of parameters and window that derived tables may name.
        """
        self._forget_changes()
        needed = needed_by(self.pack, names)
        for name in needed:
            if name in self.pack.datasets:
                self._derive(name, values)
            elif self.pack.manifest.consumed(name) is None:
                self._reference(name)
            else:
                self._consume(name, reader, whole)

    def _forget_changes(self) -> None:
        for name in self._small:
            self.session.drop(name)
        self._small, self._touched, self.changed, self.failed = set(), {}, {}, {}

    def _consume(self, name: str, reader: Reader, whole: bool) -> None:
        consumed = self.pack.manifest.consumed(name)
        assert consumed is not None  # noqa: S101 - see refresh
        columns = columns_of(self.pack, name)
        held, told = self.held.get(name), reader.version(consumed.interface)
        try:
            if held is not None and not whole and told is not None:
                if told[0] == held.data_version:
                    held.as_of = told[1]
                    return
                changes = reader.changes(consumed.interface, columns, held.data_version)
                if changes is not None and self._patch(name, held, changes):
                    self._trim(consumed)
                    return
            self._read(name, reader.read(consumed.interface, columns))
            self._trim(consumed)
        except DuokuaError as error:
            if not self.session.alive:
                raise
            self.failed[name] = error

    def _read(self, name: str, found: exchange.Reading) -> None:
        self.session.load(name, found.table)
        self.held[name] = Held(
            found.data_version, found.as_of, found.key, found.table.num_rows, found.receipts
        )
        self.changed[name] = Changed(whole=True)

    def _patch(self, name: str, held: Held, told: exchange.Changed) -> bool:
        """Take over changes; ``False``: the table has no key to do it by."""
        if not held.key or set(told.key) != set(held.key):
            return False
        session, count = self.session, told.table.num_rows + told.removed.num_rows
        keys = pa.concat_tables([told.table.select(held.key), told.removed.select(held.key)])
        session.load(_GONE + name, keys)
        using = ", ".join(map(_quoted, held.key))
        session.derive(
            _BEFORE + name,
            f"select t.* from {name} as t semi join {_GONE}{name} using ({using})",  # noqa: S608
        )
        session.load(_FRESH + name, told.table)
        session.patch(name, told.table, held.key, told.removed)
        self._small |= {_GONE + name, _BEFORE + name, _FRESH + name}
        self.held[name] = Held(
            told.data_version, told.as_of, held.key, held.rows,
            (*held.receipts[:1], *told.receipts), held.trimmed,
        )  # fmt: skip
        self.changed[name] = Changed(whole=count > max(_FEW, _MOST_TOUCHED * held.rows))
        return True

    def _trim(self, consumed: Consumed) -> None:
        """Let go rows of a stream that rules do not look back to.

        Of those by age not each time: what is read in between grows by a tenth at most. Nobody is
        judged anew by it, as a rule that minds the time says so in its window.
        """
        if consumed.newest:
            name, by = consumed.table, _quoted(consumed.by)
            each = ", ".join(map(_quoted, consumed.newest))
            self.session.derive(
                name,
                f"select * from {name} qualify row_number() over "  # noqa: S608
                f"(partition by {each} order by {by} desc) = 1",
            )
        if consumed.recent is None:
            return
        held, now = self.held[consumed.table], self.held[consumed.table].as_of
        oldest = now - timedelta(seconds=consumed.recent)
        if held.trimmed is not None and oldest - held.trimmed < _TRIM * (now - oldest):
            return
        by, name = _quoted(consumed.by), consumed.table
        self.session.derive(name, f"select * from {name} where {by} >= $oldest", {"oldest": oldest})  # noqa: S608
        held.trimmed = oldest

    def _derive(self, name: str, values: Mapping[str, Value]) -> None:
        query = self.pack.datasets[name]
        inputs = tables_of(query)
        failed = next((self.failed[each] for each in inputs if each in self.failed), None)
        if failed is not None:
            self.failed[name] = failed
            return
        named = {key: values.get(key) for key in sorted(parameters_of(query))}
        if self._derived.get(name) == named and not any(each in self.changed for each in inputs):
            return
        self.session.derive(name, query, named)
        self._derived[name] = named
        self.changed[name] = Changed(whole=True)

    def _reference(self, name: str) -> None:
        if name in self._fixed:
            return
        contract = self.pack.contracts[name]
        self.session.load(name, read_csv(self.pack.tables.get(name, ""), contract))
        self._fixed.add(name)

    def sources(self, rule: Rule) -> list[str]:
        """Return the consumed tables that a rule reads, also by way of derived ones."""
        return [
            name
            for name in needed_by(self.pack, tables_read(rule))
            if self.pack.manifest.consumed(name) is not None
        ]

    def receipts(self, rule: Rule) -> list[str]:
        """Return the receipts of what a rule reads."""
        found = (
            r for name in self.sources(rule) if name in self.held for r in self.held[name].receipts
        )
        return list(dict.fromkeys(found))

    def small(self, table: str, columns: Sequence[str]) -> str:
        """Return a table with the rows of the subjects that a patch touched, before it or after."""
        name = f"_small_{table}_{'_'.join(columns)}"
        if name not in self._small:
            using = ", ".join(map(_quoted, columns))
            self.session.derive(
                name,
                f"select t.* from {table} as t "  # noqa: S608
                f"semi join ({_touched(table, using)}) as k using ({using})",
            )
            self._small.add(name)
        return name

    def touched(self, table: str, columns: Sequence[str]) -> frozenset[str]:
        """Return the keys of the subjects that a patch touched."""
        found = self._touched.get((table, *columns))
        if found is None:
            shown = ", ".join(
                f"cast({_quoted(c)} as varchar) as c{i}" for i, c in enumerate(columns)
            )
            rows = self.session.run(_touched(table, shown)).to_pylist()
            keys = (tuple(row.values()) for row in rows)
            found = frozenset(subject_key(key) for key in keys if None not in key)
            self._touched[(table, *columns)] = found
        return found


def _touched(table: str, shown: str) -> str:
    parts = [f"select {shown} from {place}{table}" for place in (_BEFORE, _FRESH)]  # noqa: S608
    return " union ".join(parts)


def tables_read(rule: Rule) -> tuple[str, ...]:
    """Return the tables of a rule; of a baseline the one that it is made of."""
    own = tuple(name for name in rule.tables if not name.startswith(BASELINE))
    return (*own, rule.baseline.table) if rule.baseline else own


def needed_by(pack: Pack, names: Iterable[str]) -> list[str]:
    """Return tables and what they are derived from, each after what it reads."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found:
            return
        for each in tables_of(pack.datasets[name]) if name in pack.datasets else ():
            add(each)
        found[name] = None

    for name in names:
        add(name)
    return list(found)


def columns_of(pack: Pack, table: str) -> tuple[str, ...]:
    """Return the columns that are asked for: those of the manifest, else of the contract."""
    consumed = pack.manifest.consumed(table)
    if consumed is not None and consumed.columns:
        return consumed.columns
    return tuple(each.name for each in pack.contracts[table].columns)


def read_csv(text: str, contract: Contract) -> pa.Table:
    """Return a table of CSV text by its contract; what is empty is null."""
    kinds = {each.name: ARROW[each.kind] for each in contract.columns}
    if not text.strip():
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    options = pa_csv.ConvertOptions(
        column_types=kinds, strings_can_be_null=True, null_values=[""],
        include_columns=list(kinds), include_missing_columns=True,
        timestamp_parsers=[pa_csv.ISO8601],
    )  # fmt: skip
    return pa_csv.read_csv(io.BytesIO(text.encode()), convert_options=options)


def _quoted(name: str) -> str:
    return f'"{name}"'
