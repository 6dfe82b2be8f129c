"""Without its ledger the gateway answers nothing, says so, and ends so that it is started anew."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import district
from gateway.problem import check
from gateway.world import Gateway, Home, Reply, wait_for

Starts = Callable[[Home], Gateway]
PATHS = [
    ("/data/resident_by_id?id=7", "zh-CN"),
    ("/data/resident_by_id?id=7&format=csv", "en"),
    ("/data/residents?limit=3", "zh-CN"),
    ("/data/residents?limit=2000", "en"),
]


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"


@pytest.mark.parametrize(("path", "language"), PATHS)
def test_calls_that_wait_when_the_writer_dies(
    small: Home, starts: Starts, path: str, language: str
) -> None:
    gateway = starts(small)
    interface = district.lookup() if "by_id" in path else district.page()
    _, token = gateway.granted(interface)
    writer = gateway.writer()
    os.kill(writer, signal.SIGSTOP)
    wait_for(lambda: _stopped(writer))
    answers: list[Reply] = []
    headers = {"Accept-Language": language}

    def call() -> None:
        answers.append(gateway.ask(path, token=token, headers=headers))

    waiting = [threading.Thread(target=call) for _ in range(3)]
    for thread in waiting:
        thread.start()
    wait_for(lambda: gateway.ask("/readyz").json["parts"]["ledger"]["pending"] == 3)
    assert not answers, "answered before the receipt was durable"
    os.kill(writer, signal.SIGKILL)
    for thread in waiting:
        thread.join()
    for answer in answers:
        told = check(answer, 503, "unavailable")
        assert "ledger" in told["title"]
        assert answer.headers["content-language"] == language
    assert gateway.process.wait(60) == 0
    assert small.receipts() == []
    gateway.start()
    assert gateway.ask(path, token=token).status == 200
