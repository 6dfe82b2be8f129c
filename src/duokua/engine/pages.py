"""Reads HTTP JSON page by page into a Parquet file of texts, which are typed at ingest.

Every number keeps its digits: nothing is parsed that the contract has not asked for.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.tables import Progress, source_names
from duokua.kernel.errors import Fault, Invalid, Unavailable
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.source import PagingKind, Source

_TRIES = 5
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_MOST_PAGE_BYTES = 64 << 20
_MOST_BYTES = 16 << 30
_MOST_PAGES = 1_000_000
_TIMEOUT_S = 60.0
_CHUNK_BYTES = 1 << 20
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
Sleep = Callable[[float], Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is fetched: rows of ``source`` whose cursor is above ``above``."""

    source: Source
    secret: str
    columns: Sequence[Column]
    above: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """Rows written, and the greatest cursor among them."""

    rows: int
    upto: str


def fetch_pages(
    asked: Asked, into: Path, progress: Progress, sleep: Sleep = asyncio.sleep
) -> Fetched:
    """Turn every page and write its rows to ``into``.

    :raises Unavailable: the other end does not answer, also after some tries.
    :raises Invalid: it refuses, or its answer is not what was declared.
    """
    return asyncio.run(_Fetch(asked, into, progress, sleep).run())


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()


