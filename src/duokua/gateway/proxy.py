"""What is not the gateway's own goes to the portal over its Unix socket, streamed both ways."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote

import aiohttp
from yarl import URL

from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.serving.problems import Refusal

_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "host",
        "expect",
    )
)
# What the portal believes about the caller comes from here and from nobody else.
_OURS = frozenset(("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"))
_PATH_SAFE = "/:@!$&'()*+,;=~"
_WHOLE = 64 * 1024
_MAX_GATHERED = 16 * 1024 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5, sock_read=120)
_log = logging.getLogger("duokua.gateway.proxy")


class Portal:
    """The connection to the portal."""

    def __init__(self, socket: Path, wait_s: Callable[[], float] = lambda: 0.0) -> None:
        self._socket = socket
        self._wait_s = wait_s
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(self._socket), limit=64),
            auto_decompress=False,
            timeout=_TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def healthy(self) -> bool:
        """Tell whether the portal answers."""
        assert self._session is not None  # noqa: S101 - started before the port opens
        try:
            async with self._session.get("http://portal/portal-health") as response:
                return response.status < 500
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def forward(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Pass one request on and its response back.

        :raises Refusal: ``unavailable``: the portal is not there (it is being restarted).
        """
        assert self._session is not None  # noqa: S101 - started before the port opens
        # The server hands over the path decoded; a "?" or a space in it is not one of the request.
        target = quote(scope.path, safe=_PATH_SAFE)
        target += f"?{scope.query_string}" if scope.query_string else ""
        if (wait := self._wait_s()) > 0:
            await asyncio.sleep(wait)
        try:
            async with self._session.request(
                scope.method,
                URL(f"http://portal{target}", encoded=True),
                headers=_request_headers(scope),
                data=await _body(scope, proto),
                allow_redirects=False,
            ) as response:
                await _send_back(proto, response)
        except (aiohttp.ClientConnectionError, TimeoutError, OSError) as error:
            _log.warning("portal does not answer", extra={"error": str(error)})
            raise Refusal("unavailable", part="portal", retry_after=2) from None


async def _body(scope: Scope, proto: HTTPProtocol) -> AsyncIterator[bytes] | bytes | None:
    """Stream a body of known length; WSGI needs the length, so a chunked one is gathered first."""
    if scope.method in ("GET", "HEAD", "OPTIONS"):
        return None
    if scope.headers.get("content-length") is not None:
        return _chunks(proto)
    gathered = b""
    async for chunk in proto:
        gathered += chunk
        if len(gathered) > _MAX_GATHERED:
            raise Refusal("too_large")
    return gathered


async def _chunks(proto: HTTPProtocol) -> AsyncIterator[bytes]:
    async for chunk in proto:
        yield chunk


def _request_headers(scope: Scope) -> list[tuple[str, str]]:
    headers = [
        (name, value)
        for name, value in scope.headers.items()
        # WSGI reads `x_forwarded_for` and `x-forwarded-for` as one: no name with a "_" gets through.
        if name not in _HOP and name not in _OURS and "_" not in name
    ]
    host = scope.headers.get("host") or ""
    return [
        *headers,
        ("host", host),
        ("x-forwarded-for", scope.client.rpartition(":")[0]),
        ("x-forwarded-proto", scope.scheme),
        ("x-forwarded-host", host),
    ]


async def _send_back(proto: HTTPProtocol, response: aiohttp.ClientResponse) -> None:
    headers = [
        (name.lower(), value)
        for name, value in response.headers.items()
        if name.lower() not in _HOP and name.lower() != "content-length"
    ]
    length = response.content_length
    if length is not None and length <= _WHOLE:
        proto.response_bytes(response.status, headers, await response.read())
        return
    transport = proto.response_stream(response.status, headers)
    async for chunk in response.content.iter_any():
        await transport.send_bytes(chunk)
