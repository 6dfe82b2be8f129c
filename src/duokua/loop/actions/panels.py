"""The rows of panels and indicators (面板取数): queries of a pack, run as its program.

A worker for each pack is kept while its pages are looked at, with the tables that it has read; they
are read anew once their data moved. Before anything is shown, the grants are looked at: what the
program may no longer read is not shown, though it may still be held.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from duokua.engine.scenario.wire import Value
from duokua.exchange import facade as exchange
from duokua.kernel.clock import district_day
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.loop.actions.evaluation.sessions import is_trusted, session_of
from duokua.loop.actions.evaluation.tables import AsProgram, Reader, Tables, needed_by
from duokua.loop.drawing.rows import EMPTY, FINE, STALE, UNKNOWN, Rows

MOST = 20_000  # rows of one panel
_KEPT, _IDLE_S = 3, 300.0  # workers, and how long one is kept that nobody asks
_MEMORY_MB = 512
_ANSWERS = 200


@dataclass(slots=True)
class _Kept:
    """A worker with the tables of a pack, and answers by query and versions of the data."""

    tables: Tables
    lock: threading.Lock = field(default_factory=threading.Lock)
    used: float = 0.0
    answers: OrderedDict[tuple[object, ...], pa.Table] = field(default_factory=OrderedDict)


_kept: OrderedDict[tuple[str, str, bool], _Kept] = OrderedDict()
_guard = threading.Lock()


def rows_of(
    pack: Pack,
    client: str,
    query: str,
    names: Iterable[str],
    *,
    now: datetime,
    given: Mapping[str, Value] | None = None,
    more: Mapping[str, pa.Table] | None = None,
    reader: Reader | None = None,
) -> Rows:
    """Run a query of a pack over what its program may read; whatever fails is told as unknown.

    ``names`` are the tables that it reads; ``more`` are tables that the platform itself gives.
    """
    own = [name for name in names if name not in (more or {})]
    lacking = _not_granted(pack, client, own, now)
    if lacking:
        return _unknown(Text(f"尚无读取授权：{lacking}", f"no grant to read {lacking} yet"))
    reader = reader or AsProgram(client, pack.manifest.purpose, now)
    try:
        with _worker(pack, client) as kept:
            return _asked(kept, query, own, _values(pack, given, now), more or {}, reader, now)
    except DuokuaError as error:
        return _unknown(error.what)


def _unknown(why: Text) -> Rows:
    return Rows(state=UNKNOWN, why=why)


def _not_granted(pack: Pack, client: str, names: Iterable[str], now: datetime) -> str:
    """Return what the program may not read now, as words."""
    held = {
        each.grant.interface
        for each in exchange.grants(client=client, now=now)
        if each.state == "active" and each.grant.purpose == pack.manifest.purpose
    }
    consumed = [pack.manifest.consumed(name) for name in needed_by(pack, names)]
    lacking = [each.table for each in consumed if each and each.interface not in held]
    return ", ".join(lacking)


def _values(pack: Pack, given: Mapping[str, Value] | None, now: datetime) -> dict[str, Value]:
    """Return what is bound: parameters as they hold today, the day, and what is given."""
    day = district_day(now)
    values: dict[str, Value] = {"today": day, "since": now - timedelta(days=1), "until": now}
    for name, parameter in pack.parameters.items():
        held = parameter.at(day)
        if held is not None:
            values[name] = held.value
    return {**values, **(given or {})}


def _asked(
    kept: _Kept,
    query: str,
    names: list[str],
    values: dict[str, Value],
    more: Mapping[str, pa.Table],
    reader: Reader,
    now: datetime,
) -> Rows:
    tables = kept.tables
    tables.refresh(names, reader, values, whole=False)
    failed = next((tables.failed[name] for name in names if name in tables.failed), None)
    if failed is not None:
        return _unknown(failed.what)
    read = [name for name in needed_by(tables.pack, names) if name in tables.held]
    versions = tuple((name, tables.held[name].data_version) for name in read)
    mark = (query, versions, _bound(tables.pack, query, values))
    answer = kept.answers.get(mark) if not more else None
    if answer is None:
        for name, table in more.items():
            tables.session.load(name, table)
        answer = tables.session.run(query, values, most=MOST)
        if not more:
            kept.answers[mark] = answer
            while len(kept.answers) > _ANSWERS:
                kept.answers.popitem(last=False)
    return _told(answer, tables, read, now)


def _bound(pack: Pack, query: str, values: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """Return the values that an answer hangs on; the instant only where something names it."""
    texts = (query, *pack.datasets.values())
    timed = [name for name in ("since", "until") if any(f"${name}" in text for text in texts)]
    named = [name for name in values if name not in ("since", "until") or name in timed]
    return tuple((name, str(values[name])) for name in sorted(named))


def _told(answer: pa.Table, tables: Tables, read: list[str], now: datetime) -> Rows:
    """Return rows with the oldest instant of their data; older than a pack allows they are stale."""
    held = [tables.held[name] for name in read]
    state = FINE if answer.num_rows else EMPTY
    for name in read:
        consumed = tables.pack.manifest.consumed(name)
        fresh = consumed.fresh if consumed else None
        if fresh is not None and now - tables.held[name].as_of > timedelta(seconds=fresh):
            state = STALE
    receipts = tuple(dict.fromkeys(each for one in held for each in one.receipts[-1:]))
    return Rows(
        tuple(answer.schema.names), answer.to_pylist(), state,
        min((each.as_of for each in held), default=None), receipts=receipts,
    )  # fmt: skip


@contextmanager
def _worker(pack: Pack, client: str) -> Iterator[_Kept]:
    """Yield the worker of a pack for one caller at a time; one that died is not used again."""
    kept = _of(pack, client)
    with kept.lock:
        kept.used = time.monotonic()
        try:
            yield kept
        finally:
            if not kept.tables.session.alive:
                _forget(kept)


def _of(pack: Pack, client: str) -> _Kept:
    with _guard:
        _drop_idle()
        code = is_trusted(pack)
        mark = (pack.digest, client, code)
        if mark not in _kept:
            session = session_of(pack, memory_mb=_MEMORY_MB, code=code)
            _kept[mark] = _Kept(Tables(pack, session), used=time.monotonic())
        _kept.move_to_end(mark)
        return _kept[mark]


def _drop_idle() -> None:
    """End workers that nobody asks, the longest unused first where there are too many."""
    for mark in list(_kept):
        kept = _kept[mark]
        idle = time.monotonic() - kept.used > _IDLE_S
        if (idle or len(_kept) > _KEPT) and kept.lock.acquire(blocking=False):
            try:
                del _kept[mark]
                kept.tables.session.close()
            finally:
                kept.lock.release()


def _forget(kept: _Kept) -> None:
    with _guard:
        for mark in [mark for mark, each in _kept.items() if each is kept]:
            del _kept[mark]


def close_all() -> None:
    """End every worker, at the end of a process or of a test."""
    with _guard:
        for kept in _kept.values():
            kept.tables.session.close()
        _kept.clear()
