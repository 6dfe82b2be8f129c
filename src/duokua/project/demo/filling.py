"""Bringing the demonstration's datasets in (汇聚), through the doors that real data come by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from importlib.resources import files
from pathlib import Path

from django.db import connection

from duokua.engine.lock import workshop
from duokua.kernel import environment
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.project.demo import ahead, rows, written
from duokua.project.demo.district import Row

BY, BATCH = "demo", "demo"
Progress = Callable[[str, int, int], None]  # what is being done, how many of how many
DERIVED = "street_workforce"
_AT_A_TIME = 2  # joins that are made side by side


def fill_first(world: rows.World, now: datetime) -> None:
    """Bring in the datasets whose contracts are written out."""
    for name in rows.FIRST:
        lake.register(_text(name), by=BY, now=now, source=f"{name}.odcs.yaml")
        land(lake.contract(name), partial(world.rows, name), now)
    lake.register(_text(DERIVED), by=BY, now=now, source=f"{DERIVED}.odcs.yaml")
    if not lake.batches(DERIVED, limit=1):
        derive(DERIVED, now)
        for name in (*rows.FIRST, DERIVED):
            lake.refresh_profile(name)


def fill_declared(world: rows.World, now: datetime, say: Progress) -> None:
    """Bring in the catalogue's datasets, then what is joined of them."""
    known = world.declared
    ids = frozenset((*known.datasets, *known.joins, *rows.FIRST))
    standing = lake.contracts(ids)
    empty = [id_ for id_ in known.datasets if not lake.batches(id_, limit=1)]
    with _drawn(world.scale, empty) as drawn:
        for at, (id_, told) in enumerate(known.datasets.items()):
            say("汇聚数据集 bringing in", at, len(known.datasets))
            contract = written.declared_contract(told, known)
            if standing.get(id_) != contract:
                standing[id_] = _registered(contract, now)
            if id_ in empty:
                _bring_in(id_, drawn(id_), now)
    for id_, joined in known.joins.items():
        left, right = standing[joined.left], standing[joined.right]
        contract = written.joined_contract(joined, left, right)
        if standing.get(id_) != contract:
            standing[id_] = _registered(contract, now)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:  # the engine leaves Python's lock
        for at, _ in enumerate(pool.map(partial(_joined, now=now), known.joins)):
            say("派生跨部门数据集 joining departments' data", at, len(known.joins))


def _joined(id_: str, now: datetime) -> None:
    """Make a joined dataset in a thread of its own, at most once."""
    try:
        if not lake.batches(id_, limit=1):
            derive(id_, now)
    finally:
        connection.close()


def _registered(contract: Contract, now: datetime) -> Contract:
    text = written.contract_text(contract)
    return lake.register(text, by=BY, now=now, source=f"{contract.id}.odcs.yaml").contract


def derive(name: str, now: datetime) -> None:
    """Make a derived dataset, and measure it."""
    lake.refresh_derived(name, by=BY, now=now)
    _look_at(name, now)


def land(contract: Contract, every: Callable[[], Iterable[Row]], now: datetime) -> None:
    """Bring in the rows of a dataset as its one batch, and measure it; at most once."""
    if lake.batches(contract.id, limit=1):
        return  # nobody's later batch is overwritten either
    with workshop(environment.read().home) as folder:
        path = folder / f"{contract.id}.parquet"
        ahead.write(contract, every(), path)
        _bring_in(contract.id, path, now)


@contextmanager
def _drawn(scale: rows.Scale, ids: list[str]) -> Iterator[Callable[[str], Path]]:
    """Let the rows of datasets be drawn while others are brought in."""
    with ExitStack() as stack:
        if ids:
            folder = stack.enter_context(workshop(environment.read().home))
            yield stack.enter_context(ahead.drawn(scale, ids, folder))
        else:
            yield Path


def _bring_in(name: str, path: Path, now: datetime) -> None:
    lake.ingest(name, path, batch=BATCH, mode="replace", by=BY, now=now)
    _look_at(name, now)


def _look_at(name: str, now: datetime) -> None:
    """Measure a dataset; what its rows look like is found in the background, as after any batch."""
    lake.check_quality(name, now=now)


def _text(name: str) -> str:
    return files(__package__).joinpath("contracts", f"{name}.odcs.yaml").read_text("utf-8")
