"""Files that come through the portal (上传文件): named harmlessly, bounded, kept for a day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

KEPT = timedelta(days=1)
_ODD = re.compile(r"[^\w.\-]")
_MOST_NAME = 80


def harmless(name: str) -> str:
    """Return what a file that is called ``name`` is called here."""
    return _ODD.sub("_", Path(name).name)[-_MOST_NAME:].lstrip(".") or "file"


def keep(path: Path, chunks: Iterable[bytes], most_bytes: int, mend: Text) -> None:
    """Write what comes to ``path``.

    :raises Invalid: it is empty, or more than ``most_bytes``; ``mend`` tells what to do then.
    """
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                most = f"{most_bytes >> 20} MiB"
                raise Invalid(Text(f"文件超过 {most}", f"the file is over {most}"), mend)
            file.write(chunk)
    if not size:
        raise Invalid(
            Text("文件是空的", "the file is empty"),
            Text("请选择有内容的文件", "choose a file with rows"),
        )
