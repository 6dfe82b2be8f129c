"""The policy store (策略快照): what every gateway may serve, as versioned records in SQLite.

``exchange`` publishes changes under the next version; each gateway polls, applies them and confirms
by renewing its lease file. A gateway whose lease has run out refuses to serve, so a revocation is
acknowledged as soon as every lease shows the new version or has run out (≤ 1 s).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from duokua.engine import sqlite
from duokua.kernel.errors import Unavailable
from duokua.kernel.text import Text

LEASE_S = 1.0
POLL_S = 0.05
_SCHEMA = """
create table if not exists records (
  kind text not null, id text not null, version integer not null, body text,
  primary key (kind, id)) without rowid;
create index if not exists records_version on records (version);
"""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Change:
    """One record put (``body``) or taken away (``None``)."""

    kind: str  # client | interface | grant | sender | person
    id: str
    body: dict[str, Any] | None


# A grant that was put with a client on an interface, or taken away (``None``, ``None``). A plain
# tuple, as a start makes a hundred thousand of them.
Move = tuple[str, str | None, str | None]


def boot_clock() -> float:
    """Return seconds since boot, the same in every process and running through suspend."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _boot_id() -> str:
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


class PolicyStore:
    """The writer's and reader's view of one policy folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.leases = folder / "leases"
        self.leases.mkdir(exist_ok=True)
        self._connection = sqlite.connect(folder / "policy.sqlite3")
        self._connection.executescript(_SCHEMA)
        self._connection.isolation_level = None

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def version(self) -> int:
        """Return the newest version, 0 before the first."""
        return int(
            self._connection.execute("select coalesce(max(version), 0) from records").fetchone()[0]
        )

    def publish(self, changes: Iterable[Change]) -> int:
        """Write changes under one new version, durable on return; unchanged ones are left out."""
        connection = self._connection
        connection.execute("begin immediate")
        try:
            version = self.version()
            fresh = [change for change in changes if self._differs(change)]
            if fresh:
                version += 1
                connection.executemany(
                    "insert into records values (?1, ?2, ?3, ?4) on conflict (kind, id) do update "
                    "set version = excluded.version, body = excluded.body",
                    [(c.kind, c.id, version, _dump(c.body)) for c in fresh],
                )
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        return version

    def _differs(self, change: Change) -> bool:
        row = self._connection.execute(
            "select body from records where kind = ? and id = ?", (change.kind, change.id)
        ).fetchone()
        return bool((row[0] if row else None) != _dump(change.body))

    def differences(self, changes: Iterable[Change]) -> int:
        """Return how many of ``changes`` are not what is stored."""
        return sum(self._differs(change) for change in changes)

    def since(self, version: int) -> tuple[int, list[Change]]:
        """Return the newest version and every record changed after ``version``."""
        rows = self._connection.execute(
            "select kind, id, body, version from records where version > ? "
            "order by case kind when 'interface' then 0 when 'client' then 1 else 2 end",
            (version,),
        ).fetchall()
        changes = [
            Change(kind, id_, json.loads(body) if body else None) for kind, id_, body, _ in rows
        ]
        return max((row[3] for row in rows), default=version), changes

    def of_kind(self, kind: str, version: int) -> tuple[int, list[Change]]:
        """Return the newest version and every record of one kind changed after ``version``."""
        self._connection.execute("begin")
        try:
            newest = self.version()
            rows = self._connection.execute(
                "select id, body from records where version > ? and kind = ?", (version, kind)
            ).fetchall()
        finally:
            self._connection.execute("commit")
        return newest, [Change(kind, id_, orjson.loads(b) if b else None) for id_, b in rows]

    def news(self, version: int) -> tuple[int, list[Change], list[Move]]:
        """Return the newest version and what changed after ``version``, all of one moment.

        Of grants only where they belong: see :meth:`body` for what one says.
        """
        self._connection.execute("begin")
        try:
            newest = self.version()
            changes = self._connection.execute(
                "select kind, id, body from records where version > ? and kind <> 'grant' "
                "order by kind <> 'interface'",
                (version,),
            ).fetchall()
            moves = self._connection.execute(
                "select id, json_extract(body, '$.client'), json_extract(body, '$.interface') "
                "from records where version > ? and kind = 'grant'",
                (version,),
            ).fetchall()
        finally:
            self._connection.execute("commit")
        told = [
            Change(kind, id_, orjson.loads(body) if body else None) for kind, id_, body in changes
        ]
        return newest, told, moves

    def body(self, kind: str, id_: str) -> tuple[dict[str, Any] | None, int]:
        """Return what a record says now, and since which version; nothing at version 0."""
        row = self._connection.execute(
            "select body, version from records where kind = ? and id = ?", (kind, id_)
        ).fetchone()
        return (orjson.loads(row[0]) if row and row[0] else None, row[1] if row else 0)

    def changed(self) -> int:
        """Return a number that moves when another connection has committed."""
        return int(self._connection.execute("pragma data_version").fetchone()[0])

    def confirm(self, gateway: str, version: int, lease_until: float) -> None:
        """Tell that ``gateway`` serves ``version`` and stops by itself at ``lease_until``."""
        lease = self.leases / f"{gateway}.json"
        fresh = lease.with_suffix(".new")
        fresh.write_text(json.dumps({"version": version, "until": lease_until, "boot": _boot_id()}))
        fresh.replace(lease)

    def withdraw(self, gateway: str) -> None:
        """Take a gateway's lease away on its clean stop."""
        (self.leases / f"{gateway}.json").unlink(missing_ok=True)

    def served(self) -> bool:
        """Tell whether a gateway serves just now: one whose lease runs."""
        return any(self._lags(lease, 2**62) for lease in self.leases.glob("gateway-*.json"))

    def await_confirmation(
        self, version: int, *, timeout_s: float = 5.0, sleep: Callable[[float], None] = time.sleep
    ) -> float:
        """Wait until no gateway can serve anything older; return the seconds waited.

        :raises Unavailable: a gateway neither confirmed nor lost its lease in time.
        """
        start = boot_clock()
        while self._behind(version):
            if boot_clock() - start > timeout_s:
                raise Unavailable(
                    Text(
                        "网关未在限时内确认新策略",
                        "a gateway did not confirm the new policy in time",
                    ),
                    Text("请检查网关状态后重试", "check the gateways and try again"),
                )
            sleep(0.005)
        return boot_clock() - start

    def _behind(self, version: int) -> bool:
        return any(self._lags(lease, version) for lease in self.leases.glob("*.json"))

    def _lags(self, lease: Path, version: int) -> bool:
        try:
            told = json.loads(lease.read_text())
        except FileNotFoundError:
            return False
        alive = told["boot"] == _boot_id() and told["until"] > boot_clock()
        return bool(alive and told["version"] < version)


def _dump(body: dict[str, Any] | None) -> str | None:
    return None if body is None else json.dumps(body, ensure_ascii=False, sort_keys=True)
