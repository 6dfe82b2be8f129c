"""Building the demonstration district: through the same doors as real data, and repeatable.

A second build changes nothing that is there already; ``demo.json`` tells accounts and clients.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.arrow import arrow_schema
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.environment import Environment
from duokua.kernel.errors import Conflict
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.grant_file import load_grant, named_interface
from duokua.project.demo import district

BY = "demo"
Say = Callable[[str], None]

DEPARTMENTS = (
    ("data_bureau", "区数据局", "District Data Bureau"),
    ("housing_construction", "区住房和城乡建设局", "Housing and Construction Bureau"),
    ("ecology", "区生态环境分局", "Ecology and Environment Bureau"),
    ("emergency", "区应急管理局", "Emergency Management Bureau"),
    ("human_resources", "区人力资源和社会保障局", "Human Resources Bureau"),
    ("audit_office", "区审计局", "Audit Office"),
)
PEOPLE = (
    ("steward", "沈砚秋", "Shen Yanqiu", "housing_construction", "steward"),
    ("developer", "林知远", "Lin Zhiyuan", "emergency", "developer"),
    ("bureau", "顾清和", "Gu Qinghe", "data_bureau", "bureau"),
    ("auditor", "陆明允", "Lu Mingyun", "audit_office", "auditor"),
)
DERIVED = "street_workforce"
CLIENTS = (
    ("safety_watch", "安全生产风险监测", "emergency", "特种作业持证核查"),
    ("wage_check", "欠薪风险预警", "human_resources", "欠薪风险预警"),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a district is built."""

    sites: int
    workers: int
    hours: int


SCALES = {
    "full": Scale(district.SITES, district.WORKERS, district.HOURS),
    "small": Scale(30, 1_200, 24 * 14),
}


def build(settings: Environment, scale: str, now: datetime, say: Say) -> dict[str, Any]:
    """Build the district and write ``demo.json``; return what it says.

    :raises DuokuaError: the home holds a district that does not fit.
    """
    size = SCALES[scale]
    known = _known(settings)
    _departments()
    accounts = _people(known)
    _datasets(size, now, say)
    _interfaces(now, say)
    clients = _clients(known, now)
    _grants(now, say)
    for client in clients:
        granted = exchange.grants(client=client["client_id"], now=now)
        client["interfaces"] = sorted(g.grant.interface for g in granted if g.state == "active")
    told = {
        "label": "演示数据 demonstration data",
        "random_seed": district.SEED,
        "scale": scale,
        "accounts": accounts,
        "clients": clients,
        "urls": {"portal": f"http://{settings.host}:{settings.port}/", "data": "/data/"},
        "counts": {"sites": size.sites, "workers": size.workers, "air_hours": size.hours * 3},
    }
    _write(settings.home / "demo.json", told)
    return told


def _write(path: Path, told: dict[str, Any]) -> None:
    """Write whole or not at all; passwords stand in it, so it is its owner's from the first byte."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(json.dumps(told, ensure_ascii=False, indent=2))
    fresh.replace(path)


def _known(settings: Environment) -> dict[str, Any]:
    path = settings.home / "demo.json"
    told: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return told


def _departments() -> None:
    for code, zh, en in DEPARTMENTS:
        identity.ensure_department(code, zh, en)


def _people(known: dict[str, Any]) -> list[dict[str, Any]]:
    passwords = {a["username"]: a["password"] for a in known.get("accounts", ())}
    accounts = []
    for username, zh, en, department, role in PEOPLE:
        password = passwords.get(username) or secrets.token_urlsafe(9)
        identity.ensure_person(username, password, zh, en, department, role)
        accounts.append(
            {
                "username": username,
                "password": password,
                "totp_secret": None,
                "department": department,
                "role": role,
            }
        )
    return accounts


def _datasets(size: Scale, now: datetime, say: Say) -> None:
    rows: dict[str, Iterable[district.Row]] = {
        "construction_site": district.sites(size.sites),
        "site_worker": district.workers(size.workers, size.sites),
        "air_quality_hour": district.air(size.hours),
    }
    for name, drawn in rows.items():
        text = _text("contracts", f"{name}.odcs.yaml")
        lake.register(text, by=BY, now=now, source=f"{name}.odcs.yaml")
        say(f"汇聚 {name} ingesting")
        _land(name, drawn, now)
    text = _text("contracts", f"{DERIVED}.odcs.yaml")
    lake.register(text, by=BY, now=now, source=f"{DERIVED}.odcs.yaml")
    lake.refresh_derived(DERIVED, by=BY, now=now)
    for name in (*rows, DERIVED):
        lake.check_quality(name, now=now)
        lake.refresh_profile(name)


def _land(name: str, rows: Iterable[district.Row], now: datetime) -> None:
    with tempfile.TemporaryDirectory(prefix="duokua-demo-") as folder:
        path = Path(folder) / f"{name}.parquet"
        pq.write_table(_table(lake.contract(name), rows), path)
        lake.ingest(name, path, batch="demo", mode="replace", by=BY, now=now)


def _table(contract: Contract, rows: Iterable[district.Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(contract.columns))


def _interfaces(now: datetime, say: Say) -> None:
    for path in sorted(files(__package__).joinpath("interfaces").iterdir(), key=lambda p: p.name):
        say(f"发布 {path.name.removesuffix('.yaml')} publishing")
        text = path.read_text("utf-8")
        exchange.publish_interface(text, source=path.name, by=BY, now=now)


def _clients(known: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    had = {told["client_id"]: told["client_secret"] for told in known.get("clients", ())}
    clients = []
    for id_, title, department, purpose in CLIENTS:
        secret = had.get(id_)
        if secret is None:
            _, secret = exchange.create_client(
                title=title, department=department, by=BY, now=now, client_id=id_
            )
        clients.append(
            {
                "client_id": id_,
                "client_secret": secret,
                "department": department,
                "purpose": purpose,
            }
        )
    return clients


def _grants(now: datetime, say: Say) -> None:
    for path in sorted(files(__package__).joinpath("grants").iterdir(), key=lambda p: p.name):
        text = path.read_text("utf-8")
        contract = exchange.interface(named_interface(text, source=path.name)).contract
        told = load_grant(text, source=path.name, contract=contract)
        try:
            exchange.open_grant(exchange.GrantOrder.of_file(told), by=BY, now=now)
            say(f"授权 {path.name.removesuffix('.yaml')} granting")
        except Conflict:
            continue  # granted by an earlier build


def _text(folder: str, name: str) -> str:
    return files(__package__).joinpath(folder, name).read_text("utf-8")
