"""Opens the tables of other systems' databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from duokua.engine.tables import TableReader
from duokua.lang.contract import Column
from duokua.lang.source import Source, SourceKind


@contextmanager
def open_table(source: Source, password: str, columns: Sequence[Column]) -> Iterator[TableReader]:
    """Connect to the database of ``source``.

    :raises Unavailable: it cannot be reached.
    :raises Invalid: the table, a column or the cursor is not there.
    """
    opened: AbstractContextManager[TableReader]
    if source.kind is SourceKind.POSTGRESQL:
        from duokua.engine.postgresql import open_postgresql

        opened = open_postgresql(source, password, columns)
    else:
        from duokua.engine.mysql import open_mysql

        opened = open_mysql(source, password, columns)
    with opened as reader:
        yield reader
