"""The webhook and chat channels against a real server on loopback."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.notify.channels import webhook
from duokua.notify.channels.chat import Chat
from duokua.notify.channels.port import Channel, Outgoing, Undeliverable
from duokua.notify.channels.webhook import Webhook, signing_key

LETTER = Outgoing("message-1-1", Text("甲", "A"), Text("乙", "B"), "/store/inbox/")


@dataclass
class Receiver:
    """A server that keeps what it is sent and answers as told."""

    port: int
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.got.append((dict(self.headers), body))
            self.send_response(seen.status)
            if seen.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        seen = Receiver(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DUOKUA_PRIVATE_HOSTS", f"127.0.0.1:{seen.port}")
        yield seen
        server.shutdown()


def test_a_letter_is_signed(receiver: Receiver) -> None:
    place = f"http://127.0.0.1:{receiver.port}/hook?x=1"
    assert Webhook().reaches(place)
    Webhook().send(place, LETTER)
    headers, body = receiver.got[0]
    told = dict(each.split("=") for each in headers["Duokua-Signature"].split(","))
    signed = hmac.new(signing_key(place).encode(), f"{told['t']}.".encode() + body, "sha256")
    assert hmac.compare_digest(signed.hexdigest(), told["v1"])
    assert signing_key(place) != signing_key(place + "2")
    assert headers["Duokua-Delivery"] == LETTER.key
    assert json.loads(body)["title"] == {"zh": "甲", "en": "A"}


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_not_taken_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(Undeliverable):
        Webhook().send(f"http://127.0.0.1:{receiver.port}/hook", LETTER)
    assert len(receiver.got) == 1  # a redirect is not followed


@pytest.mark.parametrize(
    "place",
    [
        "http://example.org/",
        "http://127.0.0.1:1/",
        "ftp://example.org/",
        "https://user:secret@example.org/",
        "https://",
        "https://example.org:99999/",
        "https://example.org/ x",
        "https://示例.org/",
        "https://example.org/" + "x" * 300,
    ],
)
def test_where_letters_never_go(place: str) -> None:
    assert not Webhook().reaches(place)
    with pytest.raises(Undeliverable):
        Webhook().send(place, LETTER)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fd00::1",
     "::ffff:10.0.0.1", "0.0.0.0", "224.0.0.1", "100.64.0.1"],  # noqa: S104
)  # fmt: skip
def test_a_name_that_means_an_inner_machine_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def looked_up(*_: object, **__: object) -> list[object]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", (address, 443))]

    def connected(*_: object, **__: object) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr(webhook.socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(webhook.socket, "create_connection", connected)
    with pytest.raises(Undeliverable):
        Webhook().send("https://example.org/hook", LETTER)


def test_it_connects_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something else a moment later leads nowhere else."""
    seen: list[object] = []
    told = iter(["93.184.216.34", "10.0.0.1"])

    def looked_up(*_: object, **__: object) -> list[object]:
        return [(2, 1, 6, "", (next(told), 443))]

    def connected(address: object, *_: object) -> None:
        seen.append(address)
        raise OSError

    monkeypatch.setattr(webhook.socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(webhook.socket, "create_connection", connected)
    with pytest.raises(Undeliverable):
        Webhook().send("https://example.org/hook", LETTER)
    assert seen == [("93.184.216.34", 443)]


def test_a_chat_service_is_told(receiver: Receiver) -> None:
    place = f"json://127.0.0.1:{receiver.port}/chat"
    assert Chat().reaches(place)
    Chat().send(place, LETTER)
    told = json.loads(receiver.got[0][1])
    assert told["title"] == "甲" and told["message"].splitlines() == [
        "乙",
        "A",
        "B",
        "/store/inbox/",
    ]
    receiver.status = 500
    with pytest.raises(Undeliverable):
        Chat().send(place, LETTER)


@pytest.mark.parametrize(
    ("place", "reached"),
    [
        ("dingtalk://" + "a" * 32, True),
        ("json://127.0.0.1/", False),
        ("file:///etc/passwd", False),
        ("syslog://localhost", False),
        ("dingtalk://", False),
        ("mailto://user:pass@example.org", False),
    ],
)
def test_which_services_letters_may_go_to(place: str, reached: bool) -> None:
    assert Chat().reaches(place) is reached


@pytest.mark.parametrize("channel", [Webhook(), Chat()], ids=["webhook", "chat"])
@given(place=st.text(max_size=60))
def test_no_text_is_more_than_refused(channel: Channel, place: str) -> None:
    assert channel.reaches(place) in (True, False)
