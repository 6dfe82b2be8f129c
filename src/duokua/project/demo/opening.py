"""Programs and grants of the demonstration (演示应用与授权): who calls what, and what for."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from duokua.exchange import facade as exchange
from duokua.kernel.errors import Conflict
from duokua.lang.contract import Contract
from duokua.lang.grant import Quota
from duokua.lang.grant_file import load_grant, named_interface
from duokua.project.demo import district
from duokua.project.demo.declared import Bureau, Catalogue, Declared, Joined
from duokua.project.demo.filling import BY
from duokua.project.demo.serving_lines import Served, interfaces_of

Client = dict[str, Any]
_FIRST = (
    ("safety_watch", "安全生产风险监测", "emergency", "特种作业持证核查"),
    ("wage_check", "欠薪风险预警", "human_resources", "欠薪风险预警"),
)
# Written out with narrow grants; the auditors' program has them with every column, masked.
_WHOLE = (
    "construction_site_changes", "site_worker_by_id", "site_worker_check", "site_workers",
    "site_workforce",
)  # fmt: skip
_BASIS = "《政务数据共享条例》"
_UNTIL = datetime(2031, 12, 31, tzinfo=UTC)
_QUOTA = Quota(calls_per_day=20_000, rows_per_day=2_000_000)


def ensure_clients(
    known: Catalogue, whole: bool, had: dict[str, str], now: datetime
) -> list[Client]:
    """Register the programs that are not there yet; ``had`` are the secrets of those that are."""
    wanted = list(_FIRST)
    if whole:
        wanted += [
            (f"{bureau.code}_app", f"{bureau.short}业务系统", bureau.code, bureau.purpose)
            for bureau in known.bureaus
            if bureau.purpose
        ]
    return [_client(*each, had, now) for each in wanted]


def _client(
    id_: str, title: str, department: str, purpose: str, had: dict[str, str], now: datetime
) -> Client:
    secret = had.get(id_)
    if secret is None:
        try:
            _, secret = exchange.create_client(
                title=title, department=department, by=BY, now=now, client_id=id_
            )
        except Conflict:  # an earlier build was cut short before it could tell the secret
            _, secret = exchange.add_key(id_, label="演示 demo", until=None, by=BY, now=now)
    return {
        "client_id": id_,
        "client_secret": secret,
        "department": department,
        "purpose": purpose,
    }


def open_first(now: datetime) -> None:
    """Open the grants that are written out."""
    for path in sorted(files(__package__).joinpath("grants").iterdir(), key=lambda p: p.name):
        text = path.read_text("utf-8")
        contract = exchange.interface(named_interface(text, source=path.name)).contract
        told = load_grant(text, source=path.name, contract=contract)
        exchange.open_grants([exchange.GrantOrder.of_file(told)], by=BY, now=now)


def served_of(known: Catalogue, contracts: dict[str, Contract]) -> list[Served]:
    """Return every interface that the catalogue declares."""
    every: list[Declared | Joined] = [*known.datasets.values(), *known.joins.values()]
    return [
        served
        for told in every
        for served in interfaces_of(told.serve, contracts[told.id], known.datasets.get(told.id))
    ]


def orders(known: Catalogue, served: list[Served]) -> list[exchange.GrantOrder]:
    """Return who is granted what is not open: each goes to one or two other departments."""
    if not served:
        return []
    draw = random.Random(f"{district.SEED}/grants")  # noqa: S311 - demonstration data
    owners = {told.id: told.owner for told in known.datasets.values()}
    owners |= {told.id: told.owner for told in known.joins.values()}
    bureaus = [bureau for bureau in known.bureaus if bureau.purpose]
    audit = next(bureau for bureau in bureaus if bureau.code == "audit_office")
    found = [_order(audit, name) for name in _WHOLE]
    for each in served:
        others = [b for b in bureaus if b.code != owners[each.document["dataset"]]]
        chosen = draw.sample(others, draw.choice((1, 1, 2)))
        if each.document.get("open"):
            continue
        found += [_order(bureau, each.id) for bureau in chosen]
    return found


def _order(bureau: Bureau, interface: str) -> exchange.GrantOrder:
    return exchange.GrantOrder(
        client=f"{bureau.code}_app",
        interface=interface,
        purpose=bureau.purpose,
        basis=_BASIS,
        valid_until=_UNTIL,
        quota=_QUOTA,
    )
