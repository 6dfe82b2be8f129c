"""What a gateway serves just now (服务状态): policy, indexes and meters, renewed by polling."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from duokua.engine.manifest import GENERATION, Manifest, read_manifest
from duokua.kernel.errors import NotFound
from duokua.lang.codec import contract_from_json, interface_from_json
from duokua.lang.grant import OPEN, Client, Grant, Quota, grant_from_json
from duokua.serving.keys import pseudonym_key
from duokua.serving.plan import Plan, Served
from duokua.serving.policy import Change, PolicyStore

OPEN_QUOTA = Quota(calls_per_day=10_000, calls_per_second=20)
OPEN_ROW_CAP = 100_000
_FOREVER = 4_102_444_800.0  # 2100-01-01


@dataclass(slots=True)
class State:
    """The policy in memory. ``epoch`` moves whenever a compiled plan may be out of date."""

    policy: PolicyStore
    indexes: Path
    secret: bytes
    version: int = 0
    epoch: int = 0
    interfaces: dict[str, Served] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    by_caller: dict[tuple[str, str], tuple[Grant, ...]] = field(default_factory=dict)
    _raw_grants: dict[str, dict[str, Any]] = field(default_factory=dict)
    _seen: int = -1
    _generation: str = ""

    def refresh(self) -> bool:
        """Take over whatever is new; return whether anything was."""
        changed = False
        seen = self.policy.changed()
        if seen != self._seen:
            self._seen = seen
            version, changes = self.policy.since(self.version)
            for change in changes:
                self._apply(change)
            self.version = version
            changed = bool(changes)
        changed |= self._refresh_indexes()
        if changed:
            self.epoch += 1
        return changed

    def _apply(self, change: Change) -> None:
        match change.kind:
            case "interface":
                self._apply_interface(change)
            case "client":
                self._apply_client(change)
            case "grant":
                self._apply_grant(change)

    def _apply_interface(self, change: Change) -> None:
        if change.body is None:
            self.interfaces.pop(change.id, None)
            return
        interface = interface_from_json(change.body["interface"])
        contract = contract_from_json(change.body["contract"])
        folder = self.indexes / interface.id
        self.interfaces[change.id] = Served.open(interface, contract, _manifest(folder), folder)

    def _apply_client(self, change: Change) -> None:
        if change.body is None:
            self.clients.pop(change.id, None)
        else:
            self.clients[change.id] = Client(**change.body)

    def _apply_grant(self, change: Change) -> None:
        old = self.grants.pop(change.id, None)
        if old is not None:
            self._index_grants(old.client, old.interface)
        if change.body is not None:
            columns = self.interfaces[change.body["interface"]].contract.by_name
            grant = grant_from_json(change.body, columns)
            self.grants[grant.id] = grant
            known = self.by_caller.get((grant.client, grant.interface), ())
            self.by_caller[grant.client, grant.interface] = (*known, grant)

    def _index_grants(self, client: str, interface: str) -> None:
        known = self.by_caller.get((client, interface), ())
        left = tuple(grant for grant in known if grant.id in self.grants)
        if left:
            self.by_caller[client, interface] = left
        else:
            self.by_caller.pop((client, interface), None)

    def _refresh_indexes(self) -> bool:
        generation = _stamp(self.indexes / GENERATION)
        if generation == self._generation:
            return False
        self._generation = generation
        changed = False
        for id_, served in self.interfaces.items():
            manifest = _manifest(served.folder)
            if manifest != served.manifest:
                self.interfaces[id_] = Served.open(
                    served.interface, served.contract, manifest, served.folder
                )
                changed = True
        return changed

    def plan(self, grant: Grant) -> Plan:
        """Compile ``grant`` on what its interface serves now."""
        return Plan(self.interfaces[grant.interface], grant, pseudonym_key(self.secret, grant.id))

    def open_grant(self, interface_id: str) -> Grant:
        """Return the built-in grant of anonymous callers on an open interface."""
        interface = self.interfaces[interface_id].interface
        return Grant(
            id=OPEN,
            client="anonymous",
            department="",
            interface=interface_id,
            purpose="open",
            basis="无条件开放 open data",
            columns=interface.columns,
            masks=(),
            row_filter=None,
            quota=replace(OPEN_QUOTA),
            row_cap=OPEN_ROW_CAP,
            valid_from=0.0,
            valid_until=_FOREVER,
        )


def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except NotFound:
        return None


def _stamp(path: Path) -> str:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return ""
    return f"{stat.st_mtime_ns}/{stat.st_ino}"


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the last checkpoint of the meters, an empty one before the first."""
    try:
        checkpoint: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {"seq": 0, "meters": {}}
    return checkpoint
