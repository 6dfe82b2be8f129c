"""What a gateway serves just now (服务状态): policy, indexes and meters, renewed by polling."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from duokua.engine.manifest import GENERATION, Manifest, read_manifest
from duokua.engine.sqlite import ReaderError
from duokua.kernel.errors import NotFound
from duokua.lang.codec import contract_from_json, interface_from_json
from duokua.lang.contract import Contract
from duokua.lang.grant import (
    OPEN,
    Client,
    Grant,
    Quota,
    client_from_json,
    hidden_places,
)
from duokua.lang.interface import Interface
from duokua.serving.grants import Grants
from duokua.serving.keys import pseudonym_key
from duokua.serving.plan import Plan, Served
from duokua.serving.policy import Change, PolicyStore
from duokua.serving.problems import Refusal
from duokua.serving.senders import Senders
from duokua.serving.versions import Versions

OPEN_QUOTA = Quota(calls_per_day=10_000, calls_per_second=20)
OPEN_ROW_CAP = 100_000
_FOREVER = 4_102_444_800.0  # 2100-01-01
_AGAIN = "?"  # no generation: the indexes are looked at again
_log = logging.getLogger("duokua.serving")


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
    grants: Grants = field(init=False)
    versions: Versions = field(default_factory=Versions)
    senders: Senders = field(default_factory=Senders)
    _told: set[str] = field(default_factory=set)  # indexes that could not be opened
    _seen: int = -1
    refused: set[str] = field(default_factory=set)  # people whose tokens count no more
    _generation: str = ""

    def __post_init__(self) -> None:
        self.grants = Grants(self.policy, lambda id_: self.interfaces[id_].contract.by_name)

    def refresh(self) -> bool:
        """Take over whatever is new; return whether anything was."""
        changed = False
        seen = self.policy.changed()
        if seen != self._seen:
            version, changes, moves = self.policy.news(self.version)
            for change in changes:
                self._apply(change)
            self.grants.take(moves)
            self.version = self.grants.version = version
            self._seen = seen  # last: what fails half way is taken over again at the next poll
            changed = bool(changes or moves)
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
            case "sender":
                self.senders.apply(change)
            case "person":
                (self.refused.discard if change.body is None else self.refused.add)(change.id)

    def _apply_interface(self, change: Change) -> None:
        before = self.interfaces.pop(change.id, None)
        self.versions.take(change.id, there=change.body is not None)
        if before is not None:
            before.close()
        if change.body is None:
            return
        interface = interface_from_json(change.body["interface"])
        contract = contract_from_json(change.body["contract"])
        folder = self.indexes / interface.id
        served = self._place(interface, contract, _manifest(folder), folder)
        if served is None:
            served, self._generation = Served(interface, contract, None, folder, None, None), _AGAIN
        self.interfaces[change.id] = served

    def _place(
        self, interface: Interface, contract: Contract, manifest: Manifest | None, folder: Path
    ) -> Served | None:
        """Return what serves an interface, opened when it is called first; hundreds never are.

        ``None``: its index is gone, which must not stop all the others.
        """
        if manifest is not None and not (folder / manifest.index).exists():
            self._miss(interface.id, manifest.index)
            return None
        return Served(interface, contract, manifest, folder, None, None)

    def _miss(self, interface: str, index: str) -> None:
        if index not in self._told:
            _log.error("index cannot be opened", extra={"interface": interface})
        self._told.add(index)

    def _opened(self, id_: str) -> Served:
        """Return an interface with its index open.

        :raises Refusal: ``unavailable``: the index is gone; it is looked for again.
        """
        served = self.interfaces[id_]
        if not served.waiting or served.manifest is None:
            return served
        try:
            opened = Served.open(served.interface, served.contract, served.manifest, served.folder)
        except ReaderError:
            self._miss(id_, served.manifest.index)
            self._generation = _AGAIN
            raise Refusal("unavailable", part="index", retry_after=2) from None
        self.interfaces[id_] = opened
        return opened

    def _apply_client(self, change: Change) -> None:
        if change.body is None:
            self.clients.pop(change.id, None)
        else:
            self.clients[change.id] = client_from_json(change.body)

    def _refresh_indexes(self) -> bool:
        generation = _stamp(self.indexes / GENERATION)
        if generation == self._generation:
            return False
        changed, whole = False, True
        for id_, served in self.interfaces.items():
            manifest = _manifest(served.folder)
            if manifest != served.manifest:
                fresh = self._place(served.interface, served.contract, manifest, served.folder)
                if fresh is None:
                    whole = False  # replaced between manifest and opening: look again
                    continue
                self.interfaces[id_] = fresh
                served.close()
                changed = True
        if whole:
            self._generation = generation
        return changed

    def plan(self, grant: Grant) -> Plan:
        """Compile ``grant`` on what its interface serves now.

        :raises Refusal: ``unavailable``: its index is gone; ``grant_not_valid``: the interface has
            come to find or order its rows by a column that the grant masks or leaves out, which
            would tell its plain values.
        """
        self._opened(grant.interface)
        return self.described(grant)

    def described(self, grant: Grant) -> Plan:
        """Compile ``grant`` to tell about it; the plan can be called once its index is open.

        :raises Refusal: ``grant_not_valid``, as :meth:`plan` does.
        """
        served = self.interfaces[grant.interface]
        if grant.id != OPEN and hidden_places(served.interface, grant):
            link = f"/store/interfaces/{grant.interface}/"
            raise Refusal("grant_not_valid", link=link)
        return Plan(served, grant, pseudonym_key(self.secret, grant.id))

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
