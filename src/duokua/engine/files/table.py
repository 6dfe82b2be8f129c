"""A file made readable: plain CSV or Parquet that one SQL relation reads as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duokua.engine.duck import text_literal
from duokua.engine.files.formats import Format

BLANKS = " \t\r\n\u3000\u00a0"
_WIDE_BLANKS = (("\u3000", "\u3001"), ("\u00a0", "\u00a1"))  # and what sorts next
ROW = "_row"  # the column of a converted file that keeps the row numbers of the original
_NO_NULL_WORD = "\U0010ffff\U0010fffe"  # the reader wants one at least


@dataclass(frozen=True, slots=True)
class Table:
    """A readable table; ``data`` is the file itself or a converted copy of it."""

    path: Path  # as it was sent
    data: Path  # what is read
    format: Format
    header: tuple[str, ...]
    rows: int  # estimated for CSV, else exact
    parquet: bool  # whether `data` is Parquet, else it is CSV
    texts: frozenset[str]  # the columns that hold text
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int = 1  # of the file, from 1; 0 where the format has no header row
    skip: int = 0  # records of a CSV above its data, where its header is not the first
    numbered: bool = False  # whether `data` was written row by row, with the column ROW
    columns: tuple[str, ...] = ()  # names of the header's columns in `data`, where they differ
    from_1904: bool = False  # a spreadsheet whose days count from 1904

    def labels(self) -> tuple[str, ...]:
        """Return the header with repeated and empty names told apart."""
        found: list[str] = []
        for at, name in enumerate(self.header, 1):
            label = name.strip() or f"column_{at}"
            found.append(f"{label}_{at}" if label in found else label)
        return tuple(found)

    def sql(
        self, names: Sequence[str], null_words: Sequence[str] = (), *, rejects: bool = False
    ) -> str:
        """Return the SQL of the raw rows with ``names`` for the columns, in the file's order.

        A word of ``null_words`` is null; texts lose the blanks around them.
        """
        return self._select(names, null_words, rejects=rejects)

    def _select(
        self,
        names: Sequence[str],
        null_words: Sequence[str],
        *,
        rejects: bool = False,
        row: str = "",
    ) -> str:
        if self.parquet:
            source = f"read_parquet({text_literal(str(self.data))})"
            pairs = list(zip(self.columns or self.header, names, strict=True))
        else:
            source = self._csv(names, null_words, rejects)
            if rejects:  # an inner select would keep the reader from looking at every column
                return source
            pairs = [(name, name) for name in names]
        columns = [f"{self._cell(old, null_words)} as {quoted(new)}" for old, new in pairs]
        if row:
            columns.append(row)
        return f"(select {', '.join(columns)} from {source})"  # noqa: S608

    def plain_sql(self, names: Sequence[str], null_words: Sequence[str] = ()) -> str:
        """Return the SQL of the raw rows of a CSV as they are, blanks around values included."""
        return self._csv(names, null_words, rejects=False)

    def numbered_sql(self, names: Sequence[str], null_words: Sequence[str] = ()) -> str:
        """Return the raw rows with the column ``_row``: their row numbers in the file.

        A spreadsheet's rows count as it shows them; otherwise the header does not count.
        """
        above = max(0, self.header_row - 1)
        row = ROW if self.numbered else f"row_number() over () + {above} as {ROW}"
        return self._select(names, null_words, row=row)

    def _cell(self, name: str, null_words: Sequence[str]) -> str:
        value = quoted(name)
        if self.parquet and name not in self.texts:
            return value
        if self.numbered:  # written by us, without outer blanks
            return self._nulled(value, null_words)
        trimmed = f"trim({value}, {text_literal(BLANKS)})"
        mended = f"case when {trimmed} not in ({_words(null_words)}) then {trimmed} end"
        whens = f"when {has_outer_blank(value)} then {mended} "
        if self.parquet and null_words:
            whens += f"when {value} in ({_words(null_words)}) then null "
        return f"case {whens}else {value} end"

    def _nulled(self, value: str, null_words: Sequence[str]) -> str:
        words = _words(null_words)
        return f"case when {value} in ({words}) then null else {value} end" if null_words else value

    def _csv(self, names: Sequence[str], null_words: Sequence[str], rejects: bool) -> str:
        types = ", ".join(f"{text_literal(name)}: 'varchar'" for name in names)
        options = "store_rejects = true, " if rejects else ""
        options += f"header = false, skip = {self.skip}, " if self.skip else "header = true, "
        return (
            f"read_csv({text_literal(str(self.data))}, columns = {{{types}}}, {options}"
            f"auto_detect = false, delim = {text_literal(self.delimiter or ',')}, quote = '\"', "
            f"escape = '\"', nullstr = [{_words(null_words)}], "
            "allow_quoted_nulls = true, strict_mode = true)"
        )


def has_outer_blank(value: str) -> str:
    """Return a condition that costs little where, as nearly always, there is none."""
    blanks = ", ".join(map(text_literal, BLANKS))
    first = f"{value} < '!' and {value} <> ''"  # what sorts below "!" begins with a blank
    wide = " or ".join(f"({value} >= '{a}' and {value} < '{b}')" for a, b in _WIDE_BLANKS)
    return f"({first}) or {wide} or right({value}, 1) in ({blanks})"


def _words(null_words: Sequence[str]) -> str:
    return ", ".join(text_literal(word) for word in null_words or (_NO_NULL_WORD,))


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'
