"""What readers of other systems' databases have in common; rows stream into a Parquet file.

Names are quoted and values bound. A cursor's value travels as text and is given its column's own
type back by the database, so that nothing is lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.kernel.errors import Fault, Invalid, Unavailable
from duokua.kernel.text import Text
from duokua.lang.contract import Column

Progress = Callable[[int, int], None]
CONNECT_S = 10
# The file is read once, at ingest, which compresses and measures for good.
_QUICKLY: dict[str, Any] = {
    "compression": "none",
    "use_dictionary": False,
    "write_statistics": False,
}


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows above one cursor value (exclusive) up to another (inclusive); empty: no bound."""

    above: str = ""
    upto: str = ""
    rows: int = 0


class TableReader(Protocol):
    """A connection to another system's database, for one run of one source."""

    def next_slice(self, above: str, rows: int) -> Slice | None:
        """Return what follows ``above``, about so many rows; ``None`` when there is nothing new.

        Rows of one cursor value are never parted.
        """

    def count(self) -> int:
        """Return the rows of the whole, about: it is for telling the time left."""

    def batches(self, part: Slice) -> Iterator[pa.RecordBatch]:
        """Stream rows under their source names."""


def write_parquet(
    batches: Iterable[pa.RecordBatch], into: Path, told: Callable[[int], None]
) -> int:
    """Write batches as they come; return the rows. ``told`` hears of the rows written so far."""
    rows, writer = 0, None
    try:
        for batch in batches:
            if writer is None:
                writer = pq.ParquetWriter(into, batch.schema, **_QUICKLY)
            writer.write_batch(batch)
            rows += batch.num_rows
            told(rows)
    finally:
        if writer is not None:
            writer.close()
    return rows


def source_names(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the columns as the source calls them."""
    return tuple(column.source_name or column.name for column in columns)


def check_columns(present: Iterable[str], wanted: Iterable[str], what: str) -> None:
    """Check that every wanted column is there.

    :raises Invalid: naming those that are not.
    """
    known = set(present)
    lacking = [name for name in wanted if name not in known]
    if not lacking:
        return
    faults = tuple(
        Fault(
            name,
            Text("源表没有该列", "the source has no such column"),
            Text("请核对契约中的 physicalName", "check physicalName in the contract"),
        )
        for name in lacking
    )
    raise Invalid(
        Text(f"{what} 缺少契约中的列", f"{what} lacks columns of the contract"),
        faults[0].mend,
        faults=faults,
    )


def refused(code: str, kind: str) -> Invalid:
    """Return the error for a statement that the database refused; its text may hold values."""
    return Invalid(
        Text(
            f"数据库拒绝了查询（{code} {kind}）", f"the database refused the query ({code} {kind})"
        ),
        Text(
            "请核对 table、query、cursor 与账号权限",
            "check table, query and cursor, and what the account may read",
        ),
    )


def unreachable(place: str, kind: str) -> Unavailable:
    """Return the error for a database that does not answer."""
    return Unavailable(
        Text(f"无法连接 {place}（{kind}）", f"cannot connect to {place} ({kind})"),
        Text("请核对地址、账号、口令与网络", "check address, account, password and network"),
    )
