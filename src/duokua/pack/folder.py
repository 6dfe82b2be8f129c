"""The files of a pack's folder (场景包文件夹), as texts by their path within it.

Nothing of a folder is trusted: no link is followed, only named kinds of files are read, and only so
many and so large ones.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.kinds import kind_of_file

MOST_FILES, MOST_BYTES, MOST_ONE = 2_000, 64 << 20, 16 << 20
_MOST_DEEP = 3
_IGNORED = frozenset({".git", "__pycache__", ".DS_Store", ".gitignore", ".vscode", ".idea"})
_WHAT = Text("场景包文件夹有误", "the folder of the pack is wrong")


def files_of(path: Path) -> dict[str, str]:
    """Return path → text of every file of a pack's folder; what belongs to no kind is read, too.

    Files that cannot be text are refused; which kinds there are is told when the pack is read.

    :raises Invalid: no folder, a link, too many or too large files, or files that are not UTF-8.
    """
    if path.is_symlink() or not path.is_dir():
        raise Invalid(
            Text(f"“{path}”不是文件夹", f"{path} is no folder"),
            Text("请给出场景包文件夹的路径", "name the folder of a pack"),
        )
    faults = Faults()
    found: dict[str, str] = {}
    size = 0
    for name, entry in _walk(path, "", faults):
        if len(found) >= MOST_FILES or size > MOST_BYTES:
            _add(faults, "", f"超过 {MOST_FILES} 个文件或 {MOST_BYTES >> 20} MiB",
                 f"over {MOST_FILES} files or {MOST_BYTES >> 20} MiB", "请拆分", "split it")  # fmt: skip
            break
        text = _text(name, entry, faults)
        size += len(text or "")
        if text is not None:
            found[name] = text
    faults.raise_if_any(_WHAT)
    return found


def _walk(folder: Path, before: str, faults: Faults) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda each: each.name)
    for each in listed[: MOST_FILES + 1]:
        name = f"{before}{each.name}"
        if each.name in _IGNORED:
            continue
        if each.is_symlink():
            _add(faults, name, "是链接", "is a link", "请换成文件本身", "put the file itself there")
        elif each.is_dir(follow_symlinks=False):
            if name.count("/") >= _MOST_DEEP - 1:
                _add(faults, name, "文件夹嵌套太深", "is too deep", "请删去", "remove it")
            else:
                found += _walk(Path(each.path), f"{name}/", faults)
        else:
            found.append((name, Path(each.path)))
    return found


def _text(name: str, path: Path, faults: Faults) -> str | None:
    """Return a file's text, opened so that a link put there meanwhile is not followed either."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        _add(faults, name, "无法读取", "cannot be read", "请检查权限", "check its permissions")
        return None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            _add(faults, name, "不是普通文件", "is no plain file", "请删去", "remove it")
            return None
        if kind_of_file(name) is None:
            return ""  # told when the pack is read; its content is nobody's concern
        body = stream.read(MOST_ONE + 1)
    if len(body) > MOST_ONE:
        _add(
            faults,
            name,
            f"超过 {MOST_ONE >> 20} MiB",
            f"is over {MOST_ONE >> 20} MiB",
            "请拆分",
            "split it",
        )
        return None
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        _add(
            faults,
            name,
            "不是 UTF-8 文字",
            "is no text in UTF-8",
            "请另存为 UTF-8",
            "save it as UTF-8",
        )
        return None


def _add(faults: Faults, name: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
    faults.add(f"{name}:1" if name else "", zh, en, mend_zh, mend_en)
