"""One clear refusal for a whole file: where, what is wrong, how to mend it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duokua.kernel.errors import Fault, Invalid, invalid
from duokua.kernel.text import Text

WRONG_FILE = Text("数据文件与契约不符", "the file does not fit the contract")
LONGEST_RECORD = 16 << 20  # bytes of one line or record; a longer one is a missing line end
MOST_COLUMNS = 1000
EXPORT_AGAIN = Text("请重新导出完整的文件", "export the whole file again")
_FULL = (errno.ENOSPC, errno.EDQUOT)


def refusal(path: Path, where: str, what: Text, mend: Text) -> Invalid:
    """Return the error for the file ``path`` with a single fault at ``where``."""
    return invalid(WRONG_FILE, [Fault(f"{path.name}: {where}", what, mend)])


def too_long(path: Path, where: str) -> Invalid:
    """Refuse a line or record over :data:`LONGEST_RECORD` bytes."""
    size = LONGEST_RECORD >> 20
    what = Text(f"一行超过 {size} MiB", f"a line is longer than {size} MiB")
    mend = Text("请检查换行符或引号是否缺失", "check for missing line ends or quotes")
    return refusal(path, where, what, mend)


def refuse_wide(path: Path, columns: int) -> None:
    """Refuse a table of more than :data:`MOST_COLUMNS` columns: its keys may be data."""
    if columns > MOST_COLUMNS:
        what = Text(f"有 {columns} 列，超过 {MOST_COLUMNS}", f"has {columns} columns")
        mend = Text("请每行写一条记录", f"write a record a row; {MOST_COLUMNS} columns at most")
        raise refusal(path, "", what, mend)


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Turn a full disk met while a copy of ``path`` is written into a refusal."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        what = Text("磁盘空间不足，无法转换文件", "the disk is full, the file cannot be converted")
        mend = Text("请清理磁盘后重试；数据未变", "make room and try again; nothing has changed")
        raise refusal(path, "", what, mend) from error
