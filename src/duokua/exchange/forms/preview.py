"""A preview (预览): the exact answer of an interface that is not published, or under a grant to be.

It is made as every governed answer is: the rows go into an index, the grant is compiled to a plan,
and the plan answers. Only stewards of the dataset's owner see it, and each is recorded before it is
shown: who looked, at which columns, and the keyed hashes of the subjects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pyarrow as pa

from duokua.audit import facade as audit
from duokua.engine.index import build_index, export_path, open_index
from duokua.engine.lock import workshop
from duokua.engine.manifest import Manifest
from duokua.engine.sqlite import Reader
from duokua.exchange import orders
from duokua.exchange.indexing import index_spec
from duokua.exchange.values import GrantOrder
from duokua.kernel import environment
from duokua.kernel.clock import iso
from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang import grant as lang
from duokua.lang.contract import Column, Contract
from duokua.lang.interface import Interface, Shape
from duokua.lang.predicate import columns_of
from duokua.serving import encode
from duokua.serving.keys import pseudonym_key, subject_key
from duokua.serving.parameters import read_call
from duokua.serving.plan import Deadline, Plan, Row, Served
from duokua.serving.problems import Refusal

SHOWN = 10  # rows
LOOKED_AT = 20_000  # rows of the dataset that a preview reads at most
SHAPES = (Shape.LOOKUP, Shape.PAGE)  # others are tried once they are published
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

    A look-up without a key takes the first row's.

    :raises Invalid: the order or the parameters are wrong, each fault at its place.
    """
    order = orders.complete(order, interface, contract)
    orders.check(order, interface, contract, now)
    with _served(interface, contract, order) as found:
        if found is None:
            return None
        served, part = found
        plan = Plan(served, _grant(order, now), pseudonym_key(environment.read().secret(), _ID))
        rows, subjects = _answer(plan, given)
        seq = _record(interface, order, plan, rows, subjects, by, now)
        receipt = f"audit-{seq}"
        assert served.manifest is not None  # noqa: S101 - it was made just now
        body = encode.to_json(
            plan.columns, rows, next_=None, as_of=served.manifest.as_of, receipt=receipt
        )
    told = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    return Preview(told, plan.columns, tuple(rows), receipt, part)


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


@contextmanager
def _served(
    interface: Interface, contract: Contract, order: GrantOrder
) -> Iterator[tuple[Served, bool] | None]:
    """Yield the interface over an index of its own, and whether that holds a part only."""
    wanted = frozenset(columns_of(order.row_filter)) if order.row_filter else frozenset[str]()
    spec = index_spec(interface, contract, wanted)
    opened = lake.open_rows(contract.id, [column.name for column in spec.columns])
    if opened is None:
        yield None
        return
    head, batches = opened
    limited = _Limited(batches)
    with workshop(environment.read().indexes / _FOLDER) as folder:
        path = folder / "preview.sqlite"
        key = subject_key(environment.read().secret())
        rows = build_index(spec, limited, path, subject_key=key)
        manifest = Manifest(
            interface=interface.id, version=head.version, as_of=iso(head.committed_at), rows=rows,
            index=path.name, export=export_path(path).name, files=(), spec="",
        )  # fmt: skip
        served = _open(interface, contract, manifest, folder, path)
        try:
            yield served, limited.part
        finally:
            served.close()


def _open(
    interface: Interface, contract: Contract, manifest: Manifest, folder: Path, path: Path
) -> Served:
    served = Served.open(interface, contract, manifest, folder)
    if served.pages is not None:
        served.pages.close()
    return replace(served, pages=_Patient(open_index(path)))


class _Limited:
    """The first rows of some batches; ``part`` tells whether there were more."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.part = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        left = LOOKED_AT
        for batch in self._batches:
            if batch.num_rows > left:
                self.part = True
                yield batch.slice(0, left)
                return
            left -= batch.num_rows
            yield batch


def _answer(plan: Plan, given: Mapping[str, str]) -> tuple[list[Row], list[str]]:
    lookup = plan.served.interface.shape is Shape.LOOKUP
    told = {name: value for name, value in given.items() if value}
    if lookup and not told:
        return _first(plan)
    query = urlencode(told if lookup else {**told, "limit": str(SHOWN)})
    try:
        call = read_call(plan, query, None)
    except Refusal as refusal:
        faults = tuple(Fault(f"given{each.where}", each.what, each.mend) for each in refusal.faults)
        what = Text("参数有误", "the parameters are wrong")
        raise Invalid(
            what, Text("请更正后再预览", "mend them and look again"), faults=faults
        ) from None
    if not lookup:
        rows, subjects, _ = plan.page(call.given, None, SHOWN)
        return rows, subjects
    by_name = {parameter.name: value for parameter, value in call.given}
    return _look_up(plan, [by_name[p.name] for p in plan.served.interface.parameters])


def _first(plan: Plan) -> tuple[list[Row], list[str]]:
    names = ", ".join(f'"{each.column}"' for each in plan.served.interface.parameters)
    assert plan.served.pages is not None  # noqa: S101 - it was opened just now
    found = plan.served.pages.fetch(f"select {names} from rows limit 1", ())  # noqa: S608
    return _look_up(plan, list(found[0])) if found else ([], [])


def _look_up(plan: Plan, keys: list[Any]) -> tuple[list[Row], list[str]]:
    row, subject = plan.lookup(keys)
    return ([row] if row else []), ([subject] if subject else [])


def _record(
    interface: Interface,
    order: GrantOrder,
    plan: Plan,
    rows: list[Row],
    subjects: list[str],
    by: str,
    now: datetime,
) -> int:
    masked = sorted(name for name, _ in order.masks)
    detail = {
        "dataset": interface.dataset, "version": interface.version, "purpose": order.purpose,
        "columns": list(plan.names), "masked": masked, "rows": len(rows), "subjects": subjects,
    }  # fmt: skip
    return audit.record(
        "exchange.interface.previewed", by=by, of=interface.id, at=now, detail=detail
    )
