"""Delimited text: its delimiter and header found in the first records, the rest left to DuckDB."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from duokua.engine.files.encoding import SAMPLE_BYTES, Encoding, encoding_of, pieces, transcode
from duokua.engine.files.formats import Format, empty
from duokua.engine.files.header import Header, Names, find_header, plain_name
from duokua.engine.files.refusal import LONGEST_RECORD, too_long
from duokua.engine.files.table import Table

_DELIMITERS = (",", "\t", ";", "|")
_STRIDE, _BLOCK = LONGEST_RECORD // 2, 1 << 16
_JUDGED = 200  # records that tell the delimiter
csv.field_size_limit(LONGEST_RECORD)


@dataclass(frozen=True, slots=True)
class Head:
    """The first records of a delimited file, and the line on which each of them ends."""

    delimiter: str
    records: list[list[str]]
    ends: list[int]


def delimited_table(path: Path, work: Path, wanted: Names | None) -> Table:
    """Read the head of ``path`` and make it plain UTF-8, a copy in ``work`` where it is not.

    :raises Invalid: an empty file, an unknown encoding, a line without end.
    """
    encoding = encoding_of(path)
    head = read_head(path, encoding, wanted)
    header = find_header(head.records, wanted)
    data = path if encoding.plain else transcode(path, encoding, work / "plain.csv")
    refuse_endless_line(data)
    return Table(
        path=path,
        data=data,
        format=Format.CSV,
        header=header.names,
        rows=_estimate(path, header, head),
        parquet=False,
        texts=frozenset(header.names),
        encoding=encoding.name,
        delimiter=head.delimiter,
        header_row=header.row + 1,
        skip=header.row + 1 if header.row else 0,
    )


def refuse_endless_line(path: Path) -> None:
    """Refuse a line over :data:`LONGEST_RECORD` bytes after a look at a hundredth of the file.

    Each such line covers a whole block at one of the places looked at. DuckDB is not asked: it
    passes over a line that is longer than its buffer without a word when the file ends with it.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        for offset in range(_STRIDE, size, _STRIDE):
            file.seek(offset)
            if _line_end(file.read(_BLOCK)) < 0 and _is_endless(file, offset):
                raise too_long(path, f"byte {offset}")


def _is_endless(file: BinaryIO, offset: int) -> bool:
    begin = max(0, offset - LONGEST_RECORD)
    file.seek(begin)
    before = file.read(offset - begin)
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 + begin
    end = _line_end(file.read(LONGEST_RECORD))
    return end < 0 or offset + end - start > LONGEST_RECORD


def _line_end(block: bytes) -> int:
    ends = [at for at in (block.find(b"\n"), block.find(b"\r")) if at >= 0]
    return min(ends, default=-1)


def read_head(path: Path, encoding: Encoding, wanted: Names | None) -> Head:
    """Return the first records under the delimiter that fits them best."""
    text, whole = _first_text(path, encoding)
    if not text.strip("\ufeff \t\r\n,;|\0"):
        raise empty(path)
    heads = [_split(text, delimiter, whole) for delimiter in _DELIMITERS]
    return max(heads, key=lambda head: _fit(head, wanted))


def _first_text(path: Path, encoding: Encoding) -> tuple[str, bool]:
    """Return the beginning, at least one whole line, and whether that is the whole file."""
    text, stream = "", pieces(path, encoding)
    for piece in stream:
        text += piece
        if "\n" in text or "\r" in text:
            break
        if len(text) > LONGEST_RECORD:
            raise too_long(path, "line 1")
    stop = SAMPLE_BYTES
    if "\n" not in text[:stop] and "\r" not in text[:stop]:
        stop = len(text)
    return text[:stop], stop >= len(text) and path.stat().st_size <= len(text)


def _split(text: str, delimiter: str, whole: bool) -> Head:
    head = Head(delimiter, [], [])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            head.records.append(record)
            head.ends.append(reader.line_num)
            if len(head.records) >= _JUDGED:
                return head
    except csv.Error:
        whole = len(head.records) < 1
    if not whole and len(head.records) > 1:
        head.records.pop()
        head.ends.pop()
    return head


def _fit(head: Head, wanted: Names | None) -> tuple[int, float, int]:
    """Order delimiters: by wanted names found, by how even the records are, by their width."""
    widths = Counter(len(record) for record in head.records if any(record))
    if not widths:
        return 0, 0.0, 0
    width, often = max(widths.items(), key=lambda each: (each[0] > 1, each[1], each[0]))
    even = often / widths.total() if width > 1 else 0.0
    if wanted is None:
        return 0, round(even, 1), width
    names = find_header(head.records, wanted).names
    found = len({wanted[name] for name in map(plain_name, names) if name in wanted})
    return found, round(even, 1), width


def _estimate(path: Path, header: Header, head: Head) -> int:
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    lines = max(1, sample.count(b"\n"))
    size = path.stat().st_size
    if size > len(sample):
        return size * lines // len(sample)
    ended = sample.endswith(b"\n")
    return max(0, sample.count(b"\n") + (not ended) - head.ends[header.row])


def delimited_rows(table: Table, limit: int) -> Iterator[list[str]]:
    """Yield up to ``limit`` records below the header as they are, tolerant of ragged ones."""
    encoding = encoding_of(table.path)
    lines = _lines(pieces(table.path, encoding))
    reader = csv.reader(lines, delimiter=table.delimiter or ",")
    try:
        for at, record in enumerate(record for record in reader):
            if at >= table.header_row and record:
                yield record
            if at >= table.header_row + limit:
                return
    except csv.Error as error:
        raise too_long(table.path, f"line {reader.line_num}") from error


def _lines(stream: Iterator[str]) -> Iterator[str]:
    rest = ""
    for piece in stream:
        lines = io.StringIO(rest + piece, newline="").readlines()
        rest = lines.pop() if lines else ""
        yield from lines
    if rest:
        yield rest
