"""The part of RSGI that the gateway uses, as protocols: what granian hands to a handler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

HeaderList = list[tuple[str, str]]


class Headers(Protocol):
    """Request headers; names are lower case. A value that is not ASCII is there, but not read."""

    def __contains__(self, key: str) -> bool:
        """Tell whether a header was sent."""

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return a header's value."""

    def items(self) -> HeaderList:
        """Return all headers."""


class Scope(Protocol):
    """One request."""

    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    headers: Headers


class Transport(Protocol):
    """A response that is being streamed."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a chunk."""


class HTTPProtocol(Protocol):
    """Reads a request's body and sends its response."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the body."""

    def response_bytes(self, status: int, headers: HeaderList, body: bytes) -> None:
        """Send a whole response."""

    def response_stream(self, status: int, headers: HeaderList) -> Transport:
        """Begin a streamed response."""
