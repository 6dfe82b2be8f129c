"""Logs are cut while somebody writes them, and nothing of the newest is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from duokua.project.log_files import keep_small, rotate


def test_a_small_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "portal.jsonl"
    assert not rotate(log, 10)
    log.write_text("123456789\n")
    assert not rotate(log, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["portal.jsonl"]


def test_a_large_one_is_kept_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log, kept = tmp_path / "portal.jsonl", tmp_path / "portal.1.jsonl"
    kept.write_text("older\n")
    with log.open("ab", buffering=0) as writer:
        writer.write(b"first\nsecond\n")
        assert rotate(log, 10)
        writer.write(b"third\n")
    assert kept.read_text() == "first\nsecond\n"
    assert log.read_text() == "third\n"


def test_the_watch_ends_when_told(tmp_path: Path) -> None:
    async def watch() -> None:
        stopping = asyncio.Event()
        task = asyncio.create_task(keep_small([tmp_path / "none.jsonl"], stopping))
        await asyncio.sleep(0)
        stopping.set()
        await task

    asyncio.run(watch())
