"""The manifest (清单) of one interface: which index file and table version readers use just now.

Everything a manifest names is in place before it is written, and a reader that still holds the
previous one finds its index until the manifest after next.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text

MANIFEST = "manifest.json"
GENERATION = "generation"
_OUR_FILES = ("*.sqlite", "*.parquet")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is served for one interface."""

    interface: str
    version: int  # of the Delta table
    as_of: str  # ISO 8601, when that version was committed
    rows: int
    index: str  # file name beside the manifest, for look-ups and pages
    export: str  # file name of the sorted Parquet copy, for bulk answers
    files: tuple[str, ...]  # absolute paths of the Parquet files of that version
    spec: str  # hash of the index specification and the contract
    feed: str | None = None  # file name of the feed of earlier versions, of a change feed only
    live: str | None = None  # absolute path of the live feed of a stream, instead of index and feed


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest in ``<home>/serving/<interface>``.

    :raises NotFound: nothing is served there yet.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise NotFound(
            Text("接口尚未发布数据", "no data has been published for this interface"),
            Text("请先汇聚数据并发布接口", "bring in data and publish the interface first"),
        ) from None
    return Manifest(**{**fields, "files": tuple(fields["files"])})


def publish_manifest(manifest: Manifest, folder: Path) -> None:
    """Make ``manifest`` the one that readers see, durably, then tell them by the generation file.

    The previous index file stays for readers that are in the middle of it; older ones go.
    """
    with suppress(NotFound):
        previous = read_manifest(folder)
        both = (manifest, previous)
        _remove_others(folder, {n for m in both for n in (m.index, m.export, m.feed) if n})
    replace_file(folder / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False).encode())
    replace_file(folder.parent / GENERATION, f"{manifest.interface} {manifest.index}\n".encode())


def _remove_others(folder: Path, kept: set[str]) -> None:
    for pattern in _OUR_FILES:
        for path in folder.glob(pattern):
            if path.name not in kept:
                path.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Replace ``path`` atomically and durably; a reader sees the old or the new content whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    _sync(path)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
