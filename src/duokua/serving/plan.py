"""A plan (执行计划): one grant on one interface over one index, compiled once for many calls.

Masks and the row filter are part of every statement: a caller's parameter is compared with the
masked value, and a row that the filter hides answers like one that is not there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from duokua.engine.index import SUBJECT, open_index
from duokua.engine.manifest import Manifest
from duokua.engine.sqlite import Interrupted, Reader, ReaderCursor
from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.grant import Grant
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import Mask, mask_sql, masked_kind
from duokua.lang.predicate import OPS, Value, predicate_sql

PAGE_S = 0.005
_PROGRESS_STEPS = 20_000
_SHAPES = 256  # statements kept for one plan; callers choose how many there are

Row = tuple[Value | None, ...]
Given = tuple[tuple[Parameter, Value], ...]


@dataclass(frozen=True, slots=True)
class Served:
    """An interface with its contract and the index that serves it now, if there is one."""

    interface: Interface
    contract: Contract
    manifest: Manifest | None
    folder: Path
    index: Reader | None
    pages: Deadline | None

    @classmethod
    def open(
        cls, interface: Interface, contract: Contract, manifest: Manifest | None, folder: Path
    ) -> Served:
        """Open the index that ``manifest`` names."""
        if manifest is None:
            return cls(interface, contract, None, folder, None, None)
        path = folder / manifest.index
        return cls(
            interface, contract, manifest, folder, open_index(path), Deadline(open_index(path))
        )

    @property
    def waiting(self) -> bool:
        """Whether there is an index that nobody has opened yet."""
        return self.manifest is not None and self.index is None

    def close(self) -> None:
        """Let the files of an index go that has been replaced."""
        if self.index is not None:
            self.index.close()
        if self.pages is not None:
            self.pages.close()


class Deadline:
    """A connection whose statements are broken off after ``PAGE_S``; the worker takes those over.

    Look-ups have a connection of their own: they cannot be slow, and a handler would cost them.
    """

    def __init__(self, connection: Reader) -> None:
        self._connection = connection
        self._until = 0.0
        connection.set_progress_handler(self._over, _PROGRESS_STEPS)

    def fetch(self, sql: str, values: tuple[Value, ...]) -> list[tuple[Value | None, ...]]:
        """Run one statement.

        :raises TooSlow: it took longer than ``PAGE_S``.
        """
        self._until = time.perf_counter() + PAGE_S
        try:
            return self._connection.execute(sql, values).fetchall()
        except Interrupted:
            raise TooSlow from None

    def close(self) -> None:
        """Close the connection; the handler holds on to this object until then."""
        self._connection.close()

    def _over(self) -> bool:
        return time.perf_counter() > self._until


class TooSlow(Exception):
    """A page that would hold up everybody else on the event loop."""


class Plan:
    """Everything that a call under one grant needs."""

    __slots__ = (
        "_page_sql",
        "booleans",
        "columns",
        "execute",
        "fixed",
        "grant",
        "lookup_sql",
        "masks",
        "names",
        "parameters",
        "pseudonym_key",
        "served",
        "simple_key",
        "tail",
        "visible",
    )

    def __init__(self, served: Served, grant: Grant, pseudonym_key: str) -> None:
        interface, contract = served.interface, served.contract
        granted = set(grant.columns)
        self.served = served
        self.grant = grant
        self.pseudonym_key = pseudonym_key
        self.masks: dict[str, Mask] = dict(grant.masks)
        self.columns = tuple(
            self._masked(contract.by_name[name]) for name in interface.columns if name in granted
        )
        self.names = tuple(column.name for column in self.columns)
        self.booleans = [i for i, c in enumerate(self.columns) if c.kind is Kind.BOOLEAN]
        self.parameters = {p.name: p for p in usable_parameters(interface, grant)}
        self.visible = {c.name: c for c in contract.columns}
        self.fixed: tuple[Value, ...] = ()
        self._page_sql: dict[tuple[object, ...], tuple[str, tuple[Value, ...]]] = {}
        self.lookup_sql = ""
        self.simple_key: tuple[str, Kind] | None = None
        self.tail = b""
        if served.index is not None and served.manifest is not None:
            self.execute = served.index.execute
            self.tail = b'],"next":null,"as_of":%b,"receipt":"' % orjson.dumps(
                served.manifest.as_of
            )
            if interface.shape is Shape.LOOKUP:
                self._compile_lookup()

    def _masked(self, column: Column) -> Column:
        return replace(column, kind=masked_kind(self.masks.get(column.name), column.kind))

    def parameter_column(self, parameter: Parameter) -> Column:
        """Return the column that a parameter is compared with, as masked under this grant."""
        return self._masked(self.visible[parameter.column])

    def expression(self, name: str) -> str:
        """Return the masked SQLite expression of a column, its pseudonym key as ``:mask_key``."""
        return mask_sql(self.masks.get(name), self.served.contract.by_name[name], "sqlite")

    def _compile_lookup(self) -> None:
        parameters = self.served.interface.parameters
        binds = Binds(first=len(parameters) + 1)
        keys = " and ".join(
            f'"{parameter.column}" = ?{i}' for i, parameter in enumerate(parameters, 1)
        )
        where = self._row_filter(binds)
        self.lookup_sql = (
            f'select {self._select(binds)}, "{SUBJECT}" from rows where {keys} and {where}'  # noqa: S608
        )
        self.fixed = tuple(binds.values)
        if len(parameters) == 1:
            only = parameters[0]
            self.simple_key = (only.name, self.visible[only.column].kind)

    def _select(self, binds: Binds) -> str:
        return ", ".join(self._bound(self.expression(name), binds) for name in self.names)

    def _bound(self, expression: str, binds: Binds) -> str:
        if ":mask_key" not in expression:
            return expression
        return expression.replace(":mask_key", binds.add(self.pseudonym_key))

    def _row_filter(self, binds: Binds) -> str:
        predicate = self.grant.row_filter
        if predicate is None:
            return "1 = 1"
        return predicate_sql(predicate, self.visible, lambda value, _: binds.add(value))

    def cursor(self) -> ReaderCursor:
        """Return a cursor of the index for somebody who asks the same thing again and again."""
        assert self.served.index is not None  # noqa: S101 - there is data, see Seat
        return self.served.index.cursor()

    def lookup(self, keys: Sequence[Value]) -> tuple[Row | None, str | None]:
        """Return the one row of ``keys`` and its subject, or nothing."""
        row = self.execute(self.lookup_sql, (*keys, *self.fixed)).fetchone()
        return (None, None) if row is None else (self.typed(row[:-1]), row[-1])

    def page(
        self, given: Given, after: tuple[Value, ...] | None, limit: int
    ) -> tuple[list[Row], list[str], tuple[Value, ...] | None]:
        """Return at most ``limit`` rows in order, their subjects, and the place to go on from.

        :raises TooSlow: the filters leave too much to read through.
        """
        assert self.served.pages is not None  # noqa: S101 - there is data, see Seat
        sql, binds = self._page(given, after is not None)
        values = (*(value for _, value in given), *(after or ()), *binds, limit + 1)
        rows = self.served.pages.fetch(sql, values)
        more = len(rows) > limit
        del rows[limit:]
        width, order = len(self.names), len(self.served.interface.order)
        # Order columns are never null, see IndexSpec.
        place = tuple(v for v in rows[-1][width : width + order] if v is not None) if more else None
        subjects = list(dict.fromkeys(str(row[-1]) for row in rows if row[-1] is not None))
        return [self.typed(row[:width]) for row in rows], subjects, place

    def _page(self, given: Given, resumed: bool) -> tuple[str, tuple[Value, ...]]:
        shape = (resumed, *((p.name, len(v) if p.op == "prefix" else 0) for p, v in _texts(given)))
        known = self._page_sql.get(shape)
        if known is None:
            if len(self._page_sql) >= _SHAPES:
                self._page_sql.clear()
            known = self._page_sql[shape] = self._compile_page(given, resumed)
        return known

    def _compile_page(self, given: Given, resumed: bool) -> tuple[str, tuple[Value, ...]]:
        order = self.served.interface.order
        count = len(given) + (len(order) if resumed else 0)
        binds = Binds(first=count + 1)
        conditions = [
            self._condition(p, value, f"?{i}", binds) for i, (p, value) in enumerate(given, 1)
        ]
        conditions.append(self._row_filter(binds))
        quoted = ", ".join(f'"{name}"' for name in order)
        if resumed:
            places = ", ".join(f"?{len(given) + i}" for i in range(1, len(order) + 1))
            conditions.append(f"({quoted}) > ({places})")
        select = self._select(binds)
        limit = f"?{binds.first + len(binds.values)}"
        sql = (
            f'select {select}, {quoted}, "{SUBJECT}" from rows '  # noqa: S608
            f"where {' and '.join(conditions)} order by {quoted} limit {limit}"
        )
        return sql, tuple(binds.values)

    def _condition(self, parameter: Parameter, value: Value, place: str, binds: Binds) -> str:
        column = self._bound(self.expression(parameter.column), binds)
        if parameter.op == "prefix":
            return f"substr({column}, 1, {len(str(value))}) = {place}"
        return f"{column} {OPS[parameter.op]} {place}"

    def typed(self, row: Row) -> Row:
        """Give SQLite's 0 and 1 back their truth."""
        if not self.booleans:
            return row
        values = list(row)
        for i in self.booleans:
            if values[i] is not None:
                values[i] = bool(values[i])
        return tuple(values)


class Binds:
    """Collects constants of a statement as numbered parameters from ``first`` on."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.values: list[Value] = []

    def add(self, value: Value) -> str:
        """Take a constant and return its placeholder."""
        self.values.append(value)
        return f"?{self.first + len(self.values) - 1}"


def usable_parameters(interface: Interface, grant: Grant) -> tuple[Parameter, ...]:
    """Return the parameters that do not tell anything about a column that was not granted.

    A look-up's key is what the caller already knows, so it stays even when it is not shown.
    """
    if interface.shape is Shape.LOOKUP:
        return interface.parameters
    if interface.shape is Shape.VERIFY:
        return tuple(p for p in interface.parameters if p.required or p.column in grant.columns)
    return tuple(p for p in interface.parameters if p.column in grant.columns)


def _texts(given: Given) -> list[tuple[Parameter, str]]:
    return [(p, str(value)) for p, value in given]
