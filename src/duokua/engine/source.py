"""A file to be brought in, its columns matched to a contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from duokua.engine.casts import TEXT, fits
from duokua.engine.duck import DuckConnection
from duokua.engine.files.encoding import first_bad_byte
from duokua.engine.files.header import Names, plain_name
from duokua.engine.files.reading import read_table, recoded_table
from duokua.engine.files.refusal import WRONG_FILE
from duokua.engine.files.sheet_days import with_days
from duokua.engine.files.table import ROW, Table, quoted
from duokua.kernel.errors import Faults
from duokua.lang.contract import Contract

__all__ = ["WRONG_FILE", "Source", "listed", "note_encoding", "open_source", "quoted"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file whose columns have been matched; ``names`` are contract names in the file's order.

    Blank lines of a CSV and empty cells beyond its last column hold nothing and are passed over.
    """

    table: Table
    contract: Contract
    names: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file as it was sent."""
        return self.table.path

    @property
    def parquet(self) -> bool:
        """Whether rows are read from Parquet, where no line can be broken."""
        return self.table.parquet

    @property
    def rows(self) -> int:
        """How many rows there are, estimated for CSV."""
        return self.table.rows

    def relation(self, *, rejects: bool = False) -> str:
        """Return the SQL of the raw rows under their contract names."""
        rows = self.table.sql(self.names, self.contract.null_words, rejects=rejects)
        return rows if rejects else with_days(self.table, self.contract, self.names, rows)

    def plain_relation(self) -> str:
        """Return the raw rows of a CSV untouched, for :func:`value_sql` with ``plain``."""
        if self.parquet:
            return self.relation()
        return self.table.plain_sql(self.names, self.contract.null_words)

    def numbered(self) -> str:
        """Return the raw rows with ``_row``, the number that a person finds them by in the file."""
        rows = self.table.numbered_sql(self.names, self.contract.null_words)
        return with_days(self.table, self.contract, (*self.names, ROW), rows)

    def recoded(self, work: Path) -> Source | None:
        """Return the source read in the encoding it really has, where only ASCII seemed to be."""
        table = recoded_table(self.table, work)
        return Source(table, self.contract, self.names) if table else None

    def raw_types(self, duck: DuckConnection) -> dict[str, str]:
        """Return the DuckDB type of each column, all text for CSV.

        :raises Invalid: a column has a type that does not fit its contract column.
        """
        if not self.parquet:
            return dict.fromkeys(self.names, TEXT)
        described = duck.sql(f"describe select * from {self.relation()}").fetchall()  # noqa: S608
        types = {str(row[0]): str(row[1]) for row in described}
        faults = Faults(f"{self.path.name}: ")
        for name, raw in types.items():
            column = self.contract.by_name[name]
            if not fits(column, raw):
                faults.add(
                    name,
                    f"文件中的类型 {raw} 与 {column.kind} 不符",
                    f"its type {raw} does not fit {column.kind}",
                    "请转换类型；无时区的时间须在契约写 zone",
                    "convert it; a time without zone needs `zone` in the contract",
                )
        faults.raise_if_any(WRONG_FILE)
        return types


def open_source(path: Path, contract: Contract, work: Path) -> Source:
    """Match the columns of ``path`` to ``contract``; ``work`` is for copies in a plain format.

    Columns are found by source name, name or title (zh or en), in any order.

    :raises Invalid: the file as a whole cannot be read, or columns are missing, unknown or there
        twice.
    """
    wanted = spellings(contract)
    table = read_table(path, work, wanted)
    faults = Faults(f"{path.name}: ")
    names = _match(table.header, contract, wanted, faults)
    faults.raise_if_any(WRONG_FILE)
    return Source(table, contract, names)


def spellings(contract: Contract) -> Names:
    """Return every spelling of a column's name; a title counts where no name is the same."""
    columns = contract.columns
    ranks = (
        [column.source_name for column in columns],
        [column.name for column in columns],
        [column.title.zh for column in columns],
        [column.title.en for column in columns],
    )
    found: dict[str, str] = {}
    for rank in ranks:
        for spelling, column in zip(rank, columns, strict=True):
            if spelling:
                found.setdefault(plain_name(spelling), column.name)
    return found


def _match(
    header: tuple[str, ...], contract: Contract, wanted: Names, faults: Faults
) -> tuple[str, ...]:
    header = tuple(name if name.strip() else f"column_{at}" for at, name in enumerate(header, 1))
    names = tuple(wanted.get(plain_name(name), "") for name in header)
    known = "、".join(column.source_name or column.name for column in contract.columns)
    for at, (name, title) in enumerate(zip(names, header, strict=True)):
        if title in header[:at] or (name and name in names[:at]):
            faults.add(title, "列重复", "the column is there twice", "请删去其一", "remove one")
        elif not name:
            faults.add(
                title,
                "契约中没有该列",
                "the contract has no such column",
                f"请删去该列，或先写入契约（现有 {known}）",
                f"remove it or add it to the contract, which has {known.replace('、', ', ')}",
            )
    for column in contract.columns:
        if column.name not in names:
            faults.add(
                column.source_name or column.name,
                "文件缺少该列",
                "the column is missing in the file",
                "请补上该列",
                "add the column",
            )
    return names


def note_encoding(path: Path, faults: Faults) -> None:
    """Note the byte at which ``path`` stops being UTF-8."""
    offset = first_bad_byte(path)
    faults.add(
        f"byte {offset}",
        f"第 {offset} 字节起不是 UTF-8",
        f"is not UTF-8 from byte {offset} on",
        "请另存为 UTF-8",
        "save the file as UTF-8",
    )


def listed(names: Iterable[str]) -> str:
    """Quote names and join them by commas."""
    return ", ".join(quoted(name) for name in names)
