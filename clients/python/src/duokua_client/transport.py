"""One HTTP connection for each thread, kept open, by the standard library."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from duokua_client.errors import ConnectionFailed

_PIECE = 256 * 1024  # bytes
# What happens to a kept connection that the other side has closed meanwhile.
_STALE = (
    http.client.RemoteDisconnected,
    http.client.CannotSendRequest,
    http.client.NotConnected,
    BrokenPipeError,
    ConnectionResetError,
)


@dataclass(frozen=True)
class Response:
    """One response, read to its end or in pieces. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    pieces: Iterable[bytes] = ()

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait that the platform asks for."""
        value = self.headers.get("retry-after", "")
        return int(value) if value.isdecimal() else None


class Transport:
    """Sends requests to one platform. ``timeout`` is in seconds, for connecting and each read."""

    def __init__(self, url: str, timeout: float, context: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a platform: give http(s)://host[:port]")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout = timeout
        self._context = context
        self._local = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        """Send one request; a kept connection that turns out to be closed is opened once more.

        :raises ConnectionFailed: the platform cannot be reached or broke off.
        """
        kept = self._kept()
        try:
            return self._once(kept or self._opened(), method, path, headers, body)
        except _STALE as error:
            self._drop()
            if kept is None:
                raise ConnectionFailed(str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise ConnectionFailed(f"{self._host}: {error}") from error
        try:
            return self._once(self._opened(), method, path, headers, body)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise ConnectionFailed(f"{self._host}: {error}") from error

    def stream(self, path: str, headers: Mapping[str, str]) -> Response:
        """Ask for a file, to be read in pieces; a refusal is read to its end.

        It has a connection of its own: what is broken off leaves no rest for the next call.

        :raises ConnectionFailed: the platform cannot be reached or broke off, also in the pieces.
        """
        connection = self._made()
        try:
            connection.request("GET", self._prefix + path, headers=dict(headers))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            if answer.status in (200, 206):
                return Response(answer.status, told, b"", _pieces(connection, answer))
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionFailed(f"{self._host}: {error}") from error
        connection.close()
        return Response(answer.status, told, body)

    def close(self) -> None:
        """Close the connections of all threads; a later call opens its own again."""
        while self._open:
            self._open.pop().close()

    def _drop(self) -> None:
        broken = self._kept()
        if broken is not None:
            broken.close()
            self._open.discard(broken)
            self._local.connection = None

    def _kept(self) -> http.client.HTTPConnection | None:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        return found

    def _made(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _opened(self) -> http.client.HTTPConnection:
        made = self._made()
        made.auto_open = 0  # whoever was closed is opened here, and known
        self._local.connection = made
        self._open.add(made)
        made.connect()
        made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _once(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Response:
        connection.request(method, self._prefix + path, body, dict(headers))
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, told, answer.read())


def _pieces(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse
) -> Iterator[bytes]:
    """Yield a body; one that ends before its length is broken off."""
    told = answer.getheader("content-length", "")
    left = int(told) if told.isdecimal() else None
    try:
        while piece := answer.read(_PIECE):
            yield piece
            left = None if left is None else left - len(piece)
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionFailed(str(error)) from error
    finally:
        connection.close()
    if left:
        raise ConnectionFailed(f"{left} bytes are missing")
