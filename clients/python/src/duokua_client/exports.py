"""The file of a bulk export (批量导出), fetched piece by piece and gone on with when it breaks off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from duokua_client.errors import ConnectionFailed
from duokua_client.transport import Response

Format = Literal["csv", "arrow", "parquet"]
Ask = Callable[[Mapping[str, str]], Response]  # headers → an answer that is read in pieces


@dataclass(frozen=True)
class Exported:
    """An export that is there: its file, how many rows and bytes, its receipt, its age."""

    path: Path
    rows: int
    bytes: int
    receipt: str
    as_of: str


def fetch(ask: Ask, path: Path, retries: int) -> int:
    """Fetch a file into ``path`` and return its size; what was begun stands beside it until then.

    :raises ConnectionFailed: it broke off more than ``retries`` times without a further byte.
    :raises Problem: it was refused.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            size = _whole(ask, file, retries)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return size


def _whole(ask: Ask, file: BinaryIO, retries: int) -> int:
    etag, failed = "", 0
    while True:
        begin = file.tell()
        try:
            answer = ask({"Range": f"bytes={begin}-", "If-Range": etag} if begin and etag else {})
            etag = answer.headers.get("etag", "")
            if answer.status != 206:  # the whole again
                file.seek(0)
                file.truncate()
            for piece in answer.pieces:
                file.write(piece)
            return file.tell()
        except ConnectionFailed:
            failed = 0 if file.tell() > begin else failed + 1
            if failed > retries:
                raise
