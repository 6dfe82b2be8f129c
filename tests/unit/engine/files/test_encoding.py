"""Which encoding a file has, and that bytes of something else are not called a wrong encoding."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from duokua.engine.files.encoding import encoding_of
from duokua.kernel.errors import Invalid


@pytest.mark.parametrize("seed", range(5))
def test_bytes_at_random_are_no_text(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(random.Random(seed).randbytes(50_000))
    with pytest.raises(Invalid) as caught:
        encoding_of(path)
    assert "no text" in caught.value.faults[0].what.en


@pytest.mark.parametrize("name", ["utf-8", "gb18030", "utf-16-le"])
def test_text_in_any_encoding_is_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(("编号,姓名\n" + "1,王小明\n" * 500).encode(name))
    assert encoding_of(path).name == name
