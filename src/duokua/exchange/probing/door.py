"""The two ways to a governed call (探针通道): the gateway's door on loopback, or serving itself.

Without a gateway the same verdict path is gone in this process: seat, plan, quota, receipt.
"""

from __future__ import annotations

import csv
import http.client
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import quote

from duokua.exchange import policy
from duokua.exchange.probing.inside import Inside
from duokua.exchange.probing.values import GATEWAY, IN_PROCESS, Ask, Seen
from duokua.kernel import environment
from duokua.kernel.errors import Unavailable
from duokua.kernel.text import Text

_TIMEOUT_S = 10.0
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not listened on


class Door(Protocol):
    """Something that answers governed calls."""

    way: str

    def ask(self, call: Ask) -> Seen:
        """Return what a call answers.

        :raises Unavailable: nobody answers.
        """


@contextmanager
def open_door() -> Iterator[Door]:
    """Yield the door that callers use just now, once it serves the newest policy.

    :raises Unavailable: a gateway did not take over the policy in time, or does not answer.
    """
    with policy.store() as store:
        store.await_confirmation(store.version())
        runs = store.served()
    if runs:
        settings = environment.read()
        host = "127.0.0.1" if settings.host in _ANY else settings.host
        connection = http.client.HTTPConnection(host, settings.port, timeout=_TIMEOUT_S)
        try:
            yield OverHttp(connection)
        finally:
            connection.close()
        return
    with Inside.begin(IN_PROCESS) as inside:
        yield inside


class OverHttp:
    """The gateway on loopback."""

    way = GATEWAY

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection

    def ask(self, call: Ask) -> Seen:
        """Return what a call answers.

        :raises Unavailable: nobody answers.
        """
        path = f"/data/{quote(call.interface)}" + (f"/{call.part}" if call.part else "")
        path += f"?{call.query}" if call.query else ""
        headers = {"accept": "*/*"}
        if call.token is not None:
            headers["authorization"] = f"Bearer {call.token}"
        if call.purpose is not None:
            headers["duokua-purpose"] = quote(call.purpose)
        body = None
        if call.body is not None:
            headers["content-type"] = "application/json"
            body = json.dumps(call.body).encode()
        try:
            self._connection.request("POST" if body else "GET", path, body, headers)
            answer = self._connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise _silent() from None
        return _seen(answer.status, answer.headers.get_content_type(), told)


def _seen(status: int, media: str, told: bytes) -> Seen:
    if media == "text/csv":
        lines = sum(1 for _ in csv.reader(io.StringIO(told.decode("utf-8-sig"))))
        return Seen(status, most=max(0, lines - 1))
    try:
        body = json.loads(told)
    except ValueError:
        return Seen(status, "unreadable")
    if status != 200:
        return Seen(status, str(body.get("code", "")))
    return Seen(status, rows=list(body["rows"]), as_of=str(body.get("as_of", "")))


def _silent() -> Unavailable:
    return Unavailable(
        Text("网关没有应答探针", "the gateway does not answer the probe"),
        Text("请检查网关与监听端口", "check the gateway and the port it listens on"),
    )
