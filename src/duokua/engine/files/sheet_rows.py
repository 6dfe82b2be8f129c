"""The rows of one sheet of a workbook, as they stream out of its XML."""

from __future__ import annotations

from collections.abc import Iterator

from duokua.engine.files.sheet_numbers import NO_STYLE, number_text
from duokua.engine.files.workbook import Attributes, Book, parse, unescaped

SheetRow = tuple[int, list[str | None]]  # its number as the sheet shows it, its cells
_MOST_COLUMNS = 16_384
_LONGEST_CELL = 1 << 20


def sheet_rows(book: Book, part: str) -> Iterator[SheetRow]:
    """Yield the rows that are not blank.

    Errors of formulas (``#N/A``) stay as they are: values that break a contract.

    :raises ValueError: a cell or reference that no sheet can have.
    """
    reader = _Reader(book)
    for _ in parse(book.package, part, reader.start, reader.end, reader.data):
        yield from reader.rows
        reader.rows.clear()


class _Reader:
    """Gathers cells into rows as their elements begin and end."""

    def __init__(self, book: Book) -> None:
        self.rows: list[SheetRow] = []
        self._book = book
        self._number = 0
        self._cells: list[str | None] = []
        self._at = -1
        self._kind = "n"
        self._style = 0
        self._text: list[str] | None = None
        self._runs: list[str] = []
        self._size = 0
        self._reading = False
        self._places: dict[str, int] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        """Begin a row, a cell or its text."""
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v" or (name == "t" and not self._reading):
            self._text = self._runs
        elif name == "rPh":
            self._reading = True
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells, self._at = [], -1

    def _begin_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        self._at = self._at + 1 if reference is None else self._place(reference)
        if not 0 <= self._at < _MOST_COLUMNS:
            raise ValueError(f"column {self._at}")
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", 0))
        self._runs, self._size = [], 0

    def end(self, name: str) -> None:
        """Finish a text, a cell or a row."""
        if name in ("v", "t"):
            self._text = None
        elif name == "c":
            if self._runs:
                self._put(self._value("".join(self._runs)))
        elif name == "rPh":
            self._reading = False
        elif name == "row" and any(cell and not cell.isspace() for cell in self._cells):
            self.rows.append((self._number, self._cells))

    def data(self, text: str) -> None:
        """Take a piece of a cell's text."""
        if self._text is not None:
            self._size += len(text)
            if self._size > _LONGEST_CELL:
                raise ValueError(f"row {self._number}: a cell is too long")
            self._text.append(text)

    def _put(self, value: str) -> None:
        missing = self._at - len(self._cells)
        if missing > 0:
            self._cells.extend([None] * missing)
        if missing >= 0:
            self._cells.append(value)
        else:
            self._cells[self._at] = value

    def _value(self, raw: str) -> str:
        match self._kind:
            case "s":
                return self._book.strings[int(raw)]
            case "n":
                styles = self._book.styles
                style = styles[self._style] if self._style < len(styles) else NO_STYLE
                return number_text(raw, style, from_1904=self._book.from_1904)
            case "b":
                return "true" if raw.strip() == "1" else "false"
            case "str" | "inlineStr":
                return unescaped(raw)
            case _:
                return raw

    def _place(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        at = self._places.get(letters)
        if at is None:
            at = self._places[letters] = _column(letters)
        return at


def _column(letters: str) -> int:
    at = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z" or at > _MOST_COLUMNS:
            raise ValueError(f"reference {letters[:9]}")
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1


def column_letters(at: int) -> str:
    """Return the letters of column ``at`` (0 is A)."""
    letters, rest = "", at + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
