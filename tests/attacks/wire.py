"""HTTP/1.1 as bytes over a connection that stays open: nothing between the attacker and the socket.

A client library would refuse, escape or mend what an attacker sends on purpose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

Headers = tuple[tuple[str, str], ...]
_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; ``target`` is sent as it stands."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def written(self, token: str | None) -> bytes:
        """Return the bytes of the request."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: district.example"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, its headers in their order with names in lower case."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def whole(self) -> bytes:
        """Return all of it as bytes, to be searched."""
        told = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return told.encode("latin-1") + b"\n" + self.body


class Wire:
    """A connection to a gateway; it is opened anew when the other side has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, ask: Ask, token: str | None) -> Answer:
        """Send one request and read its answer to the end.

        :raises OSError: the connection broke; :raises asyncio.IncompleteReadError: within an answer.
        """
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=_LIMIT
            )
        assert self._reader is not None
        self._writer.write(ask.written(token))
        try:
            answer = await _read(self._reader, ask.method)
        except BaseException:
            await self.close()
            raise
        if answer.header("connection").lower() == "close":
            await self.close()
        return answer

    async def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None


async def _read(reader: asyncio.StreamReader, method: str) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    status = int(first.split(" ", 2)[1])
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    told = dict(headers)
    if method == "HEAD" or status in (204, 304):
        return Answer(status, headers, b"")
    if told.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _chunks(reader))
    return Answer(status, headers, await reader.readexactly(int(told.get("content-length", "0"))))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
