"""The Python client and every shape of interface: queries, cubes, feeds, exports."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from duokua.lang.contract import Kind
from duokua.lang.grant import Grant
from duokua_client import BadParameters, Client, ExportFailed, Gone, NotFound, NotGranted
from gateway import decoding, district
from gateway.asking import serve_cube
from gateway.feeds import Feed, edited
from gateway.test_client import _token, door
from gateway.test_cube import INTERFACE as CUBE
from gateway.test_cube import expected, people
from gateway.test_inference import CONTRACT
from gateway.test_query import PAGE as STATION_PAGE
from gateway.test_query import STATION_ROWS, STATIONS
from gateway.test_verify import CHECK, SEEN, _home
from gateway.world import SECRET, Gateway, Reply

KINDS = {"id": Kind.INTEGER, "department": Kind.STRING}


def _client(gateway: Gateway, grant: Grant, port: int | None = None, **more: float) -> Client:
    url = f"http://127.0.0.1:{port or gateway.port}"
    return Client(url, grant.client, SECRET, **more)  # type: ignore[arg-type]


def test_a_claim_is_true_or_false(gateway: Gateway) -> None:
    _home(gateway.home)
    row = SEEN[11]
    who = {"resident_id": str(row["resident_id"])}
    with _client(gateway, gateway.home.grant(CHECK)) as client:
        right = client.verify(CHECK.id, **who, phone=str(row["phone"]))
        assert right and gateway.home.receipt(right.receipt)["rows"] == 1
        assert not client.verify(CHECK.id, **who, phone="10099999999")


def test_a_query_goes_on_page_after_page(gateway: Gateway) -> None:
    gateway.home.serve(STATION_PAGE, STATIONS, STATION_ROWS)
    with _client(gateway, gateway.home.grant(STATION_PAGE)) as client:
        where = {"field": "live", "value": True}
        rows = client.query(STATION_PAGE.id, select=["id"], where=where, limit=400)
        ids = [row["id"] for row in STATION_ROWS if row["live"] is True]
        assert [row["id"] for row in rows] == ids
        assert len(set(rows.receipts)) == -(-len(ids) // 400)
        groups = client.query(
            STATION_PAGE.id, group=["street"], aggregate=[{"fn": "count", "as": "n"}],
            order=[{"field": "n", "dir": "desc"}],
        )  # fmt: skip
        told = [row["n"] for row in groups]
        assert sum(told) == len(STATION_ROWS) and told == sorted(told, reverse=True)
        with pytest.raises(BadParameters) as wrong:
            list(client.query(STATION_PAGE.id, select=["no_such"]))
        assert wrong.value.errors[0].pointer == "/select/0"


def test_the_groups_of_a_cube(gateway: Gateway) -> None:
    serve_cube(gateway.home, CUBE, CONTRACT, people())
    grant = gateway.home.grant(CUBE)
    with _client(gateway, grant) as client:
        rows = client.aggregate(CUBE.id, ["street"], young=True)
        assert list(rows) == expected(("street",), lambda row: row["young"] is True)
        assert gateway.home.receipt(str(rows.receipt))["grant"] == grant.id
        assert list(client.aggregate(CUBE.id)) == expected(())
        assert list(client.aggregate(CUBE.id, "street")) == expected(("street",))
        both = client.aggregate(CUBE.id, ("street", "young"), limit=3)
        assert list(both) == expected(("street", "young"))[:3]


def test_changes_and_the_version_to_come_back_with(gateway: Gateway) -> None:
    feed = Feed(gateway)
    feed.load(district.rows(50))
    with _client(gateway, gateway.home.grant(feed.interface, valid_from=1.0)) as client:
        whole = client.changes(feed.interface.id, limit=20)
        assert [next(whole)["id"] for _ in range(50)] == list(range(50))
        assert whole.version is None, "who stops here has not read all"
        assert list(whole) == [] and whole.version == 1 and len(whole.receipts) == 3
        feed.load(edited(district.rows(50)))
        since = client.changes(feed.interface.id, whole.version, limit=3)
        assert [(row["id"], row["_change"]) for row in since] == [
            (1, "delete"), (2, "upsert"), (3, "upsert"), (90, "upsert"),
        ]  # fmt: skip
        assert since.version == 2
        again = client.changes(feed.interface.id, since=2)
        assert list(again) == [] and again.version == 2
        with pytest.raises(Gone) as told:
            list(client.changes(feed.interface.id, since=0))
        assert told.value.code == "changes_too_old"


# --- exports -----------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["csv", "arrow", "parquet"])
def test_an_export_is_a_file(gateway: Gateway, tmp_path: Path, format_: str) -> None:
    grant = gateway.home.grant(district.page(), columns=("id", "department"))
    path = tmp_path / f"rows.{format_}"
    path.write_bytes(b"of yesterday")
    with _client(gateway, grant) as client:
        told = client.export("residents", format_, path, department="D3")  # type: ignore[arg-type]
        rows = [row for row in district.rows() if row["department"] == "D3"]
        assert (told.path, told.rows, told.bytes) == (path, len(rows), path.stat().st_size)
        found = decoding.rows(Reply(200, {}, path.read_bytes()), format_, KINDS)
        text = str if format_ == "csv" else lambda value: value
        assert found == [{name: text(row[name]) for name in KINDS} for row in rows]
        assert gateway.home.receipt(told.receipt)["grant"] == grant.id
        for _ in range(6):  # nothing is left on the platform: more than it keeps of a grant
            client.export("residents", "csv", str(path), department="D4")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert not [
        job for job in gateway.home.settings.exports.glob("*/job.json")
        if json.loads(job.read_text())["grant"] == grant.id
    ]  # fmt: skip


def test_an_export_that_is_refused_leaves_no_file(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with _client(gateway, gateway.home.grant(district.page())) as client:
        with pytest.raises(BadParameters, match="nothing"):
            client.export("residents", "csv", path, nothing=1)
        with pytest.raises(NotGranted):
            client.export("wide_page", "csv", path)
    with _client(gateway, gateway.home.grant(district.lookup())) as client, pytest.raises(NotFound):
        client.export("resident_by_id", "csv", path)
    assert not list(tmp_path.iterdir())


@contextmanager
def cutting(port: int, *most: int) -> Iterator[tuple[int, list[bytes]]]:
    """A relay that breaks off the first downloads after so many bytes; tells what was asked."""
    asked: list[bytes] = []
    left = list(most)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_relay, args=(server, port, left, asked))
        thread.start()
        try:
            yield server.getsockname()[1], asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _relay(server: socket.socket, port: int, left: list[int], asked: list[bytes]) -> None:
    threads = []
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            break
        threads.append(threading.Thread(target=_pair, args=(near, port, left, asked)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _pair(near: socket.socket, port: int, left: list[int], asked: list[bytes]) -> None:
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        first = near.recv(65_536)
        download = b"/data HTTP/1.1" in first
        if download:
            asked.append(first)
        far.sendall(first)
        back = threading.Thread(target=_pump, args=(near, far, None))
        back.start()
        _pump(far, near, left.pop(0) if download and left else None)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        back.join()


def _pump(source: socket.socket, sink: socket.socket, most: int | None) -> None:
    with suppress(OSError):
        while most != 0:
            data = source.recv(65_536 if most is None else min(65_536, most))
            if not data:
                break
            sink.sendall(data)
            most = None if most is None else most - len(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def test_a_download_that_breaks_off_goes_on_where_it_was(gateway: Gateway, tmp_path: Path) -> None:
    grant = gateway.home.grant(district.page())
    with _client(gateway, grant) as client:
        client.export("residents", "csv", tmp_path / "whole.csv")
    with (
        cutting(gateway.port, 200_000, 100_000, 10) as (port, asked),
        _client(gateway, grant, port) as client,
    ):
        told = client.export("residents", "csv", tmp_path / "cut.csv")
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert told.rows == district.ROWS
    assert len(asked) == 4
    begun = [head.lower().partition(b"range: bytes=")[2].partition(b"-")[0] for head in asked]
    begins = [int(begin or 0) for begin in begun]
    assert begins[0] == 0 < begins[1] < begins[2] == begins[3], begins


JOB = {"id": "e", "href": "/data/x/exports/e", "receipt": "r-1", "as_of": "t", "rows": None}


def test_an_export_that_failed_or_takes_too_long_is_told(tmp_path: Path) -> None:
    def told(state: str) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({**JOB, "state": state}).encode()

    gone = (404, {}, b"")
    waits: list[float] = []
    with (
        door(_token("a"), told("running"), told("failed"), gone) as (url, _),
        Client(url, "c", "s", sleep=waits.append) as client,
        pytest.raises(ExportFailed, match="r-1"),
    ):
        client.export("x", "csv", tmp_path / "x.csv")
    with (
        door(_token("a"), *[told("running")] * 4, gone) as (url, handler),
        Client(url, "c", "s", sleep=waits.append, longest_export=0.5) as client,
        pytest.raises(ExportFailed, match="not done"),
    ):
        client.export("x", "csv", tmp_path / "x.csv")
    assert waits == [0.1, 0.1, 0.2, 0.4]
    assert len(handler.seen) == 6, "the order is taken back"
