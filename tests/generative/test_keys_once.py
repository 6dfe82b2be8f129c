"""A key that is there twice is found, be it of near numbers, of far ones, or of the last there are."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts import PLAIN
from duokua.engine.intake import stage
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.odcs import load_contract

ID = Column("id", Kind.INTEGER, Text("编号", "id"), required=True)
WORKERS = load_contract(PLAIN, source="c")
NUMBERED = Contract(
    "numbered", "1.0.0", WORKERS.title, WORKERS.title, WORKERS.owner, WORKERS.level, (ID,), ("id",)
)
LEAST, GREATEST = -(2**63), 2**63 - 1
near = st.integers(-20, 20)
edges = st.sampled_from([LEAST, LEAST + 1, LEAST + 3, GREATEST - 2, GREATEST - 1, GREATEST])


@settings(max_examples=40, deadline=None)
@given(st.lists(near | st.integers(LEAST, GREATEST) | edges, min_size=1, max_size=12))
@example([LEAST, LEAST + 1])
@example([GREATEST - 1, GREATEST, GREATEST])
@example([5, 4, 5])
@example([0, 1, 3, 3])
def test_a_number_is_there_once(numbers: list[int]) -> None:
    with TemporaryDirectory() as name:
        file = Path(name) / "in.csv"
        file.write_text("\n".join(["id", *map(str, numbers)]) + "\n")
        into = Path(name) / "out.parquet"
        if len(set(numbers)) == len(numbers):
            assert stage(file, NUMBERED, into).rows == len(numbers)
            return
        with pytest.raises(Invalid):
            stage(file, NUMBERED, into)
        assert not into.exists()
