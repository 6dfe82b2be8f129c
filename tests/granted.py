"""Requests that were agreed, over data that are there, for tests of provisioning and use."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.mask import Keep
from duokua.lang.predicate import Compare
from duokua.store.models import Listing, Request
from duokua.store.states.request import RequestState
from duokua.store.values.request import Ask, ask_to_json
from engines import Row, batch_of
from store_world import NOW

_numbers = itertools.count(1)
UNTIL = NOW + timedelta(days=3650)
COLUMNS = {
    "crew_check": ("trade",),
    "crew_by_id": ("crew_no", "site", "phone"),
    "crew_list": ("crew_no", "site", "trade"),
    "crew_figures": ("trade",),
}
CRANES = Compare("trade", "eq", "crane")


def crews(count: int = 60) -> list[Row]:
    """Return people of two trades; every third one drives a crane."""
    return [
        {
            "crew_no": number, "site": f"s{number % 4}",
            "trade": "crane" if number % 3 == 0 else "steel", "name": f"某{number}",
            "phone": f"138{number:08d}", "wage": 300 + number, "since": "2026-01-02",
        }
        for number in range(1, count + 1)
    ]  # fmt: skip


def land(contract: Contract, folder: Path, rows: list[Row] | None = None) -> None:
    """Bring the people in."""
    path = folder / f"{contract.id}.parquet"
    batch = batch_of(contract.columns, crews() if rows is None else rows)
    pq.write_table(pa.Table.from_batches([batch]), path)
    lake.ingest(contract.id, path, by="steward", now=NOW)


def program(department: str = "health") -> str:
    """Register a program of a department; gateways know it, though the test's transaction is open."""
    info, _ = exchange.create_client(title="窗口", department=department, by="user", now=NOW)
    policy.publish(policy.client_now(info.id))
    return info.id


def asked(product: str = "crew_list", **changes: Any) -> Ask:
    """Return what was agreed."""
    told: dict[str, Any] = {
        "purpose": "持证核查", "basis": "条例第二十五条", "scenario": "政务窗口",
        "columns": COLUMNS[product], "valid_until": UNTIL, "duty": True,
        "masks": (("phone", Keep(3, 4)),) if product == "crew_by_id" else (),
    }  # fmt: skip
    return Ask(**{**told, **changes})


def agreed(
    product: str = "crew_list",
    *,
    client: str | None = None,
    state: RequestState = RequestState.DECIDING,
    renews: Request | None = None,
    listing: str = "crew",
    department: str = "health",
    by: str = "user",
    number: int | None = None,
    **changes: Any,
) -> Request:
    """Return a request on which everybody has agreed, ready to be provisioned."""
    row = Listing.objects.get(id=listing)
    return Request.objects.create(
        id=f"request-{next(_numbers) if number is None else number}",
        listing=row,
        interface=product,
        client=client or program(department),
        department_id=department,
        provider_id=row.owner_id,
        requested_by=by,
        state=state,
        body=ask_to_json(asked(product, **changes)),
        renews=renews,
        created_at=NOW,
        submitted_at=NOW,
        decided_at=NOW,
        changed_at=NOW,
    )
