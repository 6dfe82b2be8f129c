"""A look at files without a contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.engine.files.formats import Format
from duokua.engine.files.peek import peek


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter", "row"),
    [
        ("工号,电话\nW1,1\n".encode(), "utf-8", ",", 1),
        ("工号,电话\r\nW1,1\r\n".encode("utf-8-sig"), "utf-8", ",", 1),
        ("工号\t电话\nW1\t1".encode("utf-16"), "utf-16-le", "\t", 1),
        ("工号;电话\nW1;1\n".encode("utf-16-be"), "utf-16-be", ";", 1),
        ("二月花名册\n工号|电话\nW1|1\n".encode("gbk"), "gb18030", "|", 2),
        ("二月花名册,\n,\n工号,电话\nW1,1\n".encode("gb18030"), "gb18030", ",", 3),
    ],
)
def test_text_tables(
    tmp_path: Path, content: bytes, encoding: str, delimiter: str, row: int
) -> None:
    path = tmp_path / "in"
    path.write_bytes(content)
    found = peek(path, tmp_path)
    assert (found.format, found.encoding, found.delimiter) == (Format.CSV, encoding, delimiter)
    assert (found.header, found.rows, found.header_row) == (("工号", "电话"), (("W1", "1"),), row)


def test_a_merged_header_is_joined(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("工号,联系方式,,备注\n,电话,邮箱,\nW1,1,a@b,好\n", encoding="utf-8")
    found = peek(path, tmp_path)
    assert found.header == ("工号", "联系方式_电话", "联系方式_邮箱", "备注")
    assert (found.rows, found.header_row) == ((("W1", "1", "a@b", "好"),), 2)


def test_a_stray_separator_does_not_hide_the_header(tmp_path: Path) -> None:
    path = tmp_path / "in"
    rows = [f"W{at},1" for at in range(9)] + ["W9,1,1"]
    path.write_text("\n".join(["花名册", "", "工号,电话", *rows]), encoding="utf-8")
    found = peek(path, tmp_path)
    assert (found.header, found.header_row) == (("工号", "电话"), 3)
