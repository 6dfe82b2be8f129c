"""What the portal is told of a request: its path as it was, and nothing that a caller forged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from duokua.gateway.proxy import Portal


class Told(dict[str, str]):
    """Request headers by name, as the server hands them over."""


@dataclass
class Asked:
    """A request."""

    path: str
    query_string: str = ""
    client: str = "10.0.0.7:4000"
    scheme: str = "http"
    method: str = "GET"
    headers: Told = field(default_factory=lambda: Told(host="district.example"))


class Answered:
    """Keeps what was answered."""

    status = 0

    def response_bytes(self, status: int, headers: object, body: bytes) -> None:
        self.status = status


async def _head(scope: Asked, socket: Path) -> bytes:
    """Forward one request to a portal that answers at once; return what the portal was sent."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    portal, answer = Portal(socket), Answered()
    async with await asyncio.start_unix_server(serve, socket):
        await portal.start()
        await portal.forward(scope, answer)  # type: ignore[arg-type]
        await portal.close()
    assert answer.status == 204
    return seen[0]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/store/datasets/a b/", b"/store/datasets/a%20b/"),
        ("/s/a?format=csv", b"/s/a%3Fformat=csv?q=1"),
        ("/s/a#b%41", b"/s/a%23b%2541"),
        ("/x\r\nx-forwarded-for: 1.1.1.1\r\n/y", b"/x%0D%0Ax-forwarded-for:%201.1.1.1%0D%0A/y"),
        ("/数据/", b"/%E6%95%B0%E6%8D%AE/"),
    ],
)
def test_the_path_stays_one_path(path: str, line: bytes, tmp_path: Path) -> None:
    scope = Asked(path, query_string="q=1" if b"?" in line else "")
    head = asyncio.run(_head(scope, tmp_path / "s"))
    assert head.split(b"\r\n")[0] == b"GET " + line + b" HTTP/1.1"


def test_forged_headers_stay_outside(tmp_path: Path) -> None:
    forged = Told({"host": "district.example", "accept": "text/html"})
    for name in ("x-forwarded-for", "x_forwarded_for", "x_forwarded_host", "x_forwarded_proto"):
        forged[name] = "6.6.6.6"
    head = asyncio.run(_head(Asked("/me/", headers=forged), tmp_path / "s")).lower()
    assert b"6.6.6.6" not in head
    assert b"x-forwarded-for: 10.0.0.7\r\n" in head
    assert b"accept: text/html\r\n" in head
