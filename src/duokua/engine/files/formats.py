"""Which format a file has: told by its first bytes, never by its name."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from pathlib import Path

from duokua.engine.files.refusal import refusal
from duokua.kernel.text import Text

_HEAD_BYTES = 1 << 13
_PARQUET = b"PAR1"
_ARROW_FILE = b"ARROW1"
_ARROW_STREAM = b"\xff\xff\xff\xff"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_JSON_ARRAY = re.compile(rb"\s*\[\s*([{\]]|\Z)")
_JSON_OBJECT = re.compile(rb'\s*\{\s*(["}]|\Z)')
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"7z\xbc\xaf": "7z", b"Rar!": "RAR"}


class Format(StrEnum):
    """A file format that can be brought in."""

    CSV = "csv"  # any delimiter
    XLSX = "xlsx"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    ARROW_FILE = "arrow"
    ARROW_STREAM = "arrow-stream"


def format_of(path: Path) -> Format:
    """Return the format of ``path``.

    :raises Invalid: an empty file, an old or locked workbook, a packed or foreign file.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise empty(path)
    if head.startswith(_PARQUET):
        return Format.PARQUET
    if head.startswith(_ARROW_FILE):
        return Format.ARROW_FILE
    if head.startswith(_ARROW_STREAM):
        return Format.ARROW_STREAM
    if head.startswith(_ZIP):
        return Format.XLSX
    _refuse_foreign(path, head)
    plain = _narrow(head)
    if _JSON_ARRAY.match(plain):
        return Format.JSON
    return Format.NDJSON if _JSON_OBJECT.match(plain) else Format.CSV


def _narrow(head: bytes) -> bytes:
    """Drop the byte order mark, and of UTF-16 every other byte: enough to see a bracket."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return head[2::2]
    if head.startswith(codecs.BOM_UTF16_BE):
        return head[3::2]
    return head.removeprefix(codecs.BOM_UTF8)


def empty(path: Path) -> Exception:
    """Refuse an empty file."""
    what, mend = Text("文件为空", "the file is empty"), Text("请检查文件", "check the file")
    return refusal(path, "", what, mend)


def _refuse_foreign(path: Path, head: bytes) -> None:
    if head.startswith(_OLE):
        raise _workbook(path)
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            what = Text(f"是 {name} 压缩文件", f"is packed with {name}")
            raise refusal(path, "", what, Text("请解压后再提交", "unpack it first"))
    if head.startswith(b"%PDF"):
        what = Text("是 PDF，不是数据表", "is a PDF, not a table")
        raise refusal(path, "", what, Text("请导出为 XLSX 或 CSV", "export XLSX or CSV"))


def _workbook(path: Path) -> Exception:
    size = 1 << 20
    with path.open("rb") as file:
        head = file.read(size)
        file.seek(max(0, path.stat().st_size - size))
        locked = _LOCKED in head or _LOCKED in file.read(size)
    if locked:
        what = Text("工作簿有密码", "the workbook is protected by a password")
        mend = Text("请去掉密码后另存", "save it without a password")
    else:
        what = Text("是旧版 Excel（.xls）", "is an old Excel workbook (.xls)")
        mend = Text("请另存为 .xlsx 或 CSV", "save it as .xlsx or CSV")
    return refusal(path, "", what, mend)
