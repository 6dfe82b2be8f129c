"""The parts' log files (日志文件): kept from growing without end, also while their parts run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 64 * 1024 * 1024
_EVERY_S = 30.0


def rotate(log: Path, most_bytes: int = MOST_BYTES) -> bool:
    """Keep a log that has grown too large as ``….1.jsonl`` and empty it; tell whether it had.

    The file stays the same one, for its part goes on writing at its end. What is written between
    the copy and the cut is lost: a few lines of hundreds of thousands.
    """
    if not log.exists() or log.stat().st_size <= most_bytes:
        return False
    kept, fresh = log.with_suffix(".1.jsonl"), log.with_suffix(".1.new")
    shutil.copyfile(log, fresh)
    fresh.replace(kept)
    os.truncate(log, 0)
    return True


async def keep_small(logs: Iterable[Path], stopping: asyncio.Event) -> None:
    """Look at the logs again and again until ``stopping``."""
    watched = list(logs)
    while not stopping.is_set():
        for log in watched:
            with contextlib.suppress(OSError):  # a full disk: tried again at the next look
                await asyncio.to_thread(rotate, log)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _EVERY_S)
