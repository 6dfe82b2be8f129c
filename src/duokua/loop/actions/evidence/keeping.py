"""The evidence store (证据库): bytes under their SHA-256 in the home, durable before they count."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from duokua.kernel import environment
from duokua.kernel.errors import Invalid, NotFound
from duokua.kernel.text import Text

MOST_BYTES = 20 << 20
_THUMB = ".thumb"


def folder() -> Path:
    """Return where evidence lies."""
    return environment.read().home / "evidence"


def place(digest: str) -> Path:
    """Return where the bytes of a digest lie."""
    return folder() / digest[:2] / digest


def received(chunks: Iterable[bytes]) -> bytes:
    """Return what is sent, as far as it is allowed to be large.

    :raises Invalid: it is empty or too large.
    """
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            most = f"{MOST_BYTES >> 20} MB"
            raise Invalid(
                Text(f"文件超过 {most}", f"the file is over {most}"),
                Text("请压缩后再传", "make it smaller"),
            )
        parts.append(chunk)
    if not size:
        raise Invalid(
            Text("文件是空的", "the file is empty"), Text("请另选文件", "choose another file")
        )
    return b"".join(parts)


def keep(body: bytes, thumbnail: bytes = b"") -> str:
    """Keep bytes durably, and a small picture of them; return their digest."""
    digest = hashlib.sha256(body).hexdigest()
    target = place(digest)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    if thumbnail:
        _write(target.with_name(digest + _THUMB), thumbnail)
    _write(target, body)
    _sync(target.parent)
    _sync(folder())
    return digest


def _write(target: Path, body: bytes) -> None:
    fresh = target.with_name(f".{secrets.token_hex(8)}")
    try:
        with fresh.open("xb") as file:
            fresh.chmod(0o600)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def bytes_of(digest: str) -> bytes:
    """Return the bytes of a digest, as they were kept.

    :raises NotFound: they are not there, or not what was kept.
    """
    try:
        body = place(digest).read_bytes()
    except OSError:
        body = b""
    if hashlib.sha256(body).hexdigest() != digest:
        raise _lost()
    return body


def thumbnail_of(digest: str) -> bytes:
    """Return the small picture of what is kept.

    :raises NotFound: there is none.
    """
    path = place(digest)
    try:
        return path.with_name(path.name + _THUMB).read_bytes()
    except OSError:
        raise _lost() from None


def _lost() -> NotFound:
    return NotFound(
        Text("证据文件缺失或已损坏", "the file is missing or damaged"),
        Text("请联系运维人员核对备份", "ask the operator to look at the backup"),
    )
