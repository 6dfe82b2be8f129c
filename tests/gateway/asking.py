"""JSON queries and cubes for the gateway's tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from duokua.engine.cube import build_cells
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest, publish_manifest
from duokua.lang.codec import contract_to_json, interface_to_json
from duokua.lang.contract import Contract
from duokua.lang.cube import cell_columns
from duokua.lang.interface import Interface
from duokua.serving.keys import subject_key
from duokua.serving.policy import Change
from engines import Row, batch_of
from gateway.world import AS_OF, Gateway, Home, Reply

JSON = {"Content-Type": "application/json"}


def ask_query(
    gateway: Gateway, interface: str, body: Any, token: str | None, more: str = ""
) -> Reply:
    """Send a JSON query; ``more`` is the query string."""
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/data/{interface}/query{more}"
    return gateway.ask(path, token=token, method="POST", headers=JSON, body=told)


def serve_cube(
    home: Home, interface: Interface, contract: Contract, rows: Sequence[Row], version: int = 1
) -> None:
    """Publish an aggregate interface with the cells of ``rows``."""
    assert interface.cube is not None
    cells = build_cells(interface.cube, contract, [batch_of(contract.columns, rows)])
    folder = home.settings.indexes / interface.id
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{version}.sqlite"
    spec = IndexSpec(cell_columns(interface.cube, contract), interface.order, (), None)
    key = subject_key(home.settings.secret())
    made = build_index(spec, cells.to_batches(), path, subject_key=key)
    publish_manifest(
        Manifest(interface.id, version, AS_OF, made, path.name, export_path(path).name, (), "test"),
        folder,
    )
    body = {"interface": interface_to_json(interface), "contract": contract_to_json(contract)}
    home.publish(Change("interface", interface.id, body))
