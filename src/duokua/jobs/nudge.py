"""Waking the workers (唤醒): whoever brings in a job touches a file, idle seats look at it often.

It is a courtesy only: a seat that misses it looks into the queue a second later anyway.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

from duokua.kernel import environment

LOOK_S = 0.05  # between two looks at the file
_NAME = "jobs.nudge"


def _place() -> Path:
    return environment.read().home / "run" / _NAME


def nudge() -> None:
    """Tell idle seats that there is work; that the file cannot be written is no fault."""
    with suppress(OSError):
        place = _place()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def sign() -> int:
    """Return a number that is another one after a nudge."""
    try:
        return _place().stat().st_mtime_ns
    except OSError:
        return 0


def wait(stopping: threading.Event, seen: int, most_s: float) -> None:
    """Wait until a nudge since ``seen``, at most ``most_s`` seconds, or until told to stop."""
    until = time.monotonic() + most_s
    while sign() == seen and time.monotonic() < until and not stopping.wait(LOOK_S):
        pass
