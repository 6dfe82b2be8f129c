"""An XLSX workbook as a package of XML parts, opened with care: it may come from anybody.

What it unpacks to is bounded before anything is read, and no part may declare entities.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from duokua.engine.files.sheet_numbers import NO_STYLE, Style, builtin_style, style_of

_MOST_PARTS = 10_000
_MOST_BYTES = 4 << 30  # unpacked, all parts
_MOST_STRINGS = 512 << 20  # unpacked shared strings: they are held in memory
_FREE_BYTES = 64 << 20  # a part below may be packed however tightly
_MOST_RATIO = 200
_CHUNK_BYTES = 1 << 18
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ROOT = re.compile(
    rb"<([A-Za-z_][\w.-]*:)?(?:worksheet|sst|styleSheet|workbook|Relationships)[\s>]"
)
Attributes = dict[str, str]


class Bomb(ValueError):
    """The package unpacks to far more than a table can need."""


class NoWorkbook(ValueError):
    """The package is another kind of file."""


@dataclass(frozen=True, slots=True)
class Book:
    """What all sheets of a workbook share, and its visible sheets by name."""

    package: zipfile.ZipFile
    sheets: dict[str, str]  # name → part
    strings: list[str]
    styles: list[Style]
    from_1904: bool


def open_book(package: zipfile.ZipFile) -> Book:
    """Read the parts that all sheets share.

    :raises Bomb: it unpacks to too much. :raises NoWorkbook: it is no XLSX.
    """
    parts = {info.filename: info for info in package.infolist()}
    _fence(list(parts.values()))
    if "xl/workbook.xml" not in parts:
        raise NoWorkbook
    targets = _targets(package, "xl/_rels/workbook.xml.rels")
    sheets: dict[str, str] = {}
    old: list[bool] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            old.append(attributes.get("date1904", "0") in ("1", "true"))
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            reference = next((v for k, v in attributes.items() if k.endswith("id")), "")
            part = targets.get(reference, "")
            if part in parts and "worksheet" in part:
                sheets[attributes.get("name", part)] = part

    for _ in parse(package, "xl/workbook.xml", start, None, None):
        pass
    strings = list(_strings(package)) if "xl/sharedStrings.xml" in parts else []
    styles = _styles(package) if "xl/styles.xml" in parts else []
    return Book(package, sheets, strings, styles, any(old))


def _fence(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
        raise Bomb
    for part in parts:
        packed = max(1, part.compress_size)
        if part.file_size > _FREE_BYTES and part.file_size / packed > _MOST_RATIO:
            raise Bomb
        if part.filename == "xl/sharedStrings.xml" and part.file_size > _MOST_STRINGS:
            raise Bomb


def _targets(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            whole = target[1:] if target.startswith("/") else posixpath.join("xl", target)
            found[attributes.get("Id", "")] = posixpath.normpath(whole)

    for _ in parse(package, part, start, None, None):
        pass
    return found


def _strings(package: zipfile.ZipFile) -> Iterator[str]:
    reader = _Strings()
    for _ in parse(package, "xl/sharedStrings.xml", reader.start, reader.end, reader.data):
        yield from reader.found
        reader.found.clear()


class _Strings:
    """Gathers shared strings; runs of rich text are joined, readings (phonetic) left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._runs: list[str] = []
        self._text = self._reading = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Begin a string or a part of it."""
        if name == "t":
            self._text = not self._reading
        elif name == "si":
            self._runs.clear()
        elif name == "rPh":
            self._reading = True

    def end(self, name: str) -> None:
        """Finish a string or a part of it."""
        if name == "t":
            self._text = False
        elif name == "si":
            self.found.append(unescaped("".join(self._runs)))
        elif name == "rPh":
            self._reading = False

    def data(self, text: str) -> None:
        """Take a piece of text."""
        if self._text:
            self._runs.append(text)


def _styles(package: zipfile.ZipFile) -> list[Style]:
    codes: dict[str, str] = {}
    found: list[Style] = []
    inside: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            inside.append(name)
        elif name == "xf" and inside:
            number = attributes.get("numFmtId", "0")
            custom = codes.get(number)
            found.append(builtin_style(number) if custom is None else style_of(custom))

    def end(name: str) -> None:
        if name == "cellXfs":
            inside.clear()

    for _ in parse(package, "xl/styles.xml", start, end, None):
        pass
    return found or [NO_STYLE]


def parse(
    package: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None,
    data: Callable[[str], None] | None,
) -> Iterator[None]:
    """Parse ``part`` piece by piece, telling the handlers local names; yields after each piece."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.CharacterDataHandler = data
    with package.open(part) as stream:
        piece = stream.read(_CHUNK_BYTES)
        root = _ROOT.search(piece)
        if root is None or root[1]:  # some writers prefix every name
            parser.StartElementHandler = lambda name, with_: start(name.rpartition(":")[2], with_)
            parser.EndElementHandler = end and (lambda name: end(name.rpartition(":")[2]))
        else:
            parser.StartElementHandler, parser.EndElementHandler = start, end
        while piece:
            parser.Parse(piece, False)
            yield
            piece = stream.read(_CHUNK_BYTES)
        parser.Parse(b"", True)
        yield


def _no_doctype(*_: object) -> None:
    raise Bomb  # entities have no place in a workbook


def unescaped(text: str) -> str:
    """Resolve the escapes that a workbook uses for characters which XML cannot hold."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
