"""Callers that read a bulk answer slowly, or not to its end."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

_BUFFER = 64 * 1024
PATH = "/data/wide_page?limit=all&format={format}"


class SlowReader:
    """A caller that has got the head and the first bytes of an export and reads no further."""

    def __init__(self, port: int, token: str, path: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.receipt = self._answer.getheader("duokua-receipt") or ""
        self.body = self._answer.read(1000)

    def rest(self) -> bytes:
        """Read to the end.

        :raises http.client.IncompleteRead: the answer was cut off.
        :raises ConnectionError: likewise.
        """
        return self._answer.read()

    def leave(self) -> None:
        """Close the connection."""
        self._answer.close()
        self._connection.close()


@contextmanager
def slow_readers(port: int, token: str, path: str, count: int = 1) -> Iterator[list[SlowReader]]:
    """Begin exports that stay unread."""
    readers: list[SlowReader] = []
    try:
        for _ in range(count):
            readers.append(SlowReader(port, token, path))
        yield readers
    finally:
        for reader in readers:
            reader.leave()
