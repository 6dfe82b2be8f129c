"""A disk that is full or broken, told in words whichever driver met it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from duokua.kernel.errors import DuokuaError, Unavailable
from duokua.kernel.text import Text

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BROKEN = (errno.EIO, errno.EROFS)
_FULL_WORDS = ("no space left", "disk is full", "quota exceeded")
_BROKEN_WORDS = (
    "input/output error",
    "disk i/o error",
    "read-only file system",
    "unable to open database file",  # what SQLite says where it cannot make a file
)
_MOST_CAUSES = 10


@contextmanager
def writing() -> Iterator[None]:
    """Turn what a failing disk raises anywhere below into one clear error.

    :raises Unavailable: the disk is full or broken. What was acknowledged stays; what was being
        done is done wholly or not at all, and may be tried again.
    """
    try:
        yield
    except DuokuaError:
        raise
    except Exception as error:
        what = _what(error)
        if what is None:
            raise
        mend = Text(
            "请检查磁盘后用同一批次重试：已完成的不会重复",
            "mend it and try the same batch again: what is done is not done twice",
        )
        raise Unavailable(what, mend) from error


def _what(error: BaseException) -> Text | None:
    seen: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if seen is None:
            return None
        words, number = str(seen).lower(), getattr(seen, "errno", None)
        if number in _FULL or any(word in words for word in _FULL_WORDS):
            return Text("磁盘空间不足", "the disk is full")
        if number in _BROKEN or any(word in words for word in _BROKEN_WORDS):
            return Text("磁盘读写出错", "the disk does not take or give data")
        seen = seen.__cause__ or seen.__context__
    return None
