"""The line (连接) to one caller of a bulk answer: how far it has come, and how to cut it.

The server takes every chunk at once, however slowly the caller reads, and ends a response that its
handler left in the middle as if it were whole. So the gateway looks at the caller's TCP connection
itself: it waits while too much is on the way, and cuts the connection of an answer that must not
look complete.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
from pathlib import Path

WINDOW = 4 * 1024 * 1024  # bytes on their way to one caller
_DESCRIPTORS = Path("/dev/fd")
_CLOSED = 7  # TCP_CLOSE as tcpi_state, its first byte
_ACKED_AT = 120  # tcpi_bytes_acked in Linux's struct tcp_info
_ACKED = struct.Struct("=Q")


class Line:
    """Looks at the connection with ``peer`` (``address:port``) through a descriptor of its own."""

    def __init__(self, peer: str) -> None:
        self._socket = _find(peer)
        self._before = self._acked() or 0
        self._sent = 0

    def sent(self, size: int) -> None:
        """Note that ``size`` bytes were handed to the server."""
        self._sent += size

    def arrived(self) -> int:
        """Return how many bytes the caller's side has acknowledged; all where none can tell."""
        acked = self._acked()
        return self._sent if acked is None else acked - self._before

    def full(self) -> bool:
        """Tell whether more than a window is on its way."""
        return self._sent > WINDOW and self._sent - self.arrived() > WINDOW

    def broken(self) -> bool:
        """Tell whether the caller is known to be gone."""
        told = self._told()
        return told is not None and told[0] == _CLOSED

    def cut(self) -> None:
        """Break the connection: the caller sees that the answer is not whole."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the caller was faster
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection; it lives on with the server."""
        if self._socket is not None:
            self._socket.close()

    def _acked(self) -> int | None:
        told = self._told()
        if told is None or len(told) < _ACKED_AT + _ACKED.size:
            return None
        acked: int = _ACKED.unpack_from(told, _ACKED_AT)[0]
        return acked

    def _told(self) -> bytes | None:
        """Return what the kernel tells of the connection, where it does."""
        if self._socket is None or not hasattr(socket, "TCP_INFO"):
            return None
        try:
            return self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except OSError:
            return None


def _find(peer: str) -> socket.socket | None:
    for path in _DESCRIPTORS.iterdir():
        with contextlib.suppress(OSError):  # closed since it was listed
            # Sockets only: closing a copy of a database's descriptor would drop its locks.
            if stat.S_ISSOCK(path.stat().st_mode):
                found = socket.socket(fileno=os.dup(int(path.name)))
                if _is(found, peer):
                    return found
                found.close()
    return None


def _is(found: socket.socket, peer: str) -> bool:
    if found.type != socket.SOCK_STREAM or found.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    try:
        address, port = found.getpeername()[:2]
    except OSError:
        return False
    return peer in (f"{address}:{port}", f"[{address}]:{port}")
