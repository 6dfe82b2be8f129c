"""JSON: an array of objects, or objects one after another (NDJSON), as rows of text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from duokua.engine.files.encoding import Encoding, encoding_of, pieces
from duokua.engine.files.formats import Format, empty
from duokua.engine.files.header import Names, plain_name
from duokua.engine.files.refusal import (
    EXPORT_AGAIN,
    LONGEST_RECORD,
    refusal,
    refuse_wide,
    room_for,
    too_long,
)
from duokua.engine.files.table import Table
from duokua.engine.files.texts import TextWriter, column_name
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

_BLANKS = " \t\r\n"
_HEADED = 1000  # records whose keys make the header where no contract tells it


class _Number(float):
    """A number that keeps the digits it was written with."""

    digits: str

    def __new__(cls, digits: str) -> _Number:
        number = super().__new__(cls, digits)
        number.digits = digits
        return number


class _Pairs(dict[str, Any]):
    """An object that remembers a key written twice."""

    twice: str | None = None


def json_table(path: Path, kind: Format, work: Path, wanted: Names | None) -> Table:
    """Write the objects of ``path`` as rows of text; nested values become JSON text.

    :raises Invalid: it is cut or no JSON, a record is no object or has a key twice.
    """
    encoding = encoding_of(path)
    header = _header(path, kind, encoding, wanted)
    into = work / "plain.parquet"
    rows = _write(path, kind, encoding, header, into)
    return Table(
        path=path,
        data=into,
        format=kind,
        header=tuple(header),
        rows=rows,
        parquet=True,
        texts=frozenset(column_name(at) for at in range(len(header))),
        encoding=encoding.name,
        header_row=0,
        numbered=True,
        columns=tuple(column_name(at) for at in range(len(header))),
    )


def _header(path: Path, kind: Format, encoding: Encoding, wanted: Names | None) -> list[str]:
    """Return the keys of the first records and, with a contract, those that may come later."""
    found: dict[str, None] = {}
    for _, record in zip(range(_HEADED), _records(path, kind, encoding), strict=False):
        found.update(dict.fromkeys(record))
    if not found:
        raise empty(path)
    refuse_wide(path, len(found))
    return [*found, *_absent(found, wanted or {})]


def _absent(found: Iterable[str], wanted: Names) -> list[str]:
    """Return a spelling of each wanted column that no key found so far spells."""
    seen = {wanted.get(plain_name(name)) for name in found}
    absent: dict[str, str] = {}
    for spelling, name in wanted.items():
        if name not in seen:
            absent.setdefault(name, spelling)
    return list(absent.values())


def _write(path: Path, kind: Format, encoding: Encoding, header: list[str], into: Path) -> int:
    places = {name: at for at, name in enumerate(header)}
    plain = {plain_name(name): at for name, at in places.items()}
    number = 0
    with room_for(path), TextWriter(into, len(header)) as writer:
        for number, record in enumerate(_records(path, kind, encoding), 1):
            cells: list[str | None] = [None] * len(header)
            for key, value in record.items():
                at = places.get(key)
                if at is None:
                    at = plain.get(plain_name(key))
                if at is None:
                    raise _unknown(path, number, key)
                cells[at] = _text(value)
            writer.add(number, cells)
    return number


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Number):
        return value.digits
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _records(path: Path, kind: Format, encoding: Encoding) -> Iterator[_Pairs]:
    number = 0
    try:
        for number, value in enumerate(_values(path, kind, encoding), 1):
            if not isinstance(value, _Pairs):
                what = Text("不是 JSON 对象", "is no JSON object")
                mend = Text("请每行写一个对象", "write one object a row")
                raise refusal(path, f"row {number}", what, mend)
            if value.twice is not None:
                what = Text(f"键 {value.twice} 重复", f"has the key {value.twice!r} twice")
                raise refusal(path, f"row {number}", what, Text("请删去其一", "remove one"))
            yield value
    except (RecursionError, OverflowError) as error:
        raise _broken(path, number + 1, str(error)) from error


def _values(path: Path, kind: Format, encoding: Encoding) -> Iterator[Any]:
    stream = _Stream(path, encoding)
    if kind is Format.NDJSON:
        while stream.peek():
            yield stream.value()
        return
    stream.take("[")
    if stream.peek() != "]":
        yield stream.value()
        while stream.peek() == ",":
            stream.take(",")
            yield stream.value()
    stream.take("]")
    if stream.peek():
        raise _broken(path, stream.count + 1, "extra data")


class _Stream:
    """Decodes one value after another, holding one record and a piece of text at most."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.count = 0
        self._path = path
        self._pieces = pieces(path, encoding)
        self._text, self._at, self._ended = "", 0, False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_pairs, parse_float=_Number, parse_constant=_constant
        )

    def peek(self) -> str:
        """Return the next character that is no blank, "" at the end."""
        while True:
            text = self._text
            while self._at < len(text) and text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(text):
                return text[self._at]
            if not self._more():
                return ""

    def take(self, mark: str) -> None:
        """Pass over ``mark``."""
        if self.peek() != mark:
            raise _broken(self._path, self.count + 1, f"{mark!r} expected")
        self._at += 1

    def value(self) -> Any:
        """Decode the next value."""
        self.peek()
        while True:
            try:
                found, self._at = self._decoder.raw_decode(self._text, self._at)
                self.count += 1
                return found
            except ValueError as error:
                if len(self._text) - self._at > LONGEST_RECORD:
                    raise too_long(self._path, f"row {self.count + 1}") from error
                if not self._more():
                    raise _broken(self._path, self.count + 1, str(error)) from error

    def _more(self) -> bool:
        piece = "" if self._ended else next(self._pieces, "")
        self._ended = not piece
        self._text, self._at = self._text[self._at :] + piece, 0
        return not self._ended


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    found = _Pairs(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.twice = next(name for name in names if names.count(name) > 1)
    return found


def _constant(word: str) -> str:
    return word  # NaN and Infinity are no JSON: as text they break a number's form


def _broken(path: Path, number: int, why: str) -> Invalid:
    what = Text(f"JSON 不完整或有误（{why}）", f"the JSON is cut or broken ({why})")
    return refusal(path, f"row {number}", what, EXPORT_AGAIN)


def _unknown(path: Path, number: int, key: str) -> Invalid:
    what = Text(f"契约中没有该列：{key}", f"the contract has no such column: {key!r}")
    mend = Text("请删去该键，或先写入契约", "remove the key or add it to the contract")
    return refusal(path, f"row {number}", what, mend)
