"""The Python client against a real gateway, and against a door that is busy."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pytest

from duokua.lang.grant import Grant, Quota
from duokua.lang.mask import Keep
from duokua_client import (
    BadParameters,
    Client,
    ConnectionFailed,
    NotAuthenticated,
    NotFound,
    NotGranted,
    TooManyCalls,
    Unavailable,
)
from gateway import district
from gateway.world import AS_OF, SECRET, Gateway, free_port


def _client(gateway: Gateway, grant: Grant, **more: Any) -> Client:
    return Client(f"http://127.0.0.1:{gateway.port}", grant.client, SECRET, **more)


@pytest.fixture
def pages(gateway: Gateway) -> Iterator[tuple[Grant, Client]]:
    grant = gateway.home.grant(district.page(), columns=("id", "department", "active"))
    with _client(gateway, grant) as client:
        yield grant, client


def test_rows_come_page_after_page_each_with_its_receipt(
    gateway: Gateway, pages: tuple[Grant, Client]
) -> None:
    grant, client = pages
    rows = client.rows("residents", limit=700, department="D3")
    assert rows.receipt is None
    found = list(rows)
    expected = [row["id"] for row in district.rows() if row["department"] == "D3"]
    assert [row["id"] for row in found] == expected
    assert rows.as_of == AS_OF
    assert len(rows.receipts) == len(set(rows.receipts)) == -(-len(expected) // 700)
    told = gateway.home.receipt(rows.receipts[-1])
    assert (told["grant"], told["rows"]) == (grant.id, len(expected) % 700)
    assert list(rows) == [], "what is used up stays used up"


def test_no_page_is_fetched_before_it_is_needed(pages: tuple[Grant, Client]) -> None:
    rows = pages[1].rows("residents", limit=10)
    for _ in range(10):
        next(rows)
    assert len(rows.receipts) == 1
    next(rows)
    assert len(rows.receipts) == 2


def test_parameters_of_every_kind(gateway: Gateway) -> None:
    grant = gateway.home.grant(district.page())
    with _client(gateway, grant) as client:
        residents = district.rows()
        active = list(client.rows("residents", active=True, name=None, limit=10_000))
        assert len(active) == sum(row["active"] is True for row in residents)
        named = list(client.rows("residents", name="姓名3", limit=10_000))
        assert len(named) == sum(row["name"] == "姓名3" for row in residents)


def test_a_look_up_finds_one_row_or_none(gateway: Gateway) -> None:
    grant = gateway.home.grant(district.lookup(), masks=(("name", Keep(1, 0)),))
    with _client(gateway, grant) as client:
        found = client.lookup("resident_by_id", id=7)
        assert found is not None
        assert found["id"] == 7 and found["name"] == "姓****"
        assert gateway.home.receipt(found.receipt)["rows"] == 1
        assert client.lookup("resident_by_id", id=10**9) is None


def test_all_rows_as_one_arrow_table(gateway: Gateway, pages: tuple[Grant, Client]) -> None:
    table = pages[1].arrow("residents", department="D3")
    assert table.num_rows == sum(row["department"] == "D3" for row in district.rows())
    assert table.schema.field("active").type == pa.bool_()
    receipt = table.schema.metadata[b"receipt"].decode()
    assert gateway.home.receipt(receipt)["grant"] == pages[0].id


def test_a_purpose_in_chinese_is_asked_for_and_stated(gateway: Gateway) -> None:
    client = gateway.home.client()
    for purpose in ("工地巡查", "年度统计"):
        gateway.home.grant(district.lookup(), client=client, purpose=purpose)
    grant = gateway.home.order(district.lookup(), client=client)
    with _client(gateway, grant, purpose="工地巡查") as first:
        found = first.lookup("resident_by_id", id=1)
        assert found is not None
        assert gateway.home.receipt(found.receipt)["purpose"] == "工地巡查"
    with _client(gateway, grant, language="en") as none:
        with pytest.raises(BadParameters) as told:
            none.lookup("resident_by_id", id=1)
        assert "工地巡查" in told.value.detail


def test_what_is_open_needs_no_credentials(gateway: Gateway) -> None:
    with Client(f"http://127.0.0.1:{gateway.port}/") as anybody:
        assert anybody.lookup("open_by_id", id=4) is not None
        assert {one.interface for one in anybody.interfaces()} == {"open_by_id", "open_page"}
        assert [one.interface for one in anybody.interfaces("分页")] == ["open_page"]
        with pytest.raises(NotAuthenticated, match="token_missing"):
            anybody.lookup("resident_by_id", id=1)


def test_refusals_are_exceptions_that_say_how_to_mend(pages: tuple[Grant, Client]) -> None:
    _, client = pages
    with pytest.raises(BadParameters) as told:
        list(client.rows("residents", limit=0, nope="x", id_above="y"))
    assert told.value.code == "parameters_invalid" and told.value.status == 422
    assert {each.pointer for each in told.value.errors} == {"/limit", "/nope", "/id_above"}
    assert all(each.detail and each.mend for each in told.value.errors)
    with pytest.raises(NotGranted) as refused:
        client.lookup("resident_by_id", id=1)
    assert refused.value.code == "not_granted" and "/store/" in refused.value.mend
    with pytest.raises(NotFound):
        list(client.rows("nothing_like_it"))


def test_wrong_credentials_and_a_closed_door(gateway: Gateway) -> None:
    base = f"http://127.0.0.1:{gateway.port}"
    refused = pytest.raises(NotAuthenticated, match="invalid_client")
    with Client(base, "nobody", "wrong") as wrong, refused:
        wrong.lookup("resident_by_id", id=1)
    nobody_there = f"http://127.0.0.1:{free_port()}"
    with Client(nobody_there) as client, pytest.raises(ConnectionFailed):
        client.lookup("open_by_id", id=1)
    with pytest.raises(ValueError, match="address of a platform"):
        Client("data.example")


def test_a_quota_that_is_used_up_is_not_waited_for(gateway: Gateway) -> None:
    waits: list[float] = []
    grant = gateway.home.grant(district.lookup(), quota=Quota(calls_per_day=1))
    with _client(gateway, grant, sleep=waits.append, longest_wait=0.5) as client:
        client.lookup("resident_by_id", id=1)
        with pytest.raises(TooManyCalls) as told:
            client.lookup("resident_by_id", id=1)
    assert told.value.code == "quota_exhausted" and told.value.retry_after
    assert waits == []


def test_a_call_that_was_too_fast_is_sent_again_when_it_may(gateway: Gateway) -> None:
    grant = gateway.home.grant(district.lookup(), quota=Quota(calls_per_second=1))
    with _client(gateway, grant, retries=20) as client:
        assert all(client.lookup("resident_by_id", id=n) is not None for n in range(3))


class Busy(BaseHTTPRequestHandler):
    """Answers what it is told to, once each."""

    protocol_version = "HTTP/1.1"
    script: list[tuple[int, dict[str, str], bytes]]
    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer()

    def _answer(self) -> None:
        self.seen.append((self.path, self.headers.get("authorization")))
        status, headers, body = self.script.pop(0)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = "X-Close" in headers

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def door(*script: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, type[Busy]]]:
    """A server that answers by ``script``."""
    handler = type("Scripted", (Busy,), {"script": list(script), "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", handler
        finally:
            server.shutdown()
            thread.join()


ROW = (200, {}, b'{"rows":[{"a":1}],"next":null,"as_of":"t","receipt":"r-1"}')
BUSY = (503, {"Retry-After": "3"}, b'{"code":"overloaded"}')
ENDED = (401, {}, b'{"code":"token_expired"}')


def _token(name: str, seconds: int = 3600) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"access_token": name, "expires_in": seconds}).encode()


def test_it_waits_as_long_as_it_is_told_and_not_for_ever() -> None:
    waits: list[float] = []
    with door(BUSY, (429, {"Retry-After": "2"}, b""), ROW, BUSY, BUSY, BUSY) as (url, _):
        with Client(url, sleep=waits.append) as client:
            assert client.lookup("x", a=1) == {"a": 1}
        assert waits == [3.0, 2.0]
        with Client(url, sleep=waits.append, retries=2) as client, pytest.raises(Unavailable):
            client.lookup("x", a=1)
    assert waits == [3.0, 2.0, 3.0, 3.0]


def test_without_an_hour_to_come_back_it_waits_longer_each_time() -> None:
    waits: list[float] = []
    lost = (503, {}, b"not json")
    with door(lost, lost, lost, ROW) as (url, _), Client(url, sleep=waits.append) as client:
        client.lookup("x", a=1)
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits)] == [True] * 3


@pytest.mark.parametrize(
    ("script", "tokens"),
    [
        ((_token("a"), ENDED, _token("b"), ROW), [None, "Bearer a", None, "Bearer b"]),
        ((_token("a", 1), ROW, _token("b"), ROW), [None, "Bearer a", None, "Bearer b"]),
    ],
    ids=["refused", "about to end"],
)
def test_a_token_that_ends_is_renewed(script: tuple[Any, ...], tokens: list[str | None]) -> None:
    with door(*script) as (url, handler), Client(url, "c", "s") as client:
        client.lookup("x", a=1)
        if handler.script:
            client.lookup("x", a=1)
    assert [authorization for _, authorization in handler.seen] == tokens


def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    closing = (200, {"X-Close": "1"}, ROW[2])
    with door(closing, ROW) as (url, handler), Client(url) as client:
        client.lookup("x", a=1)
        client.lookup("x", a=1)
        assert len(handler.seen) == 2
        client.close()
        handler.script.append(ROW)
        assert client.lookup("x", a=1) == {"a": 1}


def test_many_threads_ask_for_one_token() -> None:
    with door(_token("a"), *[ROW] * 8) as (url, handler), Client(url, "c", "s") as client:
        _together(lambda: client.lookup("x", a=1), 8)
    assert [path for path, _ in handler.seen].count("/oauth/token") == 1


def _together(work: Callable[[], object], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
