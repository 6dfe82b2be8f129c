"""Files under a contract: what lands, and how each misfit is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts import PLAIN
from duokua.engine import delta
from duokua.engine.delta import TableHead
from duokua.engine.intake import stage
from duokua.engine.rows import read_rows
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Code, Column, Contract, Kind
from duokua.lang.odcs import load_contract

WORKERS = load_contract(PLAIN, source="c")
HEAD = "工号,phone,entered_at\n"
EVERY = replace(
    WORKERS,
    subject=None,
    columns=(
        Column("id", Kind.INTEGER, Text("i", "i"), required=True),
        Column("i", Kind.INTEGER, Text("i", "i"), codes=(Code("1", Text("一", "one")),)),
        Column("n", Kind.NUMBER, Text("n", "n")),
        Column("b", Kind.BOOLEAN, Text("b", "b")),
        Column("d", Kind.DATE, Text("d", "d")),
        Column("t", Kind.TIMESTAMP, Text("t", "t")),
    ),
    key=("id",),
)


def put(folder: Path, content: str | bytes, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(file: Path, contract: Contract) -> list[tuple[object, ...]]:
    found = []
    for batch in read_rows([file], contract.columns):
        found += [tuple(row.values()) for row in batch.to_pylist()]
    return found


def land(
    folder: Path, content: str | bytes, contract: Contract = WORKERS
) -> list[tuple[object, ...]]:
    out = folder / "out.parquet"
    stats = stage(put(folder, content), contract, out)
    rows = rows_of(out, contract)
    assert stats.rows == len(rows)
    return rows


def faults_of(
    folder: Path,
    content: str | bytes,
    contract: Contract = WORKERS,
    present: TableHead | None = None,
) -> list[str]:
    out = folder / "out.parquet"
    with pytest.raises(Invalid) as caught:
        stage(put(folder, content), contract, out, present=present)
    assert not out.exists()
    for fault in caught.value.faults:
        assert fault.what.zh and fault.what.en and fault.mend.zh and fault.mend.en
    return [f"{fault.where}: {fault.what.en}" for fault in caught.value.faults]


def one_value(folder: Path, column: str, value: str) -> str:
    cells = {"id": "1", "i": "", "n": "", "b": "", "d": "", "t": ""} | {column: value}
    found = faults_of(folder, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n", EVERY)
    return found[0]


def test_rfc_4180_with_mark_of_byte_order(tmp_path: Path) -> None:
    text = f'\ufeff{HEAD.replace(chr(10), chr(13) + chr(10))}W1,"a, ""b""\r\nc",\r\nW2,NA,"NA"\r\n'
    assert land(tmp_path, text) == [("W1", 'a, "b"\r\nc', None), ("W2", None, None)]


def test_columns_may_come_in_any_order_and_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    assert land(tmp_path, "phone,entered_at,工号\n1,,W1") == [("W1", "1", None)]


def test_blank_lines_and_surplus_empty_cells_hold_nothing(tmp_path: Path) -> None:
    assert land(tmp_path, HEAD + "W1,1,,,\n\nW2,2,\n\n") == [("W1", "1", None), ("W2", "2", None)]


def test_a_naive_time_is_of_the_zone_in_the_contract(tmp_path: Path) -> None:
    text = HEAD + "W1,,2026-01-01 08:00\nW2,,2026-01-01T00:00:00.5Z\nW3,,2026/1/1 8:00:00+08:00\n"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert [row[2] for row in land(tmp_path, text)] == [at, at.replace(microsecond=500_000), at]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("id", "-9223372036854775808", -(2**63)),
        ("id", "+007", 7),
        ("i", "1", 1),
        ("n", "-0", 0.0),
        ("n", "1e3", 1000.0),
        ("n", ".5", 0.5),
        ("b", "是", True),
        ("b", "FALSE", False),
        ("d", "2020/2/29", datetime(2020, 2, 29).date()),  # noqa: DTZ001
        ("t", "2020-02-29T00:00:00+0800", datetime(2020, 2, 28, 16, tzinfo=UTC)),
    ],
)
def test_values_become_typed(tmp_path: Path, column: str, text: str, value: object) -> None:
    cells = {"id": "1", "i": "", "n": "", "b": "", "d": "", "t": ""} | {column: text}
    rows = land(tmp_path, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n", EVERY)
    assert rows[0][list(cells).index(column)] == value
    assert str(rows[0][list(cells).index(column)]) == str(value)  # tells -0.0 from 0.0


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("id", "1.5", "is no whole number"),
        ("id", "1_000", "is no whole number"),
        ("id", "1 0", "is no whole number"),
        ("id", "10元", "is no whole number"),
        ("n", "10%", "is no number"),
        ("id", "0x10", "is no whole number"),
        ("id", "9223372036854775808", "is out of range"),
        ("id", "", "a required value is missing"),
        ("i", "2", "is not in the code list"),
        ("n", "nan", "is no number"),
        ("n", "inf", "is no number"),
        ("n", "1e999", "is NaN or infinite"),
        ("n", "1_0", "is no number"),
        ("b", "maybe", "is no yes/no value"),
        ("d", "2019-02-29", "is out of range or not in the calendar"),
        ("d", "epoch", "is no date"),
        ("d", "0000-01-01", "the year is not within"),
        ("t", "2020-01-01T00:00:00", "the time has no zone"),
        ("t", "2020-01-01T00:00:60Z", "is out of range"),
        ("t", "0001-01-01T00:00:00+08:00", "the year is not within"),
        ("t", "yesterday", "is no instant"),
    ],
)
def test_each_misfit_is_named(tmp_path: Path, column: str, value: str, what: str) -> None:
    found = one_value(tmp_path, column, value)
    assert found.startswith(f"in.csv: row 1, {column}: ") and what in found
    assert not value or repr(value) in found


def test_the_first_faults_are_named_and_all_are_counted(tmp_path: Path) -> None:
    lines = "".join(f"W{at},,{'x' if at % 2 else ''}\n" for at in range(100))
    found = faults_of(tmp_path, HEAD + lines)
    assert found[0] == "in.csv: row 2, entered_at: 'x' is no instant"
    assert found[19] == "in.csv: row 40, entered_at: 'x' is no instant"
    assert found[20:] == ["in.csv: entered_at: 50 in all: is no instant"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\n", "the file is empty"),
        (HEAD, "there is no row"),
        (HEAD + "W1,1\n", "line 2, entered_at: '••,•' the line has too few values"),
        (HEAD + "W1,1,,x\n", "line 2: '••,•,,•' the line has too many values"),
        (HEAD + 'W1,"1"x,\n', "the quotes do not match"),
        (HEAD.encode() + b"W1,\xff,\n", "byte 27: is not UTF-8 from byte 27 on"),
        ("工号".encode("gbk") + b",phone,entered_at\n", "there is no row"),
        (HEAD + "W1,a\0b,\n", "holds a NUL character"),
        (HEAD + "W1,,\nW1,,\n", "row 2, worker_id: 'W1' the key is in the file twice"),
        ("phone,entered_at\n1,\n", "工号: the column is missing"),
        (HEAD.replace("phone", "phone,fax") + "W1,,,\n", "fax: the contract has no such column"),
        (HEAD.replace("phone", "phone,phone") + "W1,,,\n", "phone: the column is there twice"),
        (b"PAR1 but not really", "is no whole Parquet"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str | bytes, what: str) -> None:
    assert any(what in found for found in faults_of(tmp_path, content))


def test_a_key_of_the_table_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table"
    delta.ensure_table(table, WORKERS.columns)
    stats = stage(put(tmp_path, HEAD + "W1,,\nW5,,\n"), WORKERS, table / "a.parquet")
    delta.commit(
        table, table / "a.parquet", stats, columns=WORKERS.columns, batch="a", mode="append"
    )
    present = delta.head(table)
    found = faults_of(tmp_path, HEAD + "W2,,\nW5,,\n", present=present)
    assert found == ["in.csv: row 2, worker_id: 'W5' the key is in the dataset already"]
    fine = stage(put(tmp_path, HEAD + "W2,,\n"), WORKERS, tmp_path / "b.parquet", present=present)
    assert fine.rows == 1


def test_parquet_is_read_by_its_types(tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    table = pa.table(
        {"entered_at": [at], "工号": ["W1"], "phone": pa.array(["NA"]).dictionary_encode()}
    )
    pq.write_table(table, tmp_path / "in.parquet")
    stage(tmp_path / "in.parquet", WORKERS, tmp_path / "out.parquet")
    assert rows_of(tmp_path / "out.parquet", WORKERS) == [("W1", None, at)]


@pytest.mark.parametrize(
    ("column", "array", "what"),
    [
        ("n", pa.array([float("nan")]), "is NaN or infinite"),
        ("i", pa.array([1.0]), "its type DOUBLE does not fit integer"),
        ("id", pa.array([2**64 - 1], pa.uint64()), "is out of range"),
        ("t", pa.array([datetime(2020, 1, 1)]), "its type TIMESTAMP does not fit"),  # noqa: DTZ001
    ],
)
def test_parquet_misfits(tmp_path: Path, column: str, array: pa.Array, what: str) -> None:
    kinds = {"id": pa.int64(), "i": pa.int32(), "n": pa.float32(), "b": pa.bool_()}
    kinds |= {"d": pa.date32(), "t": pa.timestamp("us", tz="UTC")}
    columns = {name: pa.array([1 if name == "id" else None], kind) for name, kind in kinds.items()}
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table(columns | {column: array}), path)
    with pytest.raises(Invalid) as caught:
        stage(path, EVERY, tmp_path / "out.parquet")
    assert what in caught.value.faults[0].what.en


def test_progress_ends_at_the_exact_count(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = put(tmp_path, HEAD + "".join(f"W{at},,\n" for at in range(5000)))
    stage(path, WORKERS, tmp_path / "o.parquet", progress=lambda *each: told.append(each))
    assert told[-1] == (5000, 5000)


def test_a_line_whose_structure_is_wrong_is_told_without_its_values(tmp_path: Path) -> None:
    text = HEAD + 'W1,13800138000,2026-01-01 08:00\n"张三,13912345678,\nW2,,\n'
    with pytest.raises(Invalid) as caught:
        land(tmp_path, text)
    told = f"{caught.value} {caught.value.faults}"
    assert "13912345678" not in told
    assert "张三" not in told
