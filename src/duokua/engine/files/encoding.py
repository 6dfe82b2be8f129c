"""Which encoding a text file has, and its text as a stream of bounded pieces.

UTF-8 and UTF-16 are taken by their marks, UTF-8 by what the bytes are; only a file that is not
UTF-8 at all may be GB18030 (国标 18030, contains GBK), and every byte of it must then decode.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from duokua.engine.files.refusal import refusal, room_for
from duokua.kernel.text import Text

SAMPLE_BYTES = 1 << 20
_CHUNK_BYTES = SAMPLE_BYTES  # what the judgement has seen is what is decoded first
_UTF8, _GB = "utf-8", "gb18030"
_MARKS = (
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LEAST_NULS = 0.3  # share of NULs in one half of the bytes of UTF-16 text without a mark
_MOST_CONTROLS = 0.02  # share of control characters in text; bytes at random have a tenth
_CONTROLS = bytes(byte for byte in range(32) if chr(byte) not in "\t\n\v\f\r\x1a\x1b")
_LEAST_HANZI = 0.5  # share of two-byte characters that are of GB 2312, in a real GBK text


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a text file; its first ``mark`` bytes are the byte order mark."""

    name: str
    mark: int = 0

    @property
    def plain(self) -> bool:
        """Whether the file can be read as it is."""
        return self.name == _UTF8


def encoding_of(path: Path) -> Encoding:
    """Judge the encoding by the first MiB.

    :raises Invalid: the bytes are neither UTF-8, UTF-16 nor GB18030, and the first bad one is named;
        or they are no text at all.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Encoding(name, len(mark))
    wide = _unmarked_utf16(sample)
    if wide:
        return Encoding(wide)
    if _is_mostly_utf8(sample):
        return Encoding(_UTF8)
    if _is_binary(sample):
        raise _no_text(path)
    if not _looks_chinese(sample):
        raise undecodable(path)
    return Encoding(_GB)


def _unmarked_utf16(sample: bytes) -> str | None:
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) / half > _LEAST_NULS and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) / half > _LEAST_NULS and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _is_mostly_utf8(sample: bytes) -> bool:
    """Tell UTF-8, also damaged, from another encoding: most of what is not ASCII decodes."""
    if sample.isascii():
        return True
    text = sample.decode(_UTF8, errors="replace")
    bad = text.rstrip("\ufffd").count("\ufffd")  # the sample may end within a character
    plain = len(text.encode("ascii", errors="ignore"))
    good = len(text) - plain - text.count("\ufffd")
    return good >= 2 * bad


def _is_binary(sample: bytes) -> bool:
    return len(sample) - len(sample.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(sample)


def _looks_chinese(sample: bytes) -> bool:
    pairs = usual = at = 0
    while at < len(sample) - 1:
        lead, trail = sample[at], sample[at + 1]
        if lead < 0x80:
            at += 1
            continue
        if 0x30 <= trail <= 0x39:  # a character of four bytes
            at += 4
            continue
        pairs += 1
        usual += 0xA1 <= lead <= 0xF7 and trail >= 0xA1
        at += 2
    return usual >= _LEAST_HANZI * pairs


def encoding_from(path: Path, offset: int) -> Encoding:
    """Judge a file that is ASCII up to ``offset`` by what stands there."""
    with path.open("rb") as file:
        file.seek(offset)
        sample = file.read(SAMPLE_BYTES)
    utf8 = _is_mostly_utf8(sample) or not _looks_chinese(sample)
    return Encoding(_UTF8 if utf8 else _GB)


def pieces(path: Path, encoding: Encoding) -> Iterator[str]:
    """Yield the text of ``path`` in pieces of a few MiB, line ends as they are.

    :raises Invalid: a byte that does not decode.
    """
    decoder = codecs.getincrementaldecoder(encoding.name)()
    offset = encoding.mark
    with path.open("rb") as file:
        file.seek(offset)
        while True:
            chunk = file.read(_CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                yield decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise _bad_byte(path, offset - pending + error.start, encoding) from error
            if not chunk:
                return
            offset += len(chunk)


def transcode(path: Path, encoding: Encoding, into: Path) -> Path:
    """Write ``path`` as UTF-8 without a mark to ``into``, in constant memory."""
    with room_for(path), into.open("w", encoding=_UTF8, newline="") as file:
        for piece in pieces(path, encoding):
            file.write(piece)
    return into


def first_bad_byte(path: Path) -> int:
    """Return the byte at which ``path`` stops being UTF-8, its size if it never does."""
    decoder = codecs.getincrementaldecoder(_UTF8)()
    offset = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return offset - pending + error.start
            if not chunk:
                return offset
            offset += len(chunk)


def undecodable(path: Path) -> Exception:
    """Refuse a file whose bytes are not UTF-8, naming the first that is not."""
    return _bad_byte(path, first_bad_byte(path), Encoding(_UTF8))


def _no_text(path: Path) -> Exception:
    what = Text("不是文本文件，也不是可识别的表格", "is no text, nor a table of a known format")
    mend = Text(
        "请导出为 CSV、XLSX、JSON、Parquet 或 Arrow",
        "export it as CSV, XLSX, JSON, Parquet or Arrow",
    )
    return refusal(path, "", what, mend)


def _bad_byte(path: Path, offset: int, encoding: Encoding) -> Exception:
    name = encoding.name.upper()
    what = Text(f"第 {offset} 字节起不是 {name}", f"is not {name} from byte {offset} on")
    mend = Text("请另存为 UTF-8", "save the file as UTF-8")
    return refusal(path, f"byte {offset}", what, mend)
