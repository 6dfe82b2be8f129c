"""The datasets that a pack brings (自带数据集): their contracts, and made-up samples."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from duokua.kernel import environment
from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.odcs import dump_contract
from duokua.lang.scenario.pack import Pack

_LABEL = Text("演示数据。", "Demonstration data.")


def register(pack: Pack, *, by: str, now: datetime) -> None:
    """Register the contracts of what the pack provides; those that stand already stay.

    :raises Conflict: a contract breaks what is there.
    """
    for table in _own(pack):
        contract = _contract(pack, table)
        if _standing(table) != contract:
            lake.register(dump_contract(contract), by=by, now=now, source=f"{table}.odcs.yaml")


def check(pack: Pack, table: str, *, now: datetime) -> None:
    """Raise what registering the contract of a provided table would; nothing changes.

    :raises Invalid: its SQL is wrong.
    :raises Conflict: it breaks what is there.
    """
    contract = _contract(pack, table)
    if _standing(table) != contract:
        lake.check_registrable(contract, now=now)


def _own(pack: Pack) -> list[str]:
    """Return what it provides; derived tables are made anew in each run, under the pack's grants."""
    return [name for name in pack.manifest.provides if name not in pack.datasets]


def _contract(pack: Pack, table: str) -> Contract:
    contract = pack.contracts[table]
    if pack.manifest.demo and _LABEL.zh not in contract.description.zh:
        told = contract.description
        described = Text(f"{told.zh}{_LABEL.zh}", f"{told.en} {_LABEL.en}".strip())
        contract = replace(contract, description=described)
    return contract


def _standing(table: str) -> Contract | None:
    try:
        return lake.contract(table)
    except NotFound:
        return None


def _batch(pack: Pack) -> str:
    return f"sample_{pack.manifest.pack}"


def load_samples(pack: Pack, *, by: str, now: datetime) -> None:
    """Bring in the made-up rows of a demonstration pack's own datasets, once.

    :raises Invalid: no row of a sample fits its contract.
    """
    for table in _own(pack):
        if pack.manifest.demo and table in pack.samples:
            _load(pack, table, by, now)


def _load(pack: Pack, table: str, by: str, now: datetime) -> None:
    if lake.batches(table, limit=1):
        return  # nobody's data is added to
    home = environment.read().home
    with tempfile.TemporaryDirectory(prefix="pack-", dir=home) as folder:
        path = Path(folder) / f"{table}.csv"
        path.write_text(pack.samples[table], "utf-8")
        lake.ingest(table, path, batch=_batch(pack), mode="append", by=by, now=now)


def take_samples_out(pack: Pack, *, by: str, now: datetime) -> tuple[str, ...]:
    """Take the made-up rows out again; return the datasets whose rows cannot be told apart any more."""
    left = []
    for table in _own(pack):
        if table in pack.samples and lake.batches(table, limit=1):
            try:
                lake.withdraw(table, _batch(pack), reason="pack removed 移除场景包",
                              viewer=None, by=by, now=now)  # fmt: skip
            except NotFound:
                continue
            except Conflict:
                left.append(table)
    return tuple(left)
