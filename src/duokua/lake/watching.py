"""A watched folder (监视文件夹): files that have come to rest are brought in, one batch each.

A file is taken when its size and time are the same at two looks. It then goes to ``done``, or to
``failed`` with the reason in a file beside it.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

from duokua.kernel.errors import DuokuaError, Invalid, NotFound, Unavailable
from duokua.kernel.text import Text
from duokua.lake import landing
from duokua.lake.models import Source
from duokua.lake.sources import Errand, SourceRun
from duokua.lake.values import Mode

DONE, FAILED = "done", "failed"
_REASON = ".reason.txt"
_MOST_BYTES = 200  # of a file's name, so that there is room for what is added to it
_MOST_NAME = 120  # characters of a file's name that are kept in its batch's


def look(errand: Errand, stored: Source) -> SourceRun:
    """Look at the folder once; bring in what has come to rest since the last look.

    :raises Unavailable: the folder is not there.
    """
    folder = Path(errand.source.folder)
    seen = dict(_files(folder, errand.source.pattern, errand.now))
    known = {name: tuple(told) for name, told in stored.looks.items()}
    at_rest = [name for name, told in seen.items() if known.get(name) == told]
    rows, batches, refused = 0, list[str](), list[str]()
    for number, name in enumerate(sorted(at_rest, key=lambda each: (seen[each][1], each))):
        errand.progress(number, len(at_rest))
        try:
            batch, landed = _take(errand, folder / name, seen[name])
        except (Invalid, NotFound) as error:
            _refuse(folder, name, error, errand.now)
            refused.append(name)
            continue
        rows += landed
        batches.append(batch)
        _move(folder / name, folder / DONE, errand.now)
    errand.progress(len(at_rest), len(at_rest))
    waiting = {name: told for name, told in seen.items() if name not in at_rest}
    Source.objects.filter(id=stored.id).update(looks=waiting)
    return SourceRun(rows, tuple(batches), tuple(refused), len(waiting))


def _files(folder: Path, pattern: str, now: datetime) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise Unavailable(
            Text(
                f"无法读取文件夹 {folder}：{error.strerror}",
                f"cannot read {folder}: {error.strerror}",
            ),
            Text("请检查路径与权限", "check the path and what may be read"),
        ) from None
    for entry in entries:
        if entry.name.startswith(".") or not fnmatch.fnmatchcase(entry.name, pattern):
            continue
        told = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(told.st_mode):  # a link could lead anywhere
            continue
        if entry.name.isprintable() and len(os.fsencode(entry.name)) <= _MOST_BYTES:
            yield entry.name, (told.st_size, told.st_mtime_ns)
        else:  # taken under its new name, from the next look on
            Path(entry.path).rename(_free(folder, _readable(entry.name), now))


def _readable(name: str) -> str:
    """Return a name that can be stored: one that is no UTF-8 is GB18030, or what is left of it."""
    raw = os.fsencode(name)
    try:
        told = raw.decode("utf-8")
    except UnicodeDecodeError:
        told = raw.decode("gb18030", errors="replace")
    plain = "".join(each if each.isprintable() and each != "/" else "_" for each in told)
    return plain[-_MOST_BYTES // 4 :]  # a character has at most four bytes


def _take(errand: Errand, path: Path, told: tuple[int, int]) -> tuple[str, int]:
    source = errand.source
    # Of appended files the content is the name: delivered twice, it lands once. A file that
    # replaces or corrects counts again when it comes again.
    fresh = f"{source.id}@{path.name[:_MOST_NAME]}@{told[1]}"
    result = landing.ingest(
        source.dataset,
        path,
        batch=None if source.mode == "append" else fresh,
        mode=cast(Mode, source.mode),
        by=errand.by,
        now=errand.now,
    )
    return result.batch, result.rows if result.landed else 0


def _refuse(folder: Path, name: str, error: DuokuaError, now: datetime) -> None:
    """Put a file aside; its reason is written first, so that no file is there without one."""
    target = _free(folder / FAILED, name, now)
    lines = [f"{error.what.zh}。{error.mend.zh}", f"{error.what.en}; {error.mend.en}"]
    for fault in error.faults:
        lines += [f"{fault.where}：{fault.what.zh} → {fault.mend.zh}", fault.line()]
    reason = target.with_name(target.name + _REASON)
    reason.touch(mode=0o600)  # it names values
    reason.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / name).rename(target)


def _move(path: Path, into: Path, now: datetime) -> None:
    path.rename(_free(into, path.name, now))


def _free(folder: Path, name: str, now: datetime) -> Path:
    folder.mkdir(exist_ok=True)
    target, number = folder / name, 1
    while target.exists():
        target = folder / f"{now:%Y%m%dT%H%M%S}-{number}-{name}"
        number += 1
    return target
