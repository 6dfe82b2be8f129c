"""Runs the guarded SQL of a derived dataset over exact table versions, into a Parquet file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from duokua.engine.duck import open_duck, text_literal
from duokua.engine.rows import whole
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column

_MEMORY_MB = 1536
# Raised before a row is read; the texts of others may hold a row's values.
_BEFORE_ROWS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


@dataclass(frozen=True, slots=True)
class Input:
    """The files of one version of a table; columns that a file does not have yet are null."""

    files: Sequence[Path]
    columns: Sequence[Column]


def run_sql(sql: str, tables: Mapping[str, Input], into: Path, spill: Path) -> None:
    """Write the result of ``sql`` to the Parquet file ``into``.

    ``tables`` are what is behind each name in it; nothing else on the disk can be read.

    :raises Invalid: the statement fails on these data.
    """
    folders = {file.parent for each in tables.values() for file in each.files}
    duck = open_duck(
        memory_mb=_MEMORY_MB,
        directories=sorted({*folders, into.parent, spill}),
        spill=spill,
        alone=True,  # a department's own statement reads nothing but what it names
    )
    try:
        for name, each in tables.items():
            rows = whole(each.files, each.columns)
            duck.execute(f'create view "{name}" as select * from {rows}')  # noqa: S608
        target = text_literal(str(into))
        described = duck.execute(f"describe {sql}").fetchall()
        columns = ", ".join(_whole(str(name), str(kind)) for name, kind, *_ in described)
        query = f"select {columns} from ({sql})"  # noqa: S608
        duck.execute(f"copy ({query}) to {target} (format parquet, compression zstd)")
    except duckdb.Error as error:
        into.unlink(missing_ok=True)
        first = _told(error)
        raise Invalid(
            Text(
                f"派生数据集的 SQL 执行失败：{first}",
                f"the SQL of the derived dataset failed: {first}",
            ),
            Text("请更正 SQL 或其输入数据", "mend the SQL or the data it reads"),
        ) from None
    finally:
        duck.close()


def _told(error: duckdb.Error) -> str:
    if isinstance(error, _BEFORE_ROWS):
        return str(error).splitlines()[0][:200]
    return type(error).__name__


def _whole(name: str, kind: str) -> str:
    """Sums of whole numbers are 128 bits wide, which Parquet would keep as a fraction."""
    quoted = '"' + name.replace('"', '""') + '"'
    return f"cast({quoted} as bigint) as {quoted}" if kind == "HUGEINT" else quoted
