"""Departments, lifts and dust of a small district, for tests that install packs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.arrow import arrow_schema
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.lake import facade as lake
from duokua.lang.odcs import load_contract
from scenario_packs import files

Row = dict[str, Any]
DEPARTMENTS = ("market_supervision", "ecology", "housing_construction", "urban_management",
               "district_office")  # fmt: skip
PAGE = """\
interface: {id}
version: 1.0.0
title: {{zh: 清单, en: A list}}
description: {{zh: 分页, en: By page}}
dataset: {dataset}
shape: page
columns: [{columns}]
order: [{key}]
"""


def settle() -> None:
    """Make the departments."""
    for code in DEPARTMENTS:
        identity.ensure_department(code, f"{code}局", code)


def serve(pack: str, table: str, interface: str, rows: Sequence[Row], now: datetime) -> None:
    """Register a dataset by the contract of a pack, bring rows in, publish a list of them."""
    text = files(pack)[f"contracts/{table}.odcs.yaml"]
    lake.register(text, by="steward", now=now)
    contract = load_contract(text, source=table)
    if rows:
        land(table, rows, "first", now)
    exchange.publish_interface(
        PAGE.format(id=interface, dataset=table, columns=", ".join(contract.by_name),
                    key=", ".join(contract.key)),
        source="test.yaml", by="steward", now=now,
    )  # fmt: skip


def land(table: str, rows: Sequence[Row], batch: str, now: datetime) -> None:
    """Bring rows in, those with a key that is known in place of the ones before."""
    schema = arrow_schema(lake.contract(table).columns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{batch}.parquet"
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path)
        lake.ingest(table, path, batch=batch, mode="upsert", by="steward", now=now)


def lift(number: int, due: date, *, in_use: bool = True) -> Row:
    """Return a lift."""
    return {
        "equipment_no": f"T{number}", "credit_code": "C", "company_name": f"{number}号楼",
        "street": "puyan", "kind": "lift", "made_in": 2010, "next_check_on": due,
        "maintainer": "维保", "in_use": in_use,
    }  # fmt: skip


def lifts(today: date, count: int = 12) -> list[Row]:
    """Return lifts of which two are red, five orange, three yellow and two normal at most."""
    return [lift(n, today + timedelta(days=20 * n - 100)) for n in range(count)]
