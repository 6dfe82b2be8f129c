"""Any accepted file becomes a :class:`Table`: the one door to every format."""

from __future__ import annotations

from pathlib import Path

from duokua.engine.files.delimited import delimited_table
from duokua.engine.files.formats import Format, format_of
from duokua.engine.files.header import Names
from duokua.engine.files.table import Table


def read_table(path: Path, work: Path, wanted: Names | None = None) -> Table:
    """Make ``path`` readable; copies go to the folder ``work``, which the caller removes.

    ``wanted`` maps spellings to column names and finds the header among title rows.

    :raises Invalid: the file as a whole cannot be read; nothing has been changed.
    """
    match format_of(path):
        case Format.CSV:
            return delimited_table(path, work, wanted)
        case _:
            raise NotImplementedError
