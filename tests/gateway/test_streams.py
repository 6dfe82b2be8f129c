"""Long answers: two receipts, held back for slow callers, and never cut off unnoticed."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import signal
import threading
import time
import zlib
from pathlib import Path

import pytest

from duokua.lang.grant import Quota
from duokua.serving.policy import Change
from duokua.serving.pool import WAITING, WORKERS
from gateway import district
from gateway.problem import check
from gateway.reading import PATH, SlowReader, slow_readers
from gateway.world import Gateway, Reply, wait_for

FORMATS = ["csv", "arrow", "parquet"]
BIG = ["csv", "arrow"]  # Parquet packs equal texts to nothing
CUT = (http.client.IncompleteRead, ConnectionError)


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_leaves_two_receipts(gateway: Gateway, format_: str) -> None:
    grant, token = gateway.granted(district.page())
    reply = gateway.ask(f"/data/residents?limit=all&format={format_}", token=token)
    receipt = reply.headers["duokua-receipt"]
    opening = gateway.home.receipt(receipt)
    closing = wait_for(lambda: gateway.home.closing(receipt), "the closing receipt")
    assert opening["grant"] == grant.id
    assert (opening["rows"], opening["subjects"], opening["format"]) == (None, None, format_)
    assert opening["reserved"] == grant.row_cap
    assert (closing["status"], closing["rows"]) == ("complete", district.ROWS)
    assert closing["bytes"] == len(reply.body)
    assert closing["seq"] > opening["seq"]


def test_the_closing_receipt_holds_the_subjects(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page())
    path = "/data/residents?limit=1500&department=D2&format=csv"
    page = gateway.ask(path, token=token).headers["duokua-receipt"]
    closing = wait_for(lambda: gateway.home.closing(page), "the closing receipt")
    packed = closing["subjects"]
    if packed is None:
        folder = gateway.home.settings.ledger
        (path_,) = list(Path(folder).rglob(f"*{closing['subjects_file']}*"))
        raw = path_.read_bytes()
        with contextlib.suppress(zlib.error):
            raw = zlib.decompress(raw)
    else:
        raw = zlib.decompress(base64.b64decode(packed))
    assert len(raw) == 8 * closing["rows"] == 8 * 1500
    assert len({raw[i : i + 8] for i in range(0, len(raw), 8)}) == 1500


@pytest.mark.parametrize("format_", BIG)
def test_a_revoked_export_is_cut_off(gateway: Gateway, format_: str) -> None:
    grant, token = gateway.granted(district.wide())
    with slow_readers(gateway.port, token, PATH.format(format=format_)) as (reader,):
        gateway.home.publish(Change("grant", grant.id, None))
        closing = wait_for(lambda: gateway.home.closing(reader.receipt), "the closing receipt")
        assert closing["status"] == "aborted"
        with pytest.raises(CUT):
            reader.rest()


@pytest.mark.parametrize("format_", BIG)
def test_an_export_ends_with_its_grant(gateway: Gateway, format_: str) -> None:
    _, token = gateway.granted(district.wide(), valid_until=time.time() + 3)
    with slow_readers(gateway.port, token, PATH.format(format=format_)) as (reader,):
        if reader.status != 200:
            pytest.skip("this machine was too slow: the grant ended before the export began")
        closing = wait_for(lambda: gateway.home.closing(reader.receipt), "the closing receipt")
        assert closing["status"] == "aborted"
        with pytest.raises(CUT):
            reader.rest()


@pytest.mark.parametrize("format_", BIG)
def test_a_caller_that_leaves(gateway: Gateway, format_: str) -> None:
    grant, token = gateway.granted(district.wide())
    reader = SlowReader(gateway.port, token, PATH.format(format=format_))
    reader.leave()
    closing = wait_for(lambda: gateway.home.closing(reader.receipt), "the closing receipt")
    assert (closing["status"], closing["rows"]) == ("aborted", grant.row_cap)
    wait_for(lambda: gateway.ask("/readyz").json["parts"]["export"]["status"] == "ok")
    again = gateway.ask("/data/wide_page?limit=1500&format=csv", token=token)
    assert again.status == 200


def test_a_slow_caller_does_not_fill_the_memory(gateway: Gateway) -> None:
    """60 MB are on their way to somebody who reads nothing; the gateway holds a window of it."""
    _, token = gateway.granted(district.wide())
    before = _resident_kb(gateway)
    with slow_readers(gateway.port, token, PATH.format(format="csv"), 2) as readers:
        for _ in range(20):  # other callers are answered meanwhile
            assert gateway.ask("/data/wide_page?limit=2", token=token).status == 200
        assert all(gateway.home.closing(reader.receipt) is None for reader in readers)
        assert _resident_kb(gateway) - before < 40_000
        whole = readers[0].body + readers[0].rest()
        assert whole.count(b"\n") == district.WIDE_ROWS + 1
        closing = wait_for(lambda: gateway.home.closing(readers[0].receipt))
        assert (closing["status"], closing["bytes"]) == ("complete", len(whole))


def _resident_kb(gateway: Gateway) -> int:
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])


def test_a_full_line_is_refused_at_once_and_free(gateway: Gateway) -> None:
    quota = Quota(calls_per_day=WORKERS + WAITING + 1)
    grant, token = gateway.granted(district.wide(), quota=quota)
    answers: list[Reply] = []
    with slow_readers(gateway.port, token, PATH.format(format="csv"), WORKERS):
        waiting = [
            threading.Thread(
                target=lambda: answers.append(
                    gateway.ask(PATH.format(format="csv"), token=token, timeout=120)
                )
            )
            for _ in range(WAITING)
        ]
        for thread in waiting:
            thread.start()
        opened = WORKERS + WAITING
        wait_for(lambda: _openings(gateway, grant.id) == opened, "a full line")
        for language, word in (("zh", "繁忙"), ("en", "busy")):
            told = check(
                gateway.ask(
                    PATH.format(format="arrow"), token=token, headers={"Accept-Language": language}
                ),
                503,
                "overloaded",
            )
            assert word in told["title"]
        assert gateway.ask("/readyz").json["parts"]["export"]["status"] == "ok"
    for thread in waiting:
        thread.join()
    assert [answer.status for answer in answers] == [200] * WAITING
    # The refusals cost nothing: exactly one call is left, and then none.
    assert gateway.ask("/data/wide_page?limit=1", token=token).status == 200
    check(gateway.ask("/data/wide_page?limit=1", token=token), 429, "quota_exhausted")


def _openings(gateway: Gateway, grant: str) -> int:
    return sum(told.get("grant") == grant for told in gateway.home.receipts())


def test_a_worker_that_dies(gateway: Gateway) -> None:
    """Before the first byte the caller is told and not charged; later the answer is cut off."""
    _, token = gateway.granted(district.wide(), quota=Quota(calls_per_day=2))
    with slow_readers(gateway.port, token, PATH.format(format="csv")) as (reader,):
        for pid in gateway.children("duokua.serving.worker"):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(CUT):
            reader.rest()
        closing = wait_for(lambda: gateway.home.closing(reader.receipt), "the closing receipt")
        assert closing["status"] == "aborted"

    def asked() -> Reply:
        return gateway.ask("/data/wide_page?limit=2000&format=csv", token=token)

    wait_for(lambda: _served(asked()))
    check(asked(), 429, "quota_exhausted")


def _served(reply: Reply) -> bool:
    """An idle worker that was killed is found out by the next call, which is refused and free."""
    if reply.status == 503:
        check(reply, 503, "unavailable")
    else:
        assert reply.status == 200
    return reply.status == 200
