"""Writing the metering (计量) down: one small SQLite file, added to every few seconds.

Days stay days for :data:`DAYS_KEPT` days and are then rolled up (归并) into their months.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from duokua.engine import sqlite
from duokua.serving.tally import Caller, Harvest

DAYS_KEPT = 120
EPOCH = date(1970, 1, 1)
_SCHEMA = """
create table if not exists usage (
  day integer not null, grant_id text not null, interface text not null, client text not null,
  department text not null, calls integer not null, rows integer not null, bytes integer not null,
  primary key (day, grant_id, interface)) without rowid;
create table if not exists latency (
  day integer not null, grant_id text not null, interface text not null, bucket integer not null,
  calls integer not null, primary key (day, grant_id, interface, bucket)) without rowid;
create table if not exists refusal (
  day integer not null, code text not null, interface text not null, grant_id text not null,
  client text not null, department text not null, calls integer not null,
  primary key (day, code, interface, grant_id, client)) without rowid;
create table if not exists key_use (
  client text not null, key text not null, day integer not null,
  primary key (client, key)) without rowid;
"""
_USAGE = (
    "insert into usage values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set "
    "calls = calls + excluded.calls, rows = rows + excluded.rows, bytes = bytes + excluded.bytes"
)
_ADD = "on conflict do update set calls = calls + excluded.calls"
_LATENCY = f"insert into latency values (?, ?, ?, ?, ?) {_ADD}"  # noqa: S608
_REFUSAL = f"insert into refusal values (?, ?, ?, ?, ?, ?, ?) {_ADD}"  # noqa: S608
_KEY = "insert into key_use values (?, ?, ?) on conflict do update set day = max(day, excluded.day)"
_MONTH = (
    "cast(julianday(date('1970-01-01', day || ' days', 'start of month')) - 2440587.5 as integer)"
)
_ROLL = (
    f"insert into usage select {_MONTH}, grant_id, interface, client, department, calls, rows, "  # noqa: S608
    "bytes from usage where day < ?1 and day <> " + _MONTH + " on conflict do update set "
    "calls = calls + excluded.calls, rows = rows + excluded.rows, bytes = bytes + excluded.bytes",
    f"insert into latency select {_MONTH}, grant_id, interface, bucket, calls from latency "  # noqa: S608
    f"where day < ?1 and day <> {_MONTH} {_ADD}",
    f"insert into refusal select {_MONTH}, code, interface, grant_id, client, department, calls "  # noqa: S608
    f"from refusal where day < ?1 and day <> {_MONTH} {_ADD}",
    *(
        f"delete from {table} where day < ?1 and day <> {_MONTH}"  # noqa: S608
        for table in ("usage", "latency", "refusal")
    ),
)


class UsageStore:
    """The writer of the metering; one of them, in the gateway."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite.connect(path, sync="normal")
        self._connection.executescript(_SCHEMA)
        self._rolled = -1

    def add(self, harvest: Harvest) -> None:
        """Add a harvest, all of it or nothing.

        :raises sqlite3.OperationalError: it could not be written.
        """
        if not (harvest.served or harvest.refused or harvest.keys):
            return
        connection = self._connection
        connection.execute("begin immediate")
        try:
            self._write(harvest)
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        self._rolled = max(self._rolled, harvest.day)

    def _write(self, harvest: Harvest) -> None:
        day, connection = harvest.day, self._connection
        if day > self._rolled:
            self._roll_up(day)
        connection.executemany(
            _USAGE, [(day, *_who(caller), *figures[:3]) for caller, figures in harvest.served]
        )
        connection.executemany(
            _LATENCY,
            [
                (day, caller.grant, caller.interface, bucket, calls)
                for caller, figures in harvest.served
                for bucket, calls in enumerate(figures[3:])
                if calls
            ],
        )
        connection.executemany(
            _REFUSAL,
            [
                (day, code, caller.interface, caller.grant, caller.client, caller.department, n)
                for caller, code, n in harvest.refused
            ],
        )
        connection.executemany(_KEY, [(client, key, day) for client, key in harvest.keys])

    def _roll_up(self, day: int) -> None:
        """Turn the days before the kept ones into months, named by their first day."""
        first = EPOCH + timedelta(days=day - DAYS_KEPT)
        before = (first.replace(day=1) - EPOCH).days  # whole months only
        for statement in _ROLL:
            self._connection.execute(statement, (before,))

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def _who(caller: Caller) -> tuple[str, str, str, str]:
    return caller.grant, caller.interface, caller.client, caller.department