class _Fetch:
    def __init__(self, asked: Asked, into: Path, progress: Progress, sleep: Sleep) -> None:
        self._asked, self._into, self._progress, self._sleep = asked, into, progress, sleep
        self._source = asked.source
        self._names = source_names(asked.columns)
        self._schema = pa.schema([(name, pa.string()) for name in self._names])
        self._bytes = 0

    async def run(self) -> Fetched:
        rows, upto = 0, self._asked.above
        writer: pq.ParquetWriter | None = None
        try:
            async for items in self._pages():
                fresh = self._fresh(items)
                if fresh:
                    writer = writer or pq.ParquetWriter(self._into, self._schema)
                    writer.write_table(self._table(fresh))
                    upto = max([upto, *map(self._cursor, fresh)], key=_order)
                rows += len(fresh)
                self._progress(rows, rows)
        finally:
            if writer is not None:
                writer.close()
        return Fetched(rows, upto)

    def _fresh(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not self._source.cursor:
            return items
        above = self._asked.above
        return [
            item
            for item in items
            if (at := self._cursor(item)) and (not above or _order(at) > _order(above))
        ]

    def _cursor(self, item: dict[str, Any]) -> str:
        return _text(item.get(self._source.cursor)) or ""

    def _table(self, items: list[dict[str, Any]]) -> pa.Table:
        columns = [
            pa.array([_text(item.get(name)) for item in items], pa.string()) for name in self._names
        ]
        return pa.table(columns, schema=self._schema)

    async def _pages(self) -> AsyncIterator[list[dict[str, Any]]]:
        headers = {"Accept": "application/json"}
        if self._asked.secret:
            headers[self._source.secret_header or "Authorization"] = self._asked.secret
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_TIMEOUT_S)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            url, more = self._source.url, self._first()
            for _ in range(_MOST_PAGES):
                body = await self._page(session, url, more)
                items = self._items(body)
                yield items
                found = self._next(url, more, body, items)
                if found is None:
                    return
                if found == (url, more):
                    raise self._wrong("翻页停在原处", "the next page is this page again")
                url, more = found
        raise self._wrong(f"超过 {_MOST_PAGES} 页", f"there are more than {_MOST_PAGES} pages")

    def _first(self) -> dict[str, str]:
        paging, more = self._source.paging, dict[str, str]()
        if self._source.since_parameter and self._asked.above:
            more[self._source.since_parameter] = self._asked.above
        if paging.kind is PagingKind.PAGE:
            more[paging.parameter] = str(paging.first)
        if paging.size_parameter and paging.size:
            more[paging.size_parameter] = str(paging.size)
        return more

    def _next(
        self, url: str, more: dict[str, str], body: Any, items: list[Any]
    ) -> tuple[str, dict[str, str]] | None:
        paging = self._source.paging
        if paging.kind is PagingKind.PAGE:
            if not items:
                return None
            return url, more | {paging.parameter: str(int(more[paging.parameter]) + 1)}
        if paging.kind is PagingKind.NONE:
            return None
        found = _at(body, paging.pointer)
        if found in (None, "", False):
            return None
        if paging.kind is PagingKind.CURSOR:
            return url, more | {paging.parameter: str(found)}
        return self._same_place(urljoin(url, str(found))), {}

    def _same_place(self, url: str) -> str:
        """Keep to one server: the secret goes to nobody else."""
        here, there = urlsplit(self._source.url), urlsplit(url)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise self._wrong("下一页在另一台服务器上", "the next page is on another server")
        return url

    def _items(self, body: Any) -> list[dict[str, Any]]:
        found = _at(body, self._source.items)
        if isinstance(found, list) and all(isinstance(item, dict) for item in found):
            return found
        where = self._source.items or "/"
        raise self._wrong(f"{where} 处不是对象列表", f"there is no list of objects at {where}")

    async def _page(self, session: aiohttp.ClientSession, url: str, more: dict[str, str]) -> Any:
        for attempt in range(_TRIES):
            try:
                status, wait_s, body = await self._ask(session, url, more)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                status, wait_s, body = 0, None, b""
                problem = type(error).__name__
            else:
                problem = f"HTTP {status}"
                if status == 200:
                    return self._parsed(body)
                if status not in _PASSING:
                    raise self._wrong(
                        f"对方拒绝（{problem}）", f"the other end refuses ({problem})"
                    )
            if attempt + 1 < _TRIES:
                backoff = _FIRST_WAIT_S * 2**attempt * random.uniform(0.75, 1.25)  # noqa: S311
                await self._sleep(min(max(backoff, wait_s or 0.0), _LONGEST_WAIT_S))
        place = urlsplit(url).netloc
        raise Unavailable(
            Text(f"{place} 没有应答（{problem}）", f"{place} does not answer ({problem})"),
            Text("稍后自动重试；请核对地址与网络", "it is tried again; check address and network"),
        )

    async def _ask(
        self, session: aiohttp.ClientSession, url: str, more: dict[str, str]
    ) -> tuple[int, float | None, bytes]:
        # Redirects are not followed, since the secret would go along.
        async with session.get(url, params=more or None, allow_redirects=False) as answer:
            wait = answer.headers.get("Retry-After", "")
            body = bytearray()
            if answer.status == 200:
                async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                    body += chunk
                    if len(body) > _MOST_PAGE_BYTES:
                        most = _MOST_PAGE_BYTES >> 20
                        raise self._wrong(f"一页超过 {most} MiB", f"a page is over {most} MiB")
                self._count(len(body))
            return answer.status, float(wait) if wait.isdecimal() else None, bytes(body)

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _MOST_BYTES:
            most = _MOST_BYTES >> 30
            raise self._wrong(f"总量超过 {most} GiB", f"all pages are over {most} GiB")

    def _parsed(self, body: bytes) -> Any:
        try:
            return json.loads(body, parse_float=_Digits, parse_int=_Digits)
        except (ValueError, RecursionError):
            raise self._wrong("应答不是 JSON", "the answer is no JSON") from None

    def _wrong(self, zh: str, en: str) -> Invalid:
        what = Text(zh, en)
        mend = Text("请核对数据源的声明", "check the declaration of the source")
        return Invalid(what, mend, faults=(Fault(self._source.id, what, mend),))


def _at(body: Any, pointer: str) -> Any:
    """Follow a JSON pointer (RFC 6901); ``None`` where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(body, dict):
            body = body.get(name)
        elif isinstance(body, list) and name.isdecimal() and int(name) < len(body):
            body = body[int(name)]
        else:
            return None
    return body


def _text(value: Any) -> str | None:
    """Return a JSON value as text; numbers have kept their digits."""
    return value if value is None or isinstance(value, str) else _written(value)


def _written(value: Any) -> str:
    """Write JSON again as it was."""
    if isinstance(value, _Digits):
        return value
    if isinstance(value, dict):
        parts = (f"{_written(name)}: {_written(each)}" for name, each in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _order(cursor: str) -> tuple[int, Decimal, str]:
    """Order plain numbers by value and all else as text, such as ISO 8601 instants."""
    if _PLAIN_NUMBER.fullmatch(cursor):
        return 0, Decimal(cursor), ""
    return 1, Decimal(0), cursor
