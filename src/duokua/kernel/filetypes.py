"""What a file that people send may be (文件类型): judged by its bytes, never by its name alone.

Nothing is unpacked or run. Of a compressed office file only the list of its parts is read, and that
only up to a bound, so that a bomb stays what it is: bytes on a disk.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

_HEAD = 8192
_MOST_PARTS = 5000
_PLAIN = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_PACKED = {
    ".docx": ("word/document.xml", f"{_OFFICE}.wordprocessingml.document"),
    ".xlsx": ("xl/workbook.xml", f"{_OFFICE}.spreadsheetml.sheet"),
    ".pptx": ("ppt/presentation.xml", f"{_OFFICE}.presentationml.presentation"),
    ".ofd": ("OFD.xml", "application/ofd"),
}
_TEXTS = {".txt": "text/plain", ".csv": "text/csv"}
_MACROS = ("vbaproject.bin", "vbadata.xml")
KNOWN = tuple(sorted({*_PLAIN, *_PACKED, *_TEXTS}))


def media_type(name: str, file: BinaryIO) -> str | None:
    """Return the media type of a file; ``None``: it is none that may be attached.

    Its name has to end as its bytes say.
    """
    ending = Path(name).suffix.lower()
    file.seek(0)
    head = file.read(_HEAD)
    if ending in _PLAIN:
        begin, told = _PLAIN[ending]
        return told if head.startswith(begin) else None
    if ending in _PACKED:
        return _packed(ending, file)
    if ending in _TEXTS:
        return _TEXTS[ending] if _is_text(head) else None
    return None


def _packed(ending: str, file: BinaryIO) -> str | None:
    wanted, told = _PACKED[ending]
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as box:
            parts = [entry.filename for entry in box.infolist()[: _MOST_PARTS + 1]]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return None
    if wanted not in parts or len(parts) > _MOST_PARTS:
        return None
    return None if any(part.lower().endswith(_MACROS) for part in parts) else told


def _is_text(head: bytes) -> bool:
    if b"\0" in head or head.lstrip()[:1] == b"<":
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # the head may end within a character
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False
