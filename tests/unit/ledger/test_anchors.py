"""Anchors reach a second place, on time, also over a bad line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from duokua.ledger.anchor import Anchor, FolderPlace, Outbox, UrlPlace, last_anchor, read_anchors
from duokua.ledger.anchoring import Anchorer
from ledgers import AT

HOUR_S = 3600.0
PATIENCE_S = 60.0


class Notary:
    """A real server on the loopback that refuses the first ``refusals`` anchors."""

    def __init__(self, refusals: int = 0) -> None:
        self.told: list[int] = []
        self.refused = 0
        self.got_one = threading.Event()
        notary = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                anchor = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if notary.refused < refusals:
                    notary.refused += 1
                    self.send_error(503)
                    return
                notary.told.append(anchor["seq"])
                self.send_response(204)
                self.end_headers()
                notary.got_one.set()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/anchors"


@contextmanager
def _notary(refusals: int = 0) -> Iterator[Notary]:
    notary = Notary(refusals)
    thread = threading.Thread(target=notary.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield notary
    finally:
        notary.server.shutdown()
        notary.server.server_close()
        thread.join()


class Watched:
    """A place that tells when something has arrived."""

    def __init__(self, folder: Path) -> None:
        self.inner = FolderPlace(folder, "receipts")
        self.journal = self.inner.journal
        self.arrived = threading.Semaphore(0)

    def deliver(self, anchors: Sequence[Anchor]) -> int:
        count = self.inner.deliver(anchors)
        for _ in range(count):
            self.arrived.release()
        return count


def _links(first: int, last: int) -> list[tuple[int, bytes]]:
    return [(seq, b"%064x" % seq) for seq in range(first, last + 1)]


def _anchor(seq: int) -> Anchor:
    return Anchor("receipts", seq, f"{seq:064x}", AT)


@pytest.mark.parametrize("step", [1, 7, 999, 1000, 1001, 4500])
def test_exactly_the_thousands_and_the_newest_on_stopping(tmp_path: Path, step: int) -> None:
    place = Watched(tmp_path)
    anchorer = Anchorer("receipts", place, Outbox(tmp_path), anchored=0, every_s=HOUR_S)
    anchorer.start()
    for first in range(1, 4501, step):
        anchorer.note(_links(first, min(first + step - 1, 4500)))
    anchorer.stop()
    told = read_anchors(place.journal)
    assert [anchor.seq for anchor in told] == [1000, 2000, 3000, 4000, 4500]
    assert all(anchor.link == f"{anchor.seq:064x}" for anchor in told)
    assert anchorer.anchored == 4500


def test_the_newest_is_anchored_when_the_time_has_passed(tmp_path: Path) -> None:
    place = Watched(tmp_path)
    anchorer = Anchorer("receipts", place, Outbox(tmp_path), anchored=0, every_s=0.02)
    anchorer.start()
    for last in (3, 8, 9):
        anchorer.note(_links(last, last))
        assert place.arrived.acquire(timeout=PATIENCE_S)
    anchorer.stop()
    assert [anchor.seq for anchor in read_anchors(place.journal)] == [3, 8, 9]


def test_nothing_new_needs_no_anchor(tmp_path: Path) -> None:
    anchorer = Anchorer("receipts", Watched(tmp_path), Outbox(tmp_path), anchored=9, every_s=HOUR_S)
    anchorer.note(_links(1, 9))
    anchorer.start()
    anchorer.stop()
    assert not (tmp_path / "receipts.anchors").exists()


def test_what_a_crash_left_unanchored_goes_out_at_the_start(tmp_path: Path) -> None:
    place = Watched(tmp_path)
    anchorer = Anchorer("receipts", place, Outbox(tmp_path), anchored=900, every_s=HOUR_S)
    anchorer.note(_links(700, 2100))
    anchorer.start()
    for _ in range(3):
        assert place.arrived.acquire(timeout=PATIENCE_S)
    assert [anchor.seq for anchor in read_anchors(place.journal)] == [1000, 2000, 2100]
    anchorer.stop()


def test_an_address_gets_each_anchor_in_order_though_it_refuses_at_first(tmp_path: Path) -> None:
    with _notary(refusals=2) as notary:
        place = UrlPlace(notary.url, tmp_path / "anchors.sent")
        anchorer = Anchorer(
            "receipts", place, Outbox(tmp_path), anchored=0, every_s=HOUR_S, backoff_s=0.01
        )
        anchorer.start()
        anchorer.note(_links(1, 3500))
        assert notary.got_one.wait(PATIENCE_S)
        anchorer.stop()
    assert notary.refused == 2
    assert notary.told == [1000, 2000, 3000, 3500]
    last = last_anchor(place.journal)
    assert last is not None and last.seq == 3500
    assert not Outbox(tmp_path).path.exists()


def test_what_cannot_be_delivered_waits_on_disk_for_the_next_start(tmp_path: Path) -> None:
    with _notary() as notary:
        url = notary.url  # nobody listens there any more
    place = UrlPlace(url, tmp_path / "anchors.sent")
    anchorer = Anchorer("receipts", place, Outbox(tmp_path), anchored=0, every_s=HOUR_S)
    anchorer.start()
    anchorer.note(_links(1, 1200))
    anchorer.stop()
    assert [anchor.seq for anchor in Outbox(tmp_path).load()] == [1000, 1200]
    with _notary() as notary:
        place = UrlPlace(notary.url, tmp_path / "anchors.sent")
        anchorer = Anchorer("receipts", place, Outbox(tmp_path), anchored=0, every_s=HOUR_S)
        anchorer.start()
        anchorer.stop()
    assert notary.told == [1000, 1200]
    assert Outbox(tmp_path).load() == []


def test_a_folder_that_cannot_be_written_keeps_the_anchors_in_the_outbox(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    place = FolderPlace(tmp_path / "file" / "anchors", "receipts")
    anchorer = Anchorer("receipts", place, Outbox(tmp_path), anchored=0, every_s=HOUR_S)
    anchorer.start()
    anchorer.note(_links(1, 5))
    anchorer.stop()
    assert [anchor.seq for anchor in Outbox(tmp_path).load()] == [5]


def test_the_outbox_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.save([_anchor(seq) for seq in range(1, 10_501)])
    kept = outbox.load()
    assert (len(kept), kept[0].seq, kept[-1].seq) == (10_000, 501, 10_500)


def test_a_line_torn_by_a_crash_spoils_no_other_anchor(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path, "receipts")
    place.deliver([_anchor(1)])
    with place.journal.open("ab") as file:
        file.write(_anchor(2).line()[:40])
    place.deliver([_anchor(3)])
    assert [anchor.seq for anchor in read_anchors(place.journal)] == [1, 3]
    assert last_anchor(place.journal) == _anchor(3)
