"""Derived datasets (派生数据集): made anew whenever what they are made of has changed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from duokua.engine import delta
from duokua.engine.derive import Input, run_sql
from duokua.engine.lock import exclusive, workshop
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lake import landing, lineage, places, selectors
from duokua.lake.values import IngestResult
from duokua.lang.codec import contract_from_json
from duokua.lang.derivation import Derivation


def refresh(dataset_id: str, *, by: str, now: datetime) -> IngestResult:
    """Run the SQL of a derived dataset over the newest versions of its inputs.

    The batch is named by the statement and those versions, so that the same never lands twice. One
    at a time for a dataset: what was made of older versions never lands over what is newer.

    :raises NotFound: there is no such dataset.
    :raises Conflict: it is not derived, or an input has no data yet.
    :raises Invalid: the SQL fails, or its rows break the contract.
    """
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    derivation = lineage.read(contract, place=dataset_id)
    if derivation is None:
        raise Conflict(
            Text(f"“{dataset_id}”不是派生数据集", f"{dataset_id!r} is no derived dataset"),
            Text("请在契约中写 sql", "give its contract a `sql`"),
        )
    with exclusive(places.derivation_lock(dataset_id)):
        return _make(dataset_id, derivation, by, now)


def _make(dataset_id: str, derivation: Derivation, by: str, now: datetime) -> IngestResult:
    heads = {name: delta.head(places.table(name)) for name in derivation.inputs}
    empty = [name for name, head in heads.items() if not head.files]
    if empty:
        names = ", ".join(empty)
        raise Conflict(
            Text(f"来源数据集尚无数据：{names}", f"there are no data yet in {names}"),
            Text("请先汇聚来源数据集", "bring data into them first"),
        )
    told = [derivation.sql, *(f"{name}@{head.version}" for name, head in sorted(heads.items()))]
    batch = "derived-" + hashlib.sha256("\n".join(told).encode()).hexdigest()[:40]
    landed = delta.landed_in(places.table(dataset_id), batch)
    if landed is not None:
        rows = selectors.dataset_row(dataset_id).rows
        return IngestResult(False, dataset_id, batch, rows, landed, 0.0)
    with workshop(places.staging(dataset_id)) as work:
        made = work / f"{dataset_id}.parquet"
        tables = {
            name: Input(
                head.files, contract_from_json(selectors.dataset_row(name).contract).columns
            )
            for name, head in heads.items()
        }
        run_sql(derivation.sql, tables, made, work)
        return landing.ingest(
            dataset_id,
            made,
            batch=batch,
            mode="replace",
            newest_by=None,
            strict=True,
            by=by,
            now=now,
            progress=None,
        )
