"""Building the demonstration district: through the same doors as real data, and repeatable.

A second build changes nothing that is there already; ``demo.json`` tells accounts and clients.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.environment import Environment
from duokua.lake import facade as lake
from duokua.project.demo import (
    district,
    filling,
    listings,
    metering,
    notices,
    opening,
    opinions,
    people,
    requests,
    scenarios,
)
from duokua.project.demo.declared import catalogue
from duokua.project.demo.filling import BY, Progress
from duokua.project.demo.rows import SCALES, World
from duokua.project.demo.serving_lines import Served
from duokua.store import facade as store
from duokua.store.facade import using

Told = dict[str, Any]


def build(settings: Environment, scale: str, now: datetime, say: Progress) -> Told:
    """Build the district and write ``demo.json``; return what it says.

    The passwords and secrets are written before what they open is made, so that a build which was
    cut short is taken up by the next one.

    :raises DuokuaError: the home holds a district that does not fit.
    """
    world, path = World(SCALES[scale]), settings.home / "demo.json"
    whole, known, before = world.scale.whole, catalogue(), _known(path)
    told: Told = {"clients": [], **before, **_head(settings, scale)}
    say("部门与人员 departments and people", 0, 1)
    for each in known.bureaus:
        identity.ensure_department(each.code, each.name.zh, each.name.en, each.parent)
    had = {each["username"]: each["password"] for each in before.get("accounts", ())}
    told["accounts"] = people.ensure(known.bureaus, whole, had)
    _write(path, told)
    say("汇聚首批数据集 the first datasets", 0, 1)
    filling.fill_first(world, now)
    exchange.publish_interfaces(_written_interfaces(), by=BY, now=now)
    if whole:
        filling.fill_declared(world, now, say)
    served = _publish(now, say) if whole else []
    secrets_of = {each["client_id"]: each["client_secret"] for each in told["clients"]}
    told["clients"] = opening.ensure_clients(known, whole, secrets_of, now)
    _write(path, told)
    say("开通授权 granting", 0, 1)
    opening.open_first(now)
    exchange.open_grants(opening.orders(known, served), by=BY, now=now)
    if whole:
        _open_store(told, now, say)
        scenarios.install_all(told, settings, now, say)
        requests.end_brief(now)
    _tell_interfaces(told["clients"], now)
    told["counts"] = _counts(world)
    _write(path, told)
    return told


def _open_store(told: Told, now: datetime, say: Progress) -> None:
    """List, ask, decide, rate and meter: the last three months of the store."""
    say("上架资源 listing", 0, 1)
    listings.list_all(now)
    say("申请与审批 requests and decisions", 0, 1)
    requests.walk_all(now)
    if "metering" not in told:  # which is told at the very end
        opinions.say_all(now)
        notices.put_up(now)
        told["metering"] = metering.meter(now)
        using.propose_release(now)
        store.measure_heat(now=now)
        store.judge_listings(now=now)


def _head(settings: Environment, scale: str) -> Told:
    return {
        "label": "演示数据 demonstration data",
        "random_seed": district.SEED,
        "scale": scale,
        "urls": {"portal": f"http://{settings.host}:{settings.port}/", "data": "/data/"},
    }


def _counts(world: World) -> Told:
    size = world.scale
    return {
        "sites": size.sites,
        "workers": size.workers,
        "air_hours": size.hours * 3,
        "departments": len(identity.departments()),
        "datasets": len(lake.datasets(limit=10_000)),
        "interfaces": len(exchange.interfaces(limit=10_000)),
    }


def _publish(now: datetime, say: Progress) -> list[Served]:
    known = catalogue()
    contracts = lake.contracts(frozenset((*known.datasets, *known.joins)))
    served = opening.served_of(known, contracts)
    texts = [(f"{each.id}.yaml", each.text) for each in served]

    def progress(done: int, of: int) -> None:
        say("发布数据接口 publishing interfaces", done, of)

    exchange.publish_interfaces(texts, by=BY, now=now, progress=progress)
    return served


def _written_interfaces() -> list[tuple[str, str]]:
    folder = files(__package__).joinpath("interfaces")
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return [(path.name, path.read_text("utf-8")) for path in paths]


def _tell_interfaces(clients: list[Told], now: datetime) -> None:
    for client in clients:
        granted = exchange.grants(client=client["client_id"], now=now)
        serving = [each.grant for each in granted if each.state == "active"]
        client["interfaces"] = sorted(
            grant.interface for grant in serving if grant.purpose == client["purpose"]
        )


def _write(path: Path, told: Told) -> None:
    """Write whole or not at all; passwords stand in it, so it is its owner's from the first byte."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(json.dumps(told, ensure_ascii=False, indent=2))
    fresh.replace(path)


def _known(path: Path) -> Told:
    told: Told = json.loads(path.read_text()) if path.exists() else {}
    return told
