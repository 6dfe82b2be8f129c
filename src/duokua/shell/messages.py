"""Compiling and collecting the portal's messages (文案), without the system's gettext tools."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

_MESSAGE_SOURCES = ("*.py", "*.html")
_KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def compile_stale(folder: Path) -> list[Path]:
    """Compile each ``.po`` below ``folder`` whose ``.mo`` is missing or older; return those."""
    made = []
    for source in sorted(folder.rglob("*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            _compile(source, target)
            made.append(target)
    return made


def _compile(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as text:
        catalogue = read_po(text)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    with fresh.open("wb") as binary:
        write_mo(binary, catalogue)
    fresh.replace(target)  # several processes may start at once: each sees a whole file


def collect(package: Path) -> dict[str | tuple[str, str], list[tuple[str, int]]]:
    """Return every message id in the sources below ``package`` with the places that use it."""
    found: dict[str | tuple[str, str], list[tuple[str, int]]] = {}
    for pattern in _MESSAGE_SOURCES:
        for source in sorted(package.rglob(pattern)):
            for line, message in _messages(source):
                place = (source.relative_to(package).as_posix(), line)
                found.setdefault(message, []).append(place)
    return found


def _messages(source: Path) -> Iterator[tuple[int, str | tuple[str, str]]]:
    from babel.messages.extract import extract
    from django.utils.translation.template import templatize

    text = source.read_text()
    if source.suffix == ".html":
        text = templatize(text, origin=str(source))
        text = re.sub(r"(?<![\w.])[ug]?(n?p?gettext)\b", r"\1", text)
    stream = BytesIO(text.encode())
    for line, message, _comments, _context in extract("python", stream, _KEYWORDS):
        yield line, _id(message)


def _id(message: object) -> str | tuple[str, str]:
    if isinstance(message, tuple | list):
        words = [part for part in message if isinstance(part, str)]
        return (words[0], words[1]) if len(words) > 1 else words[0]
    return str(message)
