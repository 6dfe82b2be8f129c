"""Locks across processes that the system releases when their holder dies."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_WORKSHOP = ".workshop-"
_LOCK = "lock"


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock ``path`` alone, waiting for it as long as another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """Make a folder in ``parent`` for files that are not finished; it goes when the block ends.

    What a killed process left is removed by the next one: nobody holds its lock any more.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    while True:
        folder = parent / f"{_WORKSHOP}{uuid.uuid4().hex}"
        folder.mkdir()
        with exclusive(folder / _LOCK):
            if not (folder / _LOCK).exists():
                continue  # swept by another between the making of its lock and the taking of it
            try:
                yield folder
            finally:
                shutil.rmtree(folder)
        return


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_WORKSHOP}*"):
        with suppress(OSError):  # alive, just being made, or swept by another at this moment
            handle = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(handle)
