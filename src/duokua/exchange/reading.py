"""Reading for a scenario pack (场景包读数): its program calls the gateway, as any program does.

There is no other way to rows: the same verdict, masks, quota and receipt as for a caller outside.
The token is minted as that of a probe, from a key of the program, but the calls count as its own.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as pa_ipc

from duokua.engine.livefeed import newest
from duokua.exchange import policy, selectors
from duokua.exchange.probing import credential
from duokua.kernel import clock, environment
from duokua.kernel.clock import from_iso
from duokua.kernel.errors import DuokuaError, Invalid, NotAllowed, Unavailable
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.codec import interface_from_json
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant
from duokua.lang.interface import MAX_LIMIT, Interface, Shape
from duokua.lang.mask import Pseudonym
from duokua.serving.changes import CHANGE, DELETE, UPSERT, VERSION

_TIMEOUT_S = 120.0
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not listened on
_UNTOLD = -1
_TRIES = 3  # a new version may come while one is read
_WHOLE_SHAPES = (Shape.PAGE, Shape.AGGREGATE)


@dataclass(frozen=True, slots=True)
class Reading:
    """All rows that a grant shows, the receipts of having read them, and of when they are."""

    table: pa.Table
    receipts: tuple[str, ...]
    as_of: datetime
    data_version: int
    key: tuple[str, ...]  # columns that tell a row from all others; empty: not all are shown


@dataclass(frozen=True, slots=True)
class Changed:
    """What has become otherwise since a version: rows as they are now, and keys of rows gone."""

    table: pa.Table
    removed: pa.Table
    key: tuple[str, ...]
    receipts: tuple[str, ...]
    as_of: datetime
    data_version: int


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def table(self) -> pa.Table:
        return pa_ipc.open_stream(self.body).read_all()


@dataclass(frozen=True, slots=True)
class _Caller:
    """A program at the gateway's door, with its token."""

    connection: http.client.HTTPConnection
    token: str
    interface: str

    def get(self, **query: object) -> _Answer:
        """Call with a query string."""
        return self._call("GET", f"?{urlencode(query)}", None)

    def ask(self, body: dict[str, Any]) -> _Answer:
        """Send a JSON query, to be answered as Arrow."""
        return self._call("POST", "/query?format=arrow", json.dumps(body).encode())

    def _call(self, method: str, rest: str, body: bytes | None) -> _Answer:
        headers = {"authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        try:
            self.connection.request(method, f"/data/{quote(self.interface)}{rest}", body, headers)
            answer = self.connection.getresponse()
            return _Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise _silent() from None


def read_as(
    client: str,
    interface: str,
    *,
    purpose: str,
    columns: Sequence[str] = (),
    where: dict[str, Any] | None = None,
    now: datetime,
) -> Reading:
    """Read all rows that a program may see for a purpose, or those of a JSON ``where``.

    ``columns`` are asked for, by default all that are granted. ``now`` dates the grant that counts.

    :raises NotAllowed: the program holds no such grant, or not of these columns.
    :raises Invalid: the interface cannot be read whole, or the grant cuts its rows off.
    :raises Unavailable: the gateway does not answer, or the quota is used up.
    """
    grant, offered, contract = _granted(client, interface, purpose, columns, now)
    with _called(client, interface, purpose) as caller:
        for _ in range(_TRIES):
            found = _whole(caller, grant, offered, tuple(columns), where)
            manifest = selectors.manifest_of(interface)
            if found.data_version != _UNTOLD:
                break
            if manifest is not None and from_iso(manifest.as_of) == found.as_of:
                break
    version = found.data_version
    if version == _UNTOLD and manifest is not None:
        version = manifest.version
    return replace(found, data_version=version, key=_key(found.table, contract))


def changes_as(
    client: str, interface: str, *, purpose: str, since: int, columns: Sequence[str] = (),
    now: datetime,
) -> Changed | None:  # fmt: skip
    """Read what has changed since a version of the data; ``None``: that cannot be told any more.

    :raises NotAllowed: the program holds no such grant, or not of these columns.
    :raises Unavailable: the gateway does not answer, or the quota is used up.
    """
    _, offered, _ = _granted(client, interface, purpose, columns, now)
    with _called(client, interface, purpose) as caller:
        pages, version, receipts = [], since, []
        for answer in _pages(caller, since):
            if answer is None:
                return None
            pages.append(answer.table())
            version = int(answer.headers["duokua-version"])
            receipts.append(answer.headers["duokua-receipt"])
    table = pa.concat_tables(pages)
    as_of = from_iso(pages[0].schema.metadata[b"as_of"].decode())
    kinds = table.column(CHANGE)
    names = _shown(table, columns)
    return Changed(
        table.filter(pc.equal(kinds, UPSERT)).select(names),
        table.filter(pc.equal(kinds, DELETE)).select(list(offered.order)),
        tuple(offered.order), tuple(receipts), as_of, version,
    )  # fmt: skip


def feed_of(
    client: str, interface: str, *, purpose: str, columns: Sequence[str] = (), now: datetime
) -> str | None:
    """Return an interface of shape changes that shows a program the very rows of another one."""
    grant, offered, _ = _granted(client, interface, purpose, columns, now)
    wanted = set(columns) or set(grant.columns)
    for told in selectors.grants(department=None, interface=None, client=client, now=now):
        other = told.grant
        feed = interface_from_json(selectors.interface_row(other.interface).body)
        if (
            (feed.shape, feed.dataset) == (Shape.CHANGES, offered.dataset)
            and (told.state, other.purpose) == ("active", purpose)
            and wanted | set(feed.order) <= set(other.columns)
            and _same_rows(grant, other, wanted)
        ):
            return feed.id
    return None


def _same_rows(one: Grant, other: Grant, columns: set[str]) -> bool:
    """Tell whether two grants show the same in some columns; pseudonyms differ from grant to grant."""
    masks = [{c: m for c, m in grant.masks if c in columns} for grant in (one, other)]
    named = any(isinstance(mask, Pseudonym) for mask in masks[0].values())
    return masks[0] == masks[1] and not named and one.row_filter == other.row_filter


def version_of(interface: str) -> tuple[int, datetime] | None:
    """Return version and instant of the data that an interface serves, if it serves any."""
    manifest = selectors.manifest_of(interface)
    if manifest is None:
        return None
    if manifest.live is None:
        return manifest.version, from_iso(manifest.as_of)
    live = newest(Path(manifest.live))
    return None if live is None else (live[0], datetime.fromtimestamp(live[1], UTC))


def _granted(
    client: str, interface: str, purpose: str, columns: Sequence[str], now: datetime
) -> tuple[Grant, Interface, Contract]:
    row = selectors.interface_row(interface)
    held = selectors.grants(department=None, client=client, interface=interface, now=now)
    grant = next(
        (e.grant for e in held if e.state == "active" and e.grant.purpose == purpose), None
    )
    if grant is None or not set(columns) <= set(grant.columns):
        raise _not_granted(client, interface, purpose)
    return grant, interface_from_json(row.body), lake.contract(row.dataset_id)


@contextmanager
def _called(client: str, interface: str, purpose: str) -> Iterator[_Caller]:
    present = clock.now()  # tokens are those of the present instant, as a gateway asks for
    with policy.store() as store:
        store.await_confirmation(store.version())
    key = credential.key_of(client, present)
    if key is None:
        raise _not_granted(client, interface, purpose)
    settings = environment.read()
    host = "127.0.0.1" if settings.host in _ANY else settings.host
    connection = http.client.HTTPConnection(host, settings.port, timeout=_TIMEOUT_S)
    try:
        token = credential.own_token(client, purpose, key, now=present)
        yield _Caller(connection, token, interface)
    finally:
        connection.close()


def _whole(
    caller: _Caller,
    grant: Grant,
    offered: Interface,
    columns: tuple[str, ...],
    where: dict[str, Any] | None,
) -> Reading:
    if offered.shape is Shape.CHANGES:
        return _whole_feed(caller, columns)
    if offered.shape not in _WHOLE_SHAPES:
        raise _not_whole(offered.id)
    names = [name for name in offered.columns if name in grant.columns]
    narrow = offered.shape is Shape.PAGE and offered.query is None
    if narrow and (where or (columns and set(columns) < set(names))):
        body = {"select": list(columns) or names, "limit": "all"}
        answer = caller.ask({**body, "where": where} if where else body)
    else:
        answer = caller.get(limit="all", format="arrow")
    if answer.status != 200:
        raise _error(answer, caller.interface)
    table = answer.table()
    _check_whole(caller, grant, table)
    as_of = from_iso(table.schema.metadata[b"as_of"].decode())
    shown = table.select(_shown(table, columns))
    return Reading(shown, (answer.headers["duokua-receipt"],), as_of, _UNTOLD, ())


def _whole_feed(caller: _Caller, columns: tuple[str, ...]) -> Reading:
    tables, receipts, version = [], [], _UNTOLD
    for answer in _pages(caller, None):
        assert answer is not None  # noqa: S101 - the whole is never too old
        version = int(answer.headers["duokua-version"])  # that of the first page on each of them
        tables.append(answer.table())
        receipts.append(answer.headers["duokua-receipt"])
    table = pa.concat_tables(tables)
    as_of = from_iso(tables[0].schema.metadata[b"as_of"].decode())
    return Reading(table.select(_shown(table, columns)), tuple(receipts), as_of, version, ())


def _pages(caller: _Caller, since: int | None) -> Iterator[_Answer | None]:
    """Yield the pages of a feed; ``None`` when it goes back no further than to a later version."""
    told: dict[str, object] = {} if since is None else {"since": since}
    while True:
        answer = caller.get(**told, limit=MAX_LIMIT, format="arrow")
        if since is not None and answer.status in (410, 422):
            yield None
            return
        if answer.status != 200:
            raise _error(answer, caller.interface)
        yield answer
        if answer.headers["duokua-next"] is None:
            return
        told = {"since": answer.headers["duokua-next"]}


def _check_whole(caller: _Caller, grant: Grant, table: pa.Table) -> None:
    """Make sure that neither the grant's cap nor its quota has cut rows off.

    A quota that was the limit has nothing left, so one more row is refused.
    """
    if table.num_rows >= grant.row_cap:
        raise _cut_off(caller.interface, grant.row_cap)
    limited = grant.quota.rows_per_day is not None or grant.quota.rows_total is not None
    if limited and (more := caller.get(limit=1)).status != 200:
        raise _error(more, caller.interface)


def _shown(table: pa.Table, columns: Sequence[str]) -> list[str]:
    names = [name for name in table.schema.names if name not in (CHANGE, VERSION)]
    return list(columns) or names


def _key(table: pa.Table, contract: Contract) -> tuple[str, ...]:
    return tuple(contract.key) if set(contract.key) <= set(table.schema.names) else ()


def _error(answer: _Answer, interface: str) -> DuokuaError:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return _silent()
    code = str(told.get("code", answer.status))
    what = Text(
        f"读取接口“{interface}”被拒绝：{code}", f"reading {interface!r} was refused: {code}"
    )
    mend = Text(
        "请检查场景包应用的授权、用途与配额", "check grant, purpose and quota of the pack's program"
    )
    if answer.status in (401, 403, 404, 410):
        return NotAllowed(what, mend)
    return Invalid(what, mend) if answer.status in (400, 406, 422) else Unavailable(what, mend)


def _not_granted(client: str, interface: str, purpose: str) -> NotAllowed:
    return NotAllowed(
        Text(
            f"应用“{client}”没有以用途“{purpose}”读取接口“{interface}”的有效授权",
            f"{client!r} holds no live grant of {interface!r} for {purpose!r}",
        ),
        Text("请在资源商店申请，字段须覆盖清单所列", "request it in the store, with all columns"),
    )


def _not_whole(interface: str) -> Invalid:
    return Invalid(
        Text(f"接口“{interface}”不能整表读取", f"{interface!r} cannot be read as a whole"),
        Text("规则只能读取分页、统计或变更流接口", "rules read pages, cubes and change feeds"),
    )


def _cut_off(interface: str, cap: int) -> Invalid:
    return Invalid(
        Text(f"接口“{interface}”的数据超过授权的单次行数上限 {cap}",
             f"{interface!r} has more rows than its grant shows at once: {cap}"),
        Text("请申请更高的行数上限", "ask for a higher cap of rows"),
    )  # fmt: skip


def _silent() -> Unavailable:
    return Unavailable(
        Text("网关没有应答，规则暂不能读取数据", "the gateway does not answer: rules cannot read"),
        Text("稍后会自动重试；请检查网关", "it is tried again by itself; check the gateway"),
    )
