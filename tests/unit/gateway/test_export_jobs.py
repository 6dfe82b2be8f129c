"""Export jobs at the edge: removed while at work, no room on the disk, another grant's download."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from duokua.gateway.exports import Exports
from duokua.serving.answers import Stream
from duokua.serving.export_store import FAILED, MOST_AT_WORK, RUNNING
from duokua.serving.policy import boot_clock
from duokua.serving.problems import Refusal

PLAN = SimpleNamespace(
    grant=SimpleNamespace(id="grant-1"),
    served=SimpleNamespace(interface=SimpleNamespace(id="residents")),
)
SEAT: Any = SimpleNamespace(plan=PLAN)


class Streams:
    """Streams that run until they are broken off, and tell how many have ended."""

    def __init__(self) -> None:
        self.ended = self.given_up = 0

    async def collect(self, stream: Stream, take: Callable[[bytes], Awaitable[None]]) -> None:
        try:
            await take(b"secret")
            await asyncio.Event().wait()
        finally:
            self.ended += 1

    async def give_up(self, stream: Stream) -> None:
        self.given_up += 1


class Serving:
    """Admits every call."""

    gate = SimpleNamespace(lease_until=boot_clock() + 3600)

    def call(self, *_: object) -> Stream:
        job = {"format": "csv"}
        durable = asyncio.get_running_loop().create_future()
        return Stream(job, "text/csv", "r-1", 1, SEAT, "", 0.0, durable)


def _exports(folder: Path, streams: Streams) -> Any:
    return Exports(Serving(), streams, folder)  # type: ignore[arg-type]


def test_a_job_that_is_removed_is_broken_off_and_leaves_its_place(tmp_path: Path) -> None:
    async def story() -> None:
        streams = Streams()
        exports = _exports(tmp_path / "exports", streams)
        jobs = [await exports._begin(SEAT, "") for _ in range(MOST_AT_WORK)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as full:
            await exports._begin(SEAT, "")
        assert full.value.code == "overloaded"
        await exports._remove(jobs[0])
        assert streams.ended == 1
        assert not (tmp_path / "exports" / jobs[0].id).exists()
        assert (await exports._begin(SEAT, "")).state == RUNNING
        await exports.close()
        assert jobs[1].state == FAILED
        assert not list((tmp_path / "exports").glob("*/data*"))

    asyncio.run(story())


def test_what_the_disk_does_not_take_is_given_up(tmp_path: Path) -> None:
    async def story() -> None:
        streams = Streams()
        exports = _exports(tmp_path / "exports", streams)
        exports._store.admit = lambda *_: None  # which would look at the disk
        (tmp_path / "exports").rename(tmp_path / "gone")
        with pytest.raises(Refusal) as refused:
            await exports._begin(SEAT, "")
        assert (refused.value.code, streams.given_up) == ("unavailable", 1)
        assert exports._store.of_grant("residents", "grant-1") == []

    asyncio.run(story())


def test_a_file_that_was_erased_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    exports = _exports(tmp_path, Streams())
    job, file = exports._store.open(
        "residents", "grant-1", "csv", receipt="r-1", as_of="", created=0.0
    )
    with file:
        (tmp_path / job.id).rename(tmp_path.parent / "erased")
        exports._store.finish(job, 3, 1.0)
    assert (job.state, job.rows) == (FAILED, None)
    assert list(tmp_path.iterdir()) == []


def test_a_download_goes_on_under_the_grant_of_its_job_only(tmp_path: Path) -> None:
    def gone() -> bool:
        raise Refusal("not_granted")

    exports = _exports(tmp_path, Streams())
    for still, allowed in ((lambda: True, True), (lambda: False, False), (gone, False)):
        assert asyncio.run(exports._allowed(still)) is allowed
