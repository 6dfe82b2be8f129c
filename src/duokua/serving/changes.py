"""The change feed (变更流): the whole first, then what has become otherwise since a version.

Versions are those of the dataset's table. A page names the version to come back with; it is that of
the first page, so what arrives while a caller turns pages is told once more, never left out. A grant
goes back no further than to what was served when it began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from duokua.engine.feed import open_feed
from duokua.engine.livefeed import open_live
from duokua.engine.sqlite import Reader, ReaderError
from duokua.kernel.clock import iso
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT
from duokua.lang.predicate import Value
from duokua.serving import encode
from duokua.serving.answers import Answer
from duokua.serving.change_sql import ChangeSql, Query
from duokua.serving.cursor import Cursors
from duokua.serving.keys import cursor_key, parameters_key
from duokua.serving.parameters import chosen_format, text_fields
from duokua.serving.plan import Deadline, Plan, TooSlow
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.receipts import ParameterHash
from duokua.serving.seat import Seat

if TYPE_CHECKING:
    from duokua.engine.manifest import Manifest
    from duokua.serving.service import Serving

CHANGE, VERSION = "_change", "_version"
UPSERT, DELETE = "upsert", "delete"
_WHOLE = -1  # instead of a version: everything
_SLOW = 2  # long pages read at once, beside the event loop
_WAITING = 8
_RETRY_S = 2
OWN = (
    Column(CHANGE, Kind.STRING, Text("变更", "change"), required=True),
    Column(VERSION, Kind.INTEGER, Text("版本", "version"), required=True),
)
Row = tuple[Value | None, ...]


@dataclass(slots=True)
class ChangesAnswer(Answer):
    """A page with the version to come back with."""

    version: int = 0


@dataclass(slots=True)
class _Opened:
    """The feed and index of one manifest, and the versions that it can tell from."""

    manifest: Manifest
    reader: Deadline
    versions: list[tuple[int, float]]  # with the instant of each commit, oldest first
    connection: Reader

    @classmethod
    def of(cls, plan: Plan) -> _Opened:
        manifest = plan.served.manifest
        assert manifest is not None  # noqa: S101 - Seat was refused otherwise
        connection = _connect(plan)
        return cls(manifest, Deadline(connection), _versions(connection), connection)

    def look(self) -> None:
        """Take over the versions that have come to a live feed since."""
        if self.manifest.live is not None:
            self.versions = _versions(self.connection)

    @property
    def as_of(self) -> str:
        """Return of when the rows are."""
        if self.manifest.live is None:
            return self.manifest.as_of
        return iso(datetime.fromtimestamp(self.versions[-1][1], UTC))

    def floor(self, valid_from: float) -> int:
        """Return the earliest version from which a grant may be told."""
        before = [version for version, at in self.versions if at <= valid_from]
        return before[-1] if before else self.versions[0][0]


@dataclass(frozen=True, slots=True)
class _Call:
    since: int
    target: int  # the version to come back with
    newest: int
    after: tuple[Value, ...] | None
    limit: int
    format: str


class ChangeFeed:
    """Answers the calls of interfaces of shape ``changes``."""

    def __init__(self, serving: Serving, secret: bytes) -> None:
        self._serving = serving
        self._cursors = Cursors(cursor_key(secret))
        self._parameters = ParameterHash(parameters_key(secret))
        self._opened: dict[str, _Opened] = {}
        self._slow = asyncio.Semaphore(_SLOW)
        self._waiting = 0

    async def answer(
        self, seat: Seat, query: str, accept: str | None, now: float, again: Callable[[], Seat]
    ) -> ChangesAnswer:
        """Answer a call; ``again`` decides anew who may, after a page that took its time.

        :raises Refusal: wrong parameters, a version too old, quota, overload, a grant that ended.
        """
        self._serving.admit()
        opened = self._open(seat.plan)
        call = self._read(seat.plan, opened, query, accept)
        sql = ChangeSql(seat.plan)
        reserved = seat.meter.take(now, call.limit)
        try:
            rows = list[Row]()
            if call.since != opened.versions[-1][0]:  # else nothing came, and nothing need be read
                rows = await self._rows(seat, opened, _query(sql, call, reserved + 1), again)
        except BaseException:
            seat.meter.refund(reserved, now)
            raise
        more = len(rows) > reserved
        del rows[reserved:]
        seat.meter.settle(reserved - len(rows), now)
        params = self._parameters.of(query)
        return self._answer(seat, call, sql, rows, more, params, opened.as_of, now)

    def _open(self, plan: Plan) -> _Opened:
        manifest = plan.served.manifest
        if manifest is None or (manifest.feed is None and manifest.live is None):
            raise Refusal("no_data", retry_after=60)
        opened = self._opened.get(manifest.interface)
        if opened is None or opened.manifest != manifest:
            try:
                fresh = _Opened.of(plan)
            except ReaderError:  # replaced meanwhile: the next look finds its successor
                raise Refusal("no_data", retry_after=1) from None
            if opened is not None:
                opened.reader.close()
            opened = self._opened[manifest.interface] = fresh
        opened.look()
        return opened

    def _read(self, plan: Plan, opened: _Opened, query: str, accept: str | None) -> _Call:
        faults = Faults("/")
        fields = text_fields(query, faults)
        format_ = chosen_format(fields.pop("format", None), accept)
        limit = _limit(fields.pop("limit", None), faults)
        since = fields.pop("since", None)
        cursor = fields.pop("cursor", None)
        for name in fields:
            faults.add(name, f"没有参数 {name}", f"there is no parameter {name}",
                       "可用参数：since、cursor、limit、format",
                       "use one of since, cursor, limit, format")  # fmt: skip
        if faults.found:
            raise Refusal("parameters_invalid", faults=tuple(faults.found))
        if since is not None and not _is_version(since):
            cursor, since = since, None
        newest = opened.versions[-1][0]
        begin, target, after = int(since) if since else _WHOLE, newest, None
        if cursor is not None:
            begin, target, after = self._place(plan, cursor)
        self._check(plan, opened, begin)
        return _Call(begin, target, newest, after, limit, format_)

    def _place(self, plan: Plan, cursor: str) -> tuple[int, int, tuple[Value, ...]]:
        since, target, *key = self._cursors.open(cursor, _context(plan))
        return int(since), int(target), tuple(key)

    @staticmethod
    def _check(plan: Plan, opened: _Opened, since: int) -> None:
        if since == _WHOLE:
            return
        if since > opened.versions[-1][0]:
            raise bad_parameter("since", "没有这个版本", "there is no such version yet",
                                "请传回上次应答中的 version",
                                "send the `version` of an earlier answer")  # fmt: skip
        if since < opened.floor(plan.grant.valid_from):
            raise Refusal("changes_too_old", link=f"/data/{plan.served.interface.id}")

    async def _rows(
        self, seat: Seat, opened: _Opened, query: Query, again: Callable[[], Seat]
    ) -> list[Row]:
        try:
            return opened.reader.fetch(*query)
        except TooSlow:
            pass
        if self._waiting >= _WAITING:
            raise Refusal("overloaded", retry_after=_RETRY_S)
        self._waiting += 1
        try:
            async with self._slow:
                rows = await asyncio.to_thread(_read_aside, seat.plan, query)
        except ReaderError:
            raise Refusal("overloaded", retry_after=_RETRY_S) from None
        finally:
            self._waiting -= 1
        self._serving.admit()
        if again().plan.grant != seat.plan.grant:
            raise Refusal("grant_not_valid")
        return rows

    def _answer(
        self,
        seat: Seat,
        call: _Call,
        sql: ChangeSql,
        rows: list[Row],
        more: bool,
        params: str,
        as_of: str,
        now: float,
    ) -> ChangesAnswer:
        plan = seat.plan
        width = len(plan.served.interface.order)
        next_ = None
        if more:
            place = (call.since, call.target, *(v for v in rows[-1][:width] if v is not None))
            next_ = self._cursors.seal(place, _context(plan))
        seq = self._serving.ledger.next_seq
        told = {"version": call.target, "as_of": as_of, "receipt": f"r-{seq}"}
        columns = (*OWN, *plan.columns)
        shown = [_shown(plan, sql, row, call.newest) for row in rows]
        subjects = list(dict.fromkeys(str(row[-1]) for row in rows if row[-1] is not None))
        if call.format == "json":
            names = [column.name for column in columns]
            listed = [dict(zip(names, row, strict=True)) for row in shown]
            body = orjson.dumps({"rows": listed, "next": next_, **told})
        else:
            about = {n: str(v) for n, v in told.items()} | ({"next": next_} if next_ else {})
            body = encode.ENCODERS[call.format](columns, shown, about)
        opening = seat.opening.answered(seq, now, params, len(rows), orjson.dumps(subjects))
        appended = self._serving.ledger.append(opening)
        durable = seat.counted(appended, len(rows), len(body), now)
        media = encode.MEDIA[call.format]
        return ChangesAnswer(body, media, f"r-{seq}", next_, durable, call.target)


def _versions(connection: Reader) -> list[tuple[int, float]]:
    found = connection.execute("select version, at from version order by version").fetchall()
    return [(int(str(version)), float(str(at))) for version, at in found]


def _query(sql: ChangeSql, call: _Call, limit: int) -> Query:
    if call.since == _WHOLE:
        return sql.whole(call.after, limit)
    return sql.since(call.since, call.after, limit)


def _connect(plan: Plan) -> Reader:
    manifest = plan.served.manifest
    if manifest is not None and manifest.live is not None:
        return open_live(Path(manifest.live))
    assert manifest is not None and manifest.feed is not None  # noqa: S101 - see _open
    folder: Path = plan.served.folder
    return open_feed(folder / manifest.feed, folder / manifest.index)


def _read_aside(plan: Plan, query: Query) -> list[Row]:
    connection = _connect(plan)
    try:
        return connection.execute(*query).fetchall()
    finally:
        connection.close()


def _shown(plan: Plan, sql: ChangeSql, row: Row, version: int) -> Row:
    """Return a row as it is told; of one that is not seen any more only the key."""
    key = plan.served.interface.order
    seen = row[-2] == 1
    values = dict(zip((*key, *sql.names), row, strict=False))
    cells = [values[name] if seen or name in key else None for name in plan.names]
    return (UPSERT if seen else DELETE, version, *plan.typed(tuple(cells)))


def _context(plan: Plan) -> bytes:
    return orjson.dumps([plan.grant.id, plan.served.interface.id, "changes"])


def _limit(text: str | None, faults: Faults) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    faults.add("limit", f"limit 应为 1 至 {MAX_LIMIT} 的整数",
               f"limit is a whole number from 1 to {MAX_LIMIT}",
               "请改正，以 next 续读", "mend it, go on by `next`")  # fmt: skip
    return DEFAULT_LIMIT


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
