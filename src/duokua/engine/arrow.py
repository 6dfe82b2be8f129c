"""The Arrow form of the kinds of a contract, the same in Delta, in answers and in indexes."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from duokua.lang.contract import Column, Kind

ARROW: dict[Kind, pa.DataType] = {
    Kind.STRING: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
DUCK: dict[Kind, str] = {
    Kind.STRING: "varchar",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "double",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamptz",
}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Return the Arrow schema of ``columns``; nullability stays with the contract."""
    return pa.schema([(column.name, ARROW[column.kind]) for column in columns])
