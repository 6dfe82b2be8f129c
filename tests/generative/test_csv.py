"""Any table, written as CSV by another writer, comes back as it was."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine.duck import open_duck, scan
from duokua.engine.intake import stage
from duokua.engine.rows import read_rows
from duokua.engine.stats import stored_sql
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from engines import COLUMNS, Cell, Row

EFFORT = int(os.environ.get("EFFORT", "1"))
KEY = Column("key_", Kind.INTEGER, Text("k", "k"), required=True)
TITLE = Text("t", "t")
CONTRACT = Contract(
    "any", "1.0.0", TITLE, TITLE, "d", Level.L1, (KEY, *COLUMNS), ("key_",), None, ("NULL!",)
)
VALUES: dict[Kind, st.SearchStrategy[Cell]] = {
    Kind.STRING: st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6
    )
    | st.text("\"', ;#\r\n\t\\王\ufeff", max_size=6),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.dates().map(lambda day: day.isoformat()),
    Kind.TIMESTAMP: st.datetimes().map(lambda at: at.isoformat(timespec="microseconds") + "Z"),
}
tables = st.lists(
    st.fixed_dictionaries({each.name: st.none() | VALUES[each.kind] for each in COLUMNS}),
    min_size=1,
    max_size=8,
)


def written(cell: Cell, *, quote: bool) -> str:
    """Write one field as RFC 4180 says."""
    if cell is None:
        return "NULL!"
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    if quote or any(each in text for each in '",\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def kept(cell: Cell) -> Cell:
    """Return what is kept of a cell: a text loses the blanks around it."""
    return cell.strip(" \t\r\n\u3000\u00a0") if isinstance(cell, str) else cell


@settings(max_examples=40 * EFFORT, deadline=None, print_blob=True)
@given(tables, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_what_goes_in_comes_out(table: list[Row], end: str, mark: bool, quote: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        path, out = Path(name) / "any.csv", Path(name) / "out.parquet"
        lines = [[column.name for column in CONTRACT.columns]]
        for at, row in enumerate(table):
            cells = (written(row[column.name], quote=quote) for column in COLUMNS)
            lines.append([str(at), *cells])
        text = "".join(",".join(line) + end for line in lines)
        path.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
        stats = stage(path, CONTRACT, out, threads=1)
        duck = open_duck(directories=[out.parent], threads=1)
        shown = ", ".join(stored_sql(column) for column in COLUMNS)
        found = duck.execute(f"select {shown} from {scan([out])} order by key_").fetchall()
        duck.close()
        table = [{name: kept(cell) for name, cell in row.items()} for row in table]
        assert found == [tuple(row[column.name] for column in COLUMNS) for row in table]
        assert stats.rows == sum(batch.num_rows for batch in read_rows([out], [KEY]))
        for column in COLUMNS:
            given_ = [row[column.name] for row in table if row[column.name] is not None]
            told = stats.of(column.name)
            assert told.nulls == len(table) - len(given_)
            if given_:
                assert (told.least, told.greatest) == (min(given_), max(given_))  # type: ignore[type-var]
