"""Running the SQL of a derived dataset: what it says when it fails."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from duokua.engine.derive import Input, run_sql
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind


def fail(folder: Path, sql: str) -> str:
    data, work = folder / "data", folder / "work"
    data.mkdir()
    work.mkdir()
    pq.write_table(pa.table({"name": ["1", "secret person"]}), data / "a.parquet")
    table = Input([data / "a.parquet"], [Column("name", Kind.STRING, Text("名", "name"))])
    with pytest.raises(Invalid) as caught:
        run_sql(sql, {"t": table}, work / "made.parquet", work)
    assert not (work / "made.parquet").exists()
    return caught.value.what.en + caught.value.what.zh


def test_a_failure_never_tells_a_value(tmp_path: Path) -> None:
    told = fail(tmp_path, 'select cast("name" as bigint) as n from "t"')
    assert "secret" not in told
    assert "ConversionException" in told


def test_a_failure_before_any_row_is_told_in_full(tmp_path: Path) -> None:
    assert "does not exist" in fail(tmp_path, 'select "nope"("name") as n from "t"')
