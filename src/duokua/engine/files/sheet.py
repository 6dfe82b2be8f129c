"""A sheet of an XLSX workbook, streamed row by row to a table of text."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from xml.parsers.expat import ExpatError

from duokua.engine.files.formats import Format, empty
from duokua.engine.files.header import LOOKED_AT, Header, Names, find_header, plain_name
from duokua.engine.files.refusal import EXPORT_AGAIN, refusal, refuse_wide, room_for
from duokua.engine.files.sheet_rows import SheetRow, column_letters, sheet_rows
from duokua.engine.files.table import Table
from duokua.engine.files.texts import TextWriter, column_name
from duokua.engine.files.workbook import Bomb, Book, NoWorkbook, open_book
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    LookupError,
    ValueError,  # a reference that is no number
    NotImplementedError,  # an unusual compression
    RuntimeError,  # a part with a password
)


def sheet_table(path: Path, work: Path, wanted: Names | None) -> Table:
    """Write the rows of the first sheet, or of the one that fits ``wanted`` best, as text.

    :raises Invalid: it is cut, broken, no XLSX, unpacks to too much, or holds no table.
    """
    try:
        with room_for(path), zipfile.ZipFile(path) as package:
            return _table(path, open_book(package), work / "plain.parquet", wanted)
    except Bomb as error:
        what = Text("解压后过大，疑为恶意文件", "unpacks to far too much: it may be an attack")
        mend = Text("请另存为 CSV 或拆分", "save it as CSV or split it")
        raise refusal(path, "", what, mend) from error
    except NoWorkbook as error:
        what = Text("是压缩包，但不是 XLSX 工作簿", "is a package but no XLSX workbook")
        mend = Text("请另存为 .xlsx 或 CSV", "save it as .xlsx or CSV")
        raise refusal(path, "", what, mend) from error
    except _BROKEN as error:
        first = (str(error).splitlines() or [""])[0]
        what = Text(f"不是完整的 XLSX：{first}", f"is no whole XLSX: {first}")
        raise refusal(path, "", what, EXPORT_AGAIN) from error


def _table(path: Path, book: Book, into: Path, wanted: Names | None) -> Table:
    part, top, header = _best_sheet(path, book, wanted)
    refuse_wide(path, len(header.names))
    number = top[header.row][0]
    used, rows = _write(path, sheet_rows(book, part), number, len(header.names), into)
    kept = [at for at, name in enumerate(header.names) if name.strip() or used[at]]
    return Table(
        path=path,
        data=into,
        format=Format.XLSX,
        header=tuple(header.names[at].strip() or column_letters(at) for at in kept),
        rows=rows,
        parquet=True,
        texts=frozenset(map(column_name, kept)),
        header_row=number,
        numbered=True,
        columns=tuple(map(column_name, kept)),
        from_1904=book.from_1904,
    )


def _best_sheet(path: Path, book: Book, wanted: Names | None) -> tuple[str, list[SheetRow], Header]:
    best: tuple[str, list[SheetRow], Header] | None = None
    most = -1
    for part in book.sheets.values():
        top = list(islice(sheet_rows(book, part), LOOKED_AT))
        if not top:
            continue
        header = find_header([_texts(cells) for _, cells in top], wanted)
        found = sum(plain_name(name) in (wanted or ()) for name in header.names)
        if found > most:
            best, most = (part, top, header), found
    if best is None:
        raise empty(path)
    return best


def _texts(cells: Sequence[str | None]) -> list[str]:
    return [cell or "" for cell in cells]


def _write(
    path: Path, rows: Iterator[SheetRow], header_row: int, width: int, into: Path
) -> tuple[list[bool], int]:
    """Write the rows below the header; return which columns hold anything, and how many rows."""
    used = [False] * width
    with TextWriter(into, width) as writer:
        for number, cells in rows:
            if number <= header_row:
                continue
            for at in range(width, len(cells)):
                if (cells[at] or "").strip():
                    raise _outside(path, number, at)
            cells = [*cells[:width], *[None] * (width - len(cells))]
            for at, cell in enumerate(cells):
                if cell is not None:
                    used[at] = True
            writer.add(number, cells)
    return used, writer.rows


def _outside(path: Path, number: int, at: int) -> Invalid:
    what = Text("该值不在任何一列之下", "a value stands below no column of the header")
    mend = Text("请补上列名或删去该值", "name its column or remove it")
    return refusal(path, f"row {number}, column {column_letters(at)}", what, mend)
