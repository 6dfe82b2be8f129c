"""The same table in every format lands as the same rows; what cannot be read is named."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from duokua.engine.files.peek import peek
from duokua.engine.intake import stage, stage_parted
from duokua.engine.rows import read_rows
from duokua.engine.source import open_source
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from filemaking import WRITERS, csv_bytes, put, xlsx_bytes

TITLE = Text("工地", "site")
CONTRACT = Contract(
    "site",
    "1.0.0",
    TITLE,
    TITLE,
    "housing",
    Level.L1,
    (
        Column("code", Kind.STRING, Text("编号", "Site code"), required=True, source_name="工号"),
        Column("people", Kind.INTEGER, Text("人数", "People")),
        Column("area", Kind.NUMBER, Text("面积", "Area")),
        Column("opened", Kind.DATE, Text("开工日期", "Opened")),
        Column("seen", Kind.TIMESTAMP, Text("更新时间", "Seen"), zone="Asia/Shanghai"),
    ),
    ("code",),
)
HEAD = ["编号", "人数", "面积", "开工日期", "更新时间"]
PLAIN = [HEAD, ["甲1", "1,200", "１２．５", "2026年5月6日", "2026.5.6 8:00"]]
PLAIN += [[" 乙2 ", "7", "", "20260507", "2026/5/7 08:00:01"]]
AT = datetime(2026, 5, 6, tzinfo=UTC)
ROWS = [
    ("甲1", 1200, 12.5, date(2026, 5, 6), AT),
    ("乙2", 7, None, date(2026, 5, 7), AT.replace(day=7, second=1)),
]


def rows_of(path: Path, contract: Contract = CONTRACT) -> list[tuple[Any, ...]]:
    out = path.with_suffix(".out.parquet")
    stage(path, contract, out, threads=1)
    batches = read_rows([out], contract.columns)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_lands_as_the_same_rows(tmp_path: Path, kind: str) -> None:
    path = put(tmp_path / "in", WRITERS[kind](PLAIN))
    assert rows_of(path) == ROWS
    found = peek(path, tmp_path)
    assert found.header == tuple(HEAD)
    assert found.rows[0] == tuple(PLAIN[1])


@pytest.mark.parametrize("kind", ["csv", "gb18030", "utf-16", "xlsx"])
def test_titles_and_a_merged_header_keep_the_row_numbers_of_the_file(
    tmp_path: Path, kind: str
) -> None:
    merged = [
        ["五月工地表", "", "", "", ""],
        ["编号", "规模", "", "时间", ""],
        ["", "人数", "面积", "开工日期", "更新时间"],
        *PLAIN[1:],
    ]
    path = put(tmp_path / "in", WRITERS[kind](merged))
    assert rows_of(path) == ROWS
    merged.append(["丙3", "x", "", "", ""])
    put(path, WRITERS[kind](merged))
    out, aside = tmp_path / "o.parquet", tmp_path / "a.parquet"
    assert stage_parted(path, CONTRACT, out, aside, threads=1).stats.rows == 2
    (batch,) = read_rows([aside], [Column("row", Kind.INTEGER, TITLE)])
    assert batch.to_pylist() == [{"row": 6 if kind == "xlsx" else 5}]


@pytest.mark.parametrize(
    "header",
    [
        ["工号", "people", "Area", "开工日期", "Seen"],
        [
            " 编 号 ".replace(" ", "", 2).replace("编号", "编号 "),
            "人数",
            "Ａｒｅａ",
            "opened",
            "更新时间",
        ],
        ["Site code", "People\n", "面积", "Opened", "seen\u3000"],
    ],
)
def test_columns_match_by_name_source_name_and_title(tmp_path: Path, header: list[str]) -> None:
    path = put(tmp_path / "in", csv_bytes([header, *PLAIN[1:]]))
    assert rows_of(path) == ROWS


def test_a_workbook_shows_days_by_style_and_numbers_plainly(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["not this one"])  # type: ignore[union-attr]
    sheet = book.create_sheet("data")
    sheet.append(HEAD)
    sheet.append([13800138000, 3.0, 4.1, datetime(2026, 5, 6), date(2026, 5, 6)])  # noqa: DTZ001
    sheet.append(["b", 4, 0.1, 46148, 46148.5])
    sheet.append([True, None, 1e20, None, datetime(2026, 5, 6, 7, 30, 15)])  # noqa: DTZ001
    book.save(tmp_path / "in")
    local = datetime(2026, 5, 5, 16, tzinfo=UTC)
    assert rows_of(tmp_path / "in") == [
        ("13800138000", 3, 4.1, date(2026, 5, 6), local),
        ("b", 4, 0.1, date(2026, 5, 6), local.replace(day=6, hour=4)),
        ("true", None, 1e20, None, local.replace(hour=23, minute=30, second=15)),
    ]


@pytest.mark.parametrize("column", range(5))
def test_errors_of_formulas_break_the_contract_of_every_kind(tmp_path: Path, column: int) -> None:
    row = list(PLAIN[1])
    row[column] = "#N/A"
    with pytest.raises(Invalid) as caught:
        rows_of(put(tmp_path / "in", xlsx_bytes([HEAD, row])))
    place, what = caught.value.faults[0].where, caught.value.faults[0].what.en
    assert place == f"in: row 2, {CONTRACT.columns[column].name}"
    assert "'#N/A'" in what


def test_nested_json_becomes_json_text_and_absent_keys_are_missing(tmp_path: Path) -> None:
    text = '[{"编号": {"a": [1, 2.50]}, "人数": 12345678901},\n {"编号": "b", "面积": 1.10}]'
    path = put(tmp_path / "in", text.encode())
    assert rows_of(path) == [
        ('{"a":[1,2.5]}', 12345678901, None, None, None),
        ("b", None, 1.1, None, None),
    ]


def test_a_gbk_file_whose_first_mebibyte_is_ascii(tmp_path: Path) -> None:
    lines = [f"w{at},,,,\n" for at in range(200_000)]
    text = "code,people,area,opened,seen\n" + "".join(lines) + "张三,,,,\n"
    assert rows_of(put(tmp_path / "in", text.encode("gbk")))[-1][0] == "张三"


def zipped(name: str, content: bytes, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as package:
        package.writestr(name, content)
    return target.getvalue()


def bomb() -> bytes:
    target = io.BytesIO(xlsx_bytes(PLAIN))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet9.xml", bytes(80 << 20))
    return target.getvalue()


def entities() -> bytes:
    old, target = zipfile.ZipFile(io.BytesIO(xlsx_bytes(PLAIN))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content
            package.writestr(name, content)
    return target.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LINE = b"code,people,area,opened,seen\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "the file is empty"),
        (b" ,,\n\n", "the file is empty"),
        (b"[]", "the file is empty"),
        (xlsx_bytes([]), "the file is empty"),
        (OLE, "is an old Excel workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (zipped("content.xml", b"<a/>"), "no XLSX workbook"),
        (zipped("xl/workbook.xml", b"<workbook>"), "is no whole XLSX"),
        (bomb(), "unpacks to far too much"),
        (entities(), "unpacks to far too much"),
        (gzip.compress(LINE, mtime=0), "is packed with gzip"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PAR1PAR1", "is no whole Parquet"),
        (b"ARROW1\0\0", "is no whole Arrow"),
        (b'{"a": 1}\n[2]\n', "is no JSON object"),
        (b'{"code": 1, "code": 2}\n', "has the key 'code' twice"),
        (b'{"code": 1}\n{"co', "the JSON is cut or broken"),
        (b"{" + b",".join(b'"k%d": 1' % at for at in range(1001)) + b"}", "has 1001 columns"),
        (b",".join(b"k%d" % at for at in range(1001)) + b"\n1\n", "has 1001 columns"),
        (b'[{"code": 1}] x', "the JSON is cut or broken"),
        (b'{"code": 1}\n' * 1001 + b'{"fax": 1}\n', "the contract has no such column: 'fax'"),
        (LINE + "张三,,,,\n".encode() * 9 + b"\xff,,,,\n", "is not UTF-8 from byte 128 on"),
        (LINE + "张三,,,,\n".encode("gbk") * 9 + b"\xff,,,,\n", "is not GB18030 from byte 110 on"),
        ("Café,Zürich\n".encode("latin-1") * 9, "is not UTF-8 from byte 3 on"),
        (LINE.replace(b"area", b"people"), "the column is there twice"),
        (LINE + b'w1,"1,,,\n', "the quotes do not match"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_once(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = put(tmp_path / "in", content)
    with pytest.raises(Invalid) as caught:
        rows_of(path)
    assert what in caught.value.faults[0].what.en
    assert all(fault.mend.zh and fault.mend.en for fault in caught.value.faults)
    assert [each.name for each in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("start", [b"", LINE, b'[{"code": "'])
def test_a_line_without_end_is_refused_before_it_is_read(tmp_path: Path, start: bytes) -> None:
    path = put(tmp_path / "in", start)
    with path.open("r+b") as file:
        file.seek(0, io.SEEK_END)
        for _ in range(20):
            file.write(b"a" * (1 << 20))
        file.truncate(2 << 30)  # 2 GiB, hardly any of it on disk
    with pytest.raises(Invalid) as caught:
        rows_of(path)
    assert "longer than 16 MiB" in caught.value.faults[0].what.en


@pytest.mark.parametrize("kind", ["gb18030", "json", "xlsx", "arrow"])
def test_a_full_disk_is_told_and_changes_nothing(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "in", WRITERS[kind](PLAIN))
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(Path, "__truediv__", lambda _, name: full)
    with pytest.raises(Invalid) as caught:
        open_source(path, CONTRACT, tmp_path)
    assert caught.value.faults[0].what.en == "the disk is full, the file cannot be converted"
