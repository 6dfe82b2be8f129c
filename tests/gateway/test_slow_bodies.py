"""Whoever sends a body slowly is judged when it is there: a grant that went meanwhile is gone."""

from __future__ import annotations

import json
import socket

import pytest

from duokua.lang.interface import Interface
from duokua.serving.policy import Change
from gateway import district
from gateway.test_verify import CHECK, SEEN, _home
from gateway.world import Gateway

CLAIM = {"resident_id": SEEN[0]["resident_id"], "phone": SEEN[0]["phone"]}


def _head(path: str, token: str, length: int) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1", "Host: gateway", f"Authorization: Bearer {token}",
        "Content-Type: application/json", f"Content-Length: {length}", "Connection: close",
        "Expect: 100-continue",
    )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize(
    ("interface", "path", "told"),
    [
        (CHECK, f"/data/{CHECK.id}", CLAIM),
        (district.page(), "/data/residents/exports", {"department": "D1"}),
        (district.page(), "/data/residents/query", {"limit": 1}),
    ],
    ids=["verify", "export", "query"],
)
def test_a_body_that_comes_after_the_revocation_is_refused(
    gateway: Gateway, interface: Interface, path: str, told: dict[str, object]
) -> None:
    _home(gateway.home)
    grant, token = gateway.granted(interface)
    body = json.dumps(told).encode()
    with socket.create_connection(("127.0.0.1", gateway.port), 60) as slow:
        slow.sendall(_head(path, token, len(body)))
        with slow.makefile("rb") as answer:
            # The gateway asks for the body: it has come as far as reading it.
            assert answer.readline().startswith(b"HTTP/1.1 100")
            assert answer.readline() == b"\r\n"
            gateway.home.publish(Change("grant", grant.id, None))
            slow.sendall(body)
            status = answer.readline()
            assert status.split()[1] == b"403", status + answer.read()
    assert not [one for one in gateway.home.receipts() if one.get("grant") == grant.id]
