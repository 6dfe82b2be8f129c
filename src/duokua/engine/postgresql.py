"""PostgreSQL tables as Arrow: counts and bounds over psycopg, rows by binary COPY over ADBC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import adbc_driver_manager
import psycopg
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from psycopg import conninfo, sql

from duokua.engine.tables import (
    CONNECT_S,
    Slice,
    check_columns,
    refused,
    source_names,
    unreachable,
)
from duokua.kernel.errors import DuokuaError
from duokua.lang.contract import Column, Kind
from duokua.lang.source import Source

# Types that ADBC hands over as what they are; all others travel as text.
_BOOL, _INT8, _INT2, _INT4, _TEXT, _FLOAT4, _FLOAT8 = 16, 20, 21, 23, 25, 700, 701
_BPCHAR, _VARCHAR, _DATE, _TIMESTAMP, _TIMESTAMPTZ, _NUMERIC = 1042, 1043, 1082, 1114, 1184, 1700
_AS_IS = {_BOOL, _INT8, _INT2, _INT4, _TEXT, _FLOAT8, _BPCHAR, _VARCHAR}
_AS_IS |= {_DATE, _TIMESTAMP, _TIMESTAMPTZ}
_OPTIONS = "-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO"
_ABOVE, _UPTO = "duokua.above", "duokua.upto"


@contextmanager
def open_postgresql(
    source: Source, password: str, columns: Sequence[Column]
) -> Iterator[PostgresqlReader]:
    """Connect; see :func:`duokua.engine.tables.open_table`."""
    info = _conninfo(source.url, password)
    try:
        connection = psycopg.connect(info, autocommit=True, cursor_factory=psycopg.RawCursor)
    except psycopg.Error as error:
        raise _error(error, source) from None
    with closing(connection):
        try:
            yield PostgresqlReader(source, columns, connection, info)
        except (psycopg.Error, adbc_driver_manager.Error) as error:
            raise _error(error, source) from None


def _conninfo(url: str, password: str) -> str:
    more = {"password": password} if password else {}
    return conninfo.make_conninfo(url, connect_timeout=CONNECT_S, options=_OPTIONS, **more)


def _error(error: psycopg.Error | adbc_driver_manager.Error, source: Source) -> DuokuaError:
    code = error.sqlstate or ""
    # Class 08 and 57 of SQLSTATE: the connection is broken or the server goes down.
    if not code or code[:2] in ("08", "28", "53", "57", "3D"):
        parts = urlsplit(source.url)
        return unreachable(f"{parts.hostname or 'PostgreSQL'}{parts.path}", code or _name(error))
    return refused(code, _name(error))


def _name(error: Exception) -> str:
    return type(error).__name__


class PostgresqlReader:
    """Reads one table or query."""

    def __init__(
        self,
        source: Source,
        columns: Sequence[Column],
        connection: psycopg.Connection[tuple[object, ...]],
        info: str,
    ) -> None:
        self._source, self._columns = source, columns
        self._connection, self._info = connection, info
        self._relation = _relation(source)
        probe = sql.SQL("select * from {} limit 0").format(self._relation)
        described = connection.execute(probe).description or []
        self._types = {each.name: each.type_code for each in described}
        wanted = [*source_names(columns), *([source.cursor] if source.cursor else [])]
        check_columns(self._types, wanted, source.table or "query")
        self._cursor_type = self._type_of(source.cursor) if source.cursor else sql.SQL("")

    def _type_of(self, name: str) -> sql.SQL:
        found = self._connection.execute(
            "select format_type($1::oid, null)", (self._types[name],)
        ).fetchone()
        return sql.SQL(str(found[0] if found else "text"))

    def count(self) -> int:
        """Return the rows of the whole: the server's own estimate where it has one, else counted."""
        if self._source.table:
            known = sql.SQL(
                "select reltuples::bigint from pg_class where oid = {}::regclass"
            ).format(self._relation.as_string(self._connection))
            estimate = self._one(known)[0]
            if estimate > 0:
                return estimate
        return self._one(sql.SQL("select count(*) from {}").format(self._relation))[0]

    def _one(self, statement: sql.Composed, values: Sequence[object] = ()) -> tuple[int, str]:
        row = self._connection.execute(statement, values).fetchone() or (0,)
        return int(str(row[0] or 0)), str(row[1]) if len(row) > 1 and row[1] is not None else ""

    def next_slice(self, above: str, rows: int) -> Slice | None:
        """Return the next rows by cursor; those of one cursor value stay together."""
        cursor, kind = sql.Identifier(self._source.cursor), self._cursor_type
        where, values = [sql.SQL("{} is not null").format(cursor)], list[object]([rows])
        if above:
            values.append(above)
            where.append(sql.SQL(f"{{}} > ${len(values)}::{{}}").format(cursor, kind))
        if self._source.settle_s:
            values.append(self._source.settle_s)
            where.append(self._settled(cursor, len(values)))
        condition = sql.SQL(" and ").join(where)
        first = sql.SQL("select {c} as c from {r} where {w} order by {c} limit $1").format(
            c=cursor, r=self._relation, w=condition
        )
        bound = sql.SQL("select count(*), max(c)::text from ({}) as s").format(first)
        count, upto = self._one(bound, values)
        return Slice(above, upto, count) if count else None

    def _settled(self, cursor: sql.Identifier, place: int) -> sql.Composed:
        naive = self._types[self._source.cursor] == _TIMESTAMP
        zone = next((c.zone for c in self._columns if c.zone and self._is_cursor(c)), None) or "UTC"
        now = sql.SQL("(now() at time zone {})").format(zone) if naive else sql.SQL("now()")
        age = sql.SQL(f"make_interval(secs => ${place}::float8)")
        return sql.SQL("{} <= {} - {}").format(cursor, now, age)

    def _is_cursor(self, column: Column) -> bool:
        return self._source.cursor == (column.source_name or column.name)

    def batches(self, part: Slice) -> Iterator[pa.RecordBatch]:
        """Stream a slice as COPY sends it; its bounds are session settings, as COPY binds nothing."""
        statement = self._select(part).as_string(self._connection)
        with (
            dbapi.connect(self._info, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            for name, value in ((_ABOVE, part.above), (_UPTO, part.upto)):
                cursor.execute("select set_config($1, $2, false)", (name, value))
                cursor.fetchall()
            cursor.execute(statement)
            with cursor.fetch_record_batch() as reader:
                yield from reader

    def _select(self, part: Slice) -> sql.Composed:
        values = sql.SQL(", ").join(map(self._value, self._columns))
        where: sql.Composable = sql.SQL("")
        if part.upto:
            bounds = [(_UPTO, sql.SQL("<="))] + ([(_ABOVE, sql.SQL(">"))] if part.above else [])
            each = [
                sql.SQL("{} {} current_setting({})::{}").format(
                    sql.Identifier(self._source.cursor), sign, name, self._cursor_type
                )
                for name, sign in bounds
            ]
            where = sql.SQL(" where ") + sql.SQL(" and ").join(each)
        return sql.SQL("select {} from {}{}").format(values, self._relation, where)

    def _value(self, column: Column) -> sql.Composable:
        name = column.source_name or column.name
        kind, identifier = self._types[name], sql.Identifier(name)
        if kind in _AS_IS:
            return identifier
        if kind == _FLOAT4 or (kind == _NUMERIC and column.kind is Kind.NUMBER):
            return sql.SQL("{0}::float8 as {0}").format(identifier)
        return sql.SQL("{0}::text as {0}").format(identifier)


def _relation(source: Source) -> sql.Composable:
    if source.table:
        return sql.Identifier(*source.table.split("."))
    # As a part of another statement it can only be a query; the session is read-only besides.
    return sql.SQL("({}) as q").format(sql.SQL(source.query))
