"""Attachments (附件): what is too large for a record, kept beside the ledger under its own hash.

The record carries the name, which is the algorithm and the hash of the content: changing the file
is as visible as changing the record. Large records would hold up every other caller's receipt.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from duokua.ledger.record import fresh_hash

FOLDER = "attachments"


def attach(folder: Path, content: bytes, *, algorithm: str) -> str:
    """Keep ``content`` beside the ledger in ``folder``, durably; return its name.

    :raises OSError: it could not be made durable.
    """
    name = f"{algorithm}-{_digest(algorithm, content)}"
    place = folder / FOLDER / name
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place)
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return name


def read(folder: Path, name: str) -> bytes:
    """Return an attachment.

    :raises FileNotFoundError: it is gone.
    :raises ValueError: it is not what was attached.
    """
    content = (folder / FOLDER / name).read_bytes()
    if not _is_whole(name, content):
        raise ValueError(f"{name} is not what was attached")
    return content


def changed(folder: Path) -> Iterator[str]:
    """Yield the names of attachments that are not what was attached."""
    for path in sorted((folder / FOLDER).glob("*-*")):
        if not _is_whole(path.name, path.read_bytes()):
            yield path.name


def _is_whole(name: str, content: bytes) -> bool:
    algorithm, _, digest = name.partition("-")
    return _digest(algorithm, content) == digest


def _digest(algorithm: str, content: bytes) -> str:
    state = fresh_hash(algorithm)
    state.update(content)
    return state.hexdigest()
