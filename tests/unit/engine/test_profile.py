"""A file without contract that cannot be read is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.engine.profile import open_profile
from duokua.kernel.errors import Invalid


@pytest.mark.parametrize("above", [[], ["二月花名册", ""]])
@pytest.mark.parametrize("at", [0, 7])
@pytest.mark.parametrize(("row", "said"), [("秘密,张三,1,200", "多"), ("秘密", "少")])
def test_a_ragged_line_is_named_without_its_values(
    tmp_path: Path, above: list[str], at: int, row: str, said: str
) -> None:
    rows = [f"{number},张三" for number in range(1, 11)]
    rows[at] = row
    path = tmp_path / "in.csv"
    path.write_text("\n".join([*above, "编号,姓名", *rows]), encoding="utf-8")
    with pytest.raises(Invalid) as refused, open_profile(path, tmp_path):
        pass
    (fault,) = refused.value.faults
    line = len(above) + 2 + at
    assert fault.where == f"in.csv: line {line}"
    assert fault.what.zh == f"第 {line} 行的值{said}于表头的 2 列"
    assert "秘密" not in str(refused.value)
