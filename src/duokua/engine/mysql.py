"""MySQL and MariaDB tables as Arrow: rows stream from the server as text and are typed at ingest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pymysql
from pymysql import converters
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import SSCursor

from duokua.engine.tables import (
    CONNECT_S,
    Slice,
    check_columns,
    refused,
    source_names,
    unreachable,
)
from duokua.kernel.errors import DuokuaError, Fault, Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.source import Source

_READ_S = 600
_ROWS = 20_000  # of one Arrow batch
# No decoders: every value comes as its text, whose form the contract checks. Encoders stay.
_ENCODERS = {
    kind: turn for kind, turn in converters.conversions.items() if not isinstance(kind, int)
}
_WHOLE = {FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG}
_WHOLE |= {FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR}
_DECIMAL = {FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL}
_TIMES = {FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATETIME, FIELD_TYPE.DATE}
_CURSORS = _WHOLE | _DECIMAL | _TIMES | {FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING}
# Of the server's error numbers: what may pass by itself.
_PASSING = {1040, 1042, 1043, 1044, 1045, 1049, 1053, 1129, 1130, 1203, 1205, 1213, 1226}


@contextmanager
def open_mysql(source: Source, password: str, columns: Sequence[Column]) -> Iterator[MysqlReader]:
    """Connect; see :func:`duokua.engine.tables.open_table`."""
    try:
        connection = _connect(source.url, password)
    except pymysql.Error as error:
        raise _error(error, source) from None
    with closing(connection):
        try:
            connection.query("set session transaction read only")
            yield MysqlReader(source, columns, connection)
        except pymysql.Error as error:
            raise _error(error, source) from None


def _connect(url: str, password: str) -> Any:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    where: dict[str, Any] = {"host": parts.hostname or "localhost", "port": parts.port or 3306}
    if "unix_socket" in options:
        where = {"unix_socket": options["unix_socket"]}
    if "ssl_ca" in options:
        where |= {"ssl_ca": options["ssl_ca"], "ssl_verify_identity": True}
    return pymysql.connect(
        **where,
        user=unquote(parts.username or ""),
        password=password,
        database=unquote(parts.path.lstrip("/")),
        charset="utf8mb4",
        conv=_ENCODERS,
        cursorclass=SSCursor,
        init_command="set time_zone = '+00:00'",
        connect_timeout=CONNECT_S,
        read_timeout=_READ_S,
        autocommit=True,
    )


def _error(error: pymysql.Error, source: Source) -> DuokuaError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    name = type(error).__name__
    if number in _PASSING or number >= 2000 or number == 0:
        parts = urlsplit(source.url)
        return unreachable(f"{parts.hostname or 'MySQL'}{parts.path}", f"{number} {name}")
    return refused(str(number), name)


class MysqlReader:
    """Reads one table or query."""

    def __init__(self, source: Source, columns: Sequence[Column], connection: Any) -> None:
        self._source, self._columns, self._connection = source, columns, connection
        self._relation = _relation(source)
        self._types: dict[str, int] = {}
        with connection.cursor() as cursor:
            cursor.execute(f"select * from {self._relation} limit 0", ())  # noqa: S608
            self._types = {each[0]: each[1] for each in cursor.description}
        wanted = [*source_names(columns), *([source.cursor] if source.cursor else [])]
        check_columns(self._types, wanted, source.table or "query")
        if source.cursor and self._types[source.cursor] not in _CURSORS:
            raise _no_cursor(source.cursor)

    def count(self) -> int:
        """Return the rows of the whole."""
        return int(self._one(f"select count(*) from {self._relation}", ())[0])  # noqa: S608

    def _one(self, statement: str, values: Sequence[object]) -> tuple[Any, ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, tuple(values))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows[0]

    def next_slice(self, above: str, rows: int) -> Slice | None:
        """Return the next rows by cursor; those of one cursor value stay together."""
        cursor = quoted(self._source.cursor)
        where, values = [f"{cursor} is not null"], list[object]()
        if above:
            where.append(f"{cursor} > %s")
            values.append(self._typed(above))
        if self._source.settle_s:
            where.append(f"{cursor} <= now() - interval %s second")
            values.append(self._source.settle_s)
        count, upto = self._one(
            f"select count(*), cast(max(c) as char) from (select {cursor} as c from "  # noqa: S608
            f"{self._relation} where {' and '.join(where)} order by {cursor} limit %s) as s",
            [*values, rows],
        )
        return Slice(above, upto, int(count)) if int(count) else None

    def _typed(self, value: str) -> object:
        kind = self._types[self._source.cursor]
        if kind in _WHOLE:
            return int(value)  # as text the server would compare it as a rounded number
        return Decimal(value) if kind in _DECIMAL else value

    def batches(self, part: Slice) -> Iterator[pa.RecordBatch]:
        """Stream a slice, unbuffered."""
        values = ", ".join(map(self._value, self._columns))
        statement, bound = f"select {values} from {self._relation}", list[object]()  # noqa: S608
        if part.upto:
            cursor = quoted(self._source.cursor)
            statement += f" where {cursor} <= %s"
            bound.append(self._typed(part.upto))
            if part.above:
                statement += f" and {cursor} > %s"
                bound.append(self._typed(part.above))
        names = source_names(self._columns)
        schema = pa.schema([(name, pa.string()) for name in names])
        with self._connection.cursor() as cursor:
            cursor.execute(statement, tuple(bound))
            while rows := cursor.fetchmany(_ROWS):
                columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
                yield pa.record_batch(columns, schema=schema)

    def _value(self, column: Column) -> str:
        name = column.source_name or column.name
        text = f"convert({quoted(name)} using utf8mb4)"
        if self._types[name] == FIELD_TYPE.TIMESTAMP:
            text = f"concat({text}, 'Z')"  # an instant, told in the session's zone
        return f"{text} as {quoted(name)}"


def _no_cursor(name: str) -> Invalid:
    what = Text(f"列“{name}”不能用作 cursor", f"the column {name!r} cannot be a cursor")
    mend = Text("请用整数、时间或文字列", "use a column of whole numbers, times or text")
    return Invalid(what, mend, faults=(Fault(name, what, mend),))


def quoted(name: str) -> str:
    """Quote a name for MySQL; ``%`` is doubled, as it would be taken for a bound value."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def _relation(source: Source) -> str:
    if source.table:
        return ".".join(map(quoted, source.table.split(".")))
    # As a part of another statement it can only be a query; the session is read-only besides.
    return f"({source.query.replace('%', '%%')}) as q"
