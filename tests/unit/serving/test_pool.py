"""What a worker is told, what it tells of a failure, and what is left of it: nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duokua.serving.pool import BulkFailed, Pool

JOB: dict[str, Any] = {
    "sql": "select cast('SECRET-' || ? as integer) as n", "values": ["42"], "folder": "/", "all": True,
    "format": "csv", "names": ["n"], "about": {}, "limit": 1, "order": 0, "ledger": "/",
    "hash": "sm3", "cursor": {"key": "00" * 32, "context": ""},
}  # fmt: skip


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


async def _one(pool: Pool) -> None:
    async for _ in pool.run(JOB):
        pass


def test_a_failure_tells_no_value(temporary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        pool = Pool(workers=1)
        await pool.start()
        for _ in range(2):  # the worker outlives its statement
            with pytest.raises(BulkFailed):
                await _one(pool)
        assert pool.healthy()
        await pool.close()

    asyncio.run(fail())
    told = capfd.readouterr().err
    assert told.count("bulk statement failed: ConversionException") == 2
    assert "SECRET" not in told


def test_nothing_is_left_of_a_worker_that_was_killed(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUOKUA_DATABASE_URL", "postgresql://a:b@c/d")

    async def kill() -> None:
        pool = Pool(workers=1)
        await pool.start()
        (worker,) = pool._all
        (spill,) = temporary.iterdir()
        (spill / "rows").write_text("SECRET")
        assert spill.stat().st_mode & 0o077 == 0
        told = Path(f"/proc/{worker.process.pid}/environ").read_bytes()
        assert b"DUOKUA_" not in told
        os.kill(worker.process.pid, signal.SIGKILL)
        with pytest.raises(BulkFailed):
            await _one(pool)
        assert not spill.exists()
        assert len(list(temporary.iterdir())) == 1
        await pool.close()

    asyncio.run(kill())
    assert list(temporary.iterdir()) == []
