"""A preview (预览): the exact answer of an interface that is not published, or under a grant to be.

It is made as every governed answer is: the rows go into an index, the grant is compiled to a plan,
and the plan answers. Only stewards of the dataset's owner see it, and each is recorded before it is
shown: who looked, at which columns, and the keyed hashes of the subjects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from duokua.audit import facade as audit
from duokua.engine.arrow import arrow_schema
from duokua.engine.cube import source_columns
from duokua.engine.index import IndexSpec, build_index, export_path, open_index
from duokua.engine.lock import workshop
from duokua.engine.manifest import Manifest
from duokua.engine.sqlite import Reader
from duokua.exchange import orders
from duokua.exchange.cubing import cells
from duokua.exchange.forms.trying import Tried, tried
from duokua.exchange.indexing import index_spec
from duokua.exchange.values import GrantOrder
from duokua.kernel import environment
from duokua.kernel.clock import iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang import grant as lang
from duokua.lang.contract import Column, Contract
from duokua.lang.cube import cell_columns
from duokua.lang.interface import Interface
from duokua.lang.predicate import columns_of
from duokua.serving import encode
from duokua.serving.keys import pseudonym_key, subject_key
from duokua.serving.plan import Deadline, Plan, Row, Served

SHOWN = 10  # rows
LOOKED_AT = 20_000  # rows of the dataset that a preview reads at most
COUNTED = 500_000  # the same of a cube, whose cells hide what is rare among the rows
_ID = "preview"
_FOLDER = "_preview"  # no interface is called so

audit.register({"exchange.interface.previewed": Text("预览数据接口", "interface previewed")})


@dataclass(frozen=True, slots=True)
class Preview:
    """An answer as its caller would get it; ``part`` tells that not all rows were looked at."""

    json: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    receipt: str
    part: bool

    @property
    def cells(self) -> tuple[tuple[tuple[Column, Any], ...], ...]:
        """The rows, each value with its column."""
        return tuple(tuple(zip(self.columns, row, strict=True)) for row in self.rows)


class _Patient(Deadline):
    """A connection without a deadline: nobody waits behind a preview."""

    def __init__(self, connection: Reader) -> None:
        self._connection = connection

    def fetch(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Run one statement."""
        return self._connection.execute(sql, values).fetchall()


def preview(
    interface: Interface,
    contract: Contract,
    order: GrantOrder,
    given: Mapping[str, str],
    *,
    by: str,
    now: datetime,
) -> Preview | None:
    """Answer a call with the parameters ``given`` under ``order``; ``None`` before the first data.

    A look-up or verification without a key takes the first row's.

    :raises Invalid: the order or the parameters are wrong, each fault at its place.
    """
    order = orders.complete(order, interface, contract)
    orders.check(order, interface, contract, now)
    read = _columns_read(interface, contract, order)
    if (opened := lake.open_rows(contract.id, read)) is None:
        return None
    head, batches = opened
    source = _Source(batches, head.version, iso(head.committed_at))
    with _served(interface, contract, order, source) as (served, part):
        plan = Plan(served, _grant(order, now), pseudonym_key(environment.read().secret(), _ID))
        made = tried(plan, given, SHOWN)
        seq = _record(interface, order, plan, made, by, now)
        receipt = f"audit-{seq}"
        assert served.manifest is not None  # noqa: S101 - it was made just now
        body = encode.to_json(
            made.columns, made.rows, next_=None, as_of=served.manifest.as_of, receipt=receipt
        )
    told = orjson.dumps(orjson.loads(body) | made.more, option=orjson.OPT_INDENT_2).decode()
    return Preview(told, made.columns, tuple(made.rows), receipt, part)


def _grant(order: GrantOrder, now: datetime) -> lang.Grant:
    return lang.Grant(
        id=_ID,
        client=order.client,
        department="",
        interface=order.interface,
        purpose=order.purpose,
        basis=order.basis,
        columns=order.columns,
        masks=order.masks,
        row_filter=order.row_filter,
        quota=order.quota,
        row_cap=order.row_cap,
        valid_from=now.timestamp(),
        valid_until=order.valid_until.timestamp(),
    )


