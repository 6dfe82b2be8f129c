"""A file to be brought in, CSV (UTF-8, RFC 4180) or Parquet, its columns matched to a contract."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.casts import TEXT, fits
from duokua.engine.duck import DuckConnection, text_literal
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Contract

_PARQUET_MAGIC = b"PAR1"
_SAMPLE_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 22
_NO_NULL_WORD = "\U0010ffff\U0010fffe"  # the reader wants one at least
WRONG_FILE = Text("数据文件与契约不符", "the file does not fit the contract")


@dataclass(frozen=True, slots=True)
class Source:
    """A file whose columns have been matched; ``names`` are contract names in the file's order.

    Blank lines of a CSV and empty cells beyond its last column hold nothing and are passed over.
    """

    path: Path
    contract: Contract
    parquet: bool
    header: tuple[str, ...]
    names: tuple[str, ...]
    rows: int  # exact for Parquet, estimated for CSV
    texts: frozenset[str] = frozenset()  # text columns of a Parquet file, by source name

    def relation(self, *, rejects: bool = False) -> str:
        """Return the SQL of the raw rows under their contract names."""
        if self.parquet:
            return self._parquet_relation()
        types = ", ".join(f"{text_literal(name)}: 'varchar'" for name in self.names)
        options = "store_rejects = true, " if rejects else ""
        return (
            f"read_csv({text_literal(str(self.path))}, columns = {{{types}}}, {options}"
            "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
            f"nullstr = [{self._null_words()}], allow_quoted_nulls = true, strict_mode = true)"
        )

    def _parquet_relation(self) -> str:
        columns = []
        for source, name in zip(self.header, self.names, strict=True):
            value = quoted(source)
            if self.contract.null_words and source in self.texts:
                value = f"case when {value} not in ({self._null_words()}) then {value} end"
            columns.append(f"{value} as {quoted(name)}")
        path = text_literal(str(self.path))
        return f"(select {', '.join(columns)} from read_parquet({path}))"  # noqa: S608

    def _null_words(self) -> str:
        words = self.contract.null_words or (_NO_NULL_WORD,)
        return ", ".join(text_literal(word) for word in words)

    def raw_types(self, duck: DuckConnection) -> dict[str, str]:
        """Return the DuckDB type of each column, all text for CSV.

        :raises Invalid: a Parquet column has a type that does not fit its contract column.
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


def open_source(path: Path, contract: Contract) -> Source:
    """Match the header of ``path`` to ``contract``.

    :raises Invalid: an empty or unreadable file, or missing, unknown or repeated columns.
    """
    faults = Faults(f"{path.name}: ")
    with path.open("rb") as file:
        parquet = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    schema, rows = _parquet_header(path, faults) if parquet else _csv_header(path, faults)
    faults.raise_if_any(WRONG_FILE)
    names = _match(schema.names, contract, faults)
    faults.raise_if_any(WRONG_FILE)
    texts = frozenset(field.name for field in schema if _is_text(field.type)) if parquet else None
    return Source(path, contract, parquet, tuple(schema.names), names, rows, texts or frozenset())


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


def _parquet_header(path: Path, faults: Faults) -> tuple[pa.Schema, int]:
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        faults.add(
            "", f"不是 Parquet：{error}", f"is no Parquet: {error}", "请重新导出", "export again"
        )
        return pa.schema([]), 0
    return metadata.schema.to_arrow_schema(), metadata.num_rows


def _csv_header(path: Path, faults: Faults) -> tuple[pa.Schema, int]:
    size = path.stat().st_size
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    if not sample.removeprefix(codecs.BOM_UTF8).strip():
        faults.add("", "文件为空", "the file is empty", "请检查文件", "check the file")
        return pa.schema([]), 0
    text = sample.removeprefix(codecs.BOM_UTF8).decode(errors="replace")
    header = next(csv.reader(io.StringIO(text, newline="")))
    if "\ufffd" in "".join(header):
        note_encoding(path, faults)
    lines = max(1, sample.count(b"\n"))
    return pa.schema([(name, pa.string()) for name in header]), size * lines // len(sample)


def note_encoding(path: Path, faults: Faults) -> None:
    """Note the byte at which ``path`` stops being UTF-8."""
    offset = _first_bad_byte(path)
    faults.add(
        f"byte {offset}",
        f"第 {offset} 字节起不是 UTF-8",
        f"is not UTF-8 from byte {offset} on",
        "请另存为 UTF-8",
        "save the file as UTF-8",
    )


def _first_bad_byte(path: Path) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return offset - pending + error.start
            offset += len(chunk)
    return offset


def _match(header: list[str], contract: Contract, faults: Faults) -> tuple[str, ...]:
    wanted = {column.source_name or column.name: column.name for column in contract.columns}
    for at, name in enumerate(header):
        if name in header[:at]:
            faults.add(name, "列重复", "the column is there twice", "请删去其一", "remove one")
        elif name not in wanted:
            faults.add(
                name,
                "契约中没有该列",
                "the contract has no such column",
                f"请删去该列，或先写入契约（现有 {'、'.join(wanted)}）",
                f"remove it or add it to the contract, which has {', '.join(wanted)}",
            )
    for name in wanted:
        if name not in header:
            faults.add(
                name,
                "文件缺少该列",
                "the column is missing in the file",
                "请补上该列",
                "add the column",
            )
    return tuple(wanted.get(name, name) for name in header)


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Quote names and join them by commas."""
    return ", ".join(quoted(name) for name in names)
