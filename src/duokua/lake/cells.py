"""How the pages write a cell (单元格): codes by their titles, instants in the district's time."""

from __future__ import annotations

from duokua.kernel.clock import SHANGHAI, from_iso
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind

_MOST = 40  # characters
_YES_NO = {True: Text("是", "yes"), False: Text("否", "no")}
NOTHING = Text("—", "—")


def cell_words(value: object, column: Column) -> Text:
    """Return a stored value of a column in the words of a page, shortened when it is long."""
    if value is None:
        return NOTHING
    told = next((code.title for code in column.codes if code.value == str(value)), None)
    if told is not None:
        return told
    match column.kind:
        case Kind.BOOLEAN:
            return _YES_NO[value in (True, 1, "true", "True")]
        case Kind.TIMESTAMP:
            at = from_iso(str(value)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
            return Text(at, at)
        case _:
            text = str(value)
            short = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
            return Text(short, short)