def sample(
    interface: Interface,
    contract: Contract,
    order: GrantOrder,
    rows: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> Preview:
    """Answer as under ``order``, over made-up ``rows``: nobody's data are read, nothing recorded.

    :raises Invalid: the order is wrong, each fault at its place.
    """
    if interface.cube is not None:  # noise on made-up figures would cost budget and tell nothing
        interface = replace(interface, cube=replace(interface.cube, noise=None))
    order = orders.complete(order, interface, contract)
    orders.check(order, interface, contract, now)
    columns = [contract.by_name[name] for name in _columns_read(interface, contract, order)]
    told = [{column.name: row[column.name] for column in columns} for row in rows]
    batch = pa.RecordBatch.from_pylist(told, schema=arrow_schema(columns))
    with _served(interface, contract, order, _Source(iter([batch]), 1, iso(now))) as (served, _):
        plan = Plan(served, _grant(order, now), pseudonym_key(environment.read().secret(), _ID))
        made = tried(plan, {}, SHOWN)
        body = encode.to_json(made.columns, made.rows, next_=None, as_of=iso(now), receipt="")
    shown = {name: each for name, each in orjson.loads(body).items() if name == "rows"}
    return Preview(
        orjson.dumps(shown | made.more, option=orjson.OPT_INDENT_2).decode(),
        made.columns, tuple(made.rows), "", part=False,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows to answer from, and of which version of the data they are."""

    batches: Iterator[pa.RecordBatch]
    version: int
    as_of: str


def _columns_read(interface: Interface, contract: Contract, order: GrantOrder) -> list[str]:
    if interface.cube is not None:
        return source_columns(interface.cube, contract)
    return [column.name for column in _spec(interface, contract, order).columns]


@contextmanager
def _served(
    interface: Interface, contract: Contract, order: GrantOrder, source: _Source
) -> Iterator[tuple[Served, bool]]:
    """Yield the interface over an index of its own, and whether that holds a part only."""
    spec, cube = _spec(interface, contract, order), interface.cube
    limited = _Limited(source.batches, COUNTED if cube else LOOKED_AT)
    rows_of = cells(cube, contract, limited) if cube else limited
    with workshop(environment.read().indexes / _FOLDER) as folder:
        path = folder / "preview.sqlite"
        key = subject_key(environment.read().secret())
        rows = build_index(spec, rows_of, path, subject_key=key)
        manifest = Manifest(
            interface=interface.id, version=source.version, as_of=source.as_of, rows=rows,
            index=path.name, export=export_path(path).name, files=(), spec="",
        )  # fmt: skip
        served = _open(interface, contract, manifest, folder, path)
        try:
            yield served, limited.part
        finally:
            served.close()


def _spec(interface: Interface, contract: Contract, order: GrantOrder) -> IndexSpec:
    if interface.cube is not None:
        if interface.cube.noise is not None:
            raise Invalid(
                Text("带噪声的立方体每次发布都计入预算，不能预览",
                     "each release of a cube with noise is charged, so it has no preview"),
                Text("请在发布后查看", "look at it once it is published"),
            )  # fmt: skip
        return IndexSpec(
            cell_columns(interface.cube, contract), interface.cube.dimensions, (), None
        )
    wanted = frozenset(columns_of(order.row_filter)) if order.row_filter else frozenset[str]()
    return index_spec(interface, contract, wanted)


def _open(
    interface: Interface, contract: Contract, manifest: Manifest, folder: Path, path: Path
) -> Served:
    served = Served.open(interface, contract, manifest, folder)
    if served.pages is not None:
        served.pages.close()
    return replace(served, pages=_Patient(open_index(path)))


class _Limited:
    """The first rows of some batches; ``part`` tells whether there were more."""

    def __init__(self, batches: Iterator[pa.RecordBatch], most: int) -> None:
        self._batches, self._most = batches, most
        self.part = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        left = self._most
        for batch in self._batches:
            if batch.num_rows > left:
                self.part = True
                yield batch.slice(0, left)
                return
            left -= batch.num_rows
            yield batch


def _record(
    interface: Interface,
    order: GrantOrder,
    plan: Plan,
    made: Tried,
    by: str,
    now: datetime,
) -> int:
    masked = sorted(name for name, _ in order.masks)
    detail = {
        "dataset": interface.dataset, "version": interface.version, "purpose": order.purpose,
        "columns": list(plan.names), "masked": masked, "rows": len(made.rows), "subjects": made.subjects,
    }  # fmt: skip
    return audit.record(
        "exchange.interface.previewed", by=by, of=interface.id, at=now, detail=detail
    )
