"""Files cut anywhere: a clear reason, or every row that was whole; never a part of a row."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from duokua.engine.intake import stage
from duokua.engine.rows import read_rows
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from filemaking import WRITERS

EFFORT = int(os.environ.get("EFFORT", "1"))
CUTS = 10 * EFFORT
FORMATS = ("csv", "gb18030", "json", "ndjson", "xlsx", "parquet", "arrow", "arrow-stream")
TITLE = Text("t", "t")
CONTRACT = Contract(
    "cut",
    "1.0.0",
    TITLE,
    TITLE,
    "d",
    Level.L1,
    (
        Column("id", Kind.INTEGER, TITLE, required=True),
        Column("name", Kind.STRING, TITLE, required=True),
        Column("day", Kind.DATE, TITLE, required=True),
        Column("note", Kind.STRING, TITLE, required=True),
    ),
    ("id",),
)
_HANZI = "杭州市西湖区文三路工地塔吊监测"


def table_of(chance: random.Random) -> list[list[str]]:
    """Return a table whose last values are quoted and hold no quote: a cut one is never whole."""
    rows = [["id", "name", "day", "note"]]
    for at in range(chance.randint(2, 60)):
        name = "".join(chance.choices(_HANZI, k=chance.randint(1, 8)))
        day = f"2026-0{chance.randint(1, 9)}-1{at % 10}"
        rows.append([str(at), f'{name}, "{at}"', day, f"{name},{at}"])
    return rows


def landed(path: Path, out: Path) -> list[tuple[object, ...]]:
    stage(path, CONTRACT, out, threads=1)
    return [
        tuple(map(str, row.values()))
        for batch in read_rows([out], CONTRACT.columns)
        for row in batch.to_pylist()
    ]


@pytest.mark.campaign
@pytest.mark.parametrize("kind", FORMATS)
def test_cut_files(tmp_path: Path, kind: str) -> None:
    chance = random.Random(f"{kind} {EFFORT}")
    refused = whole = 0
    for number in range(CUTS):
        table = table_of(chance)
        content = WRITERS[kind](table)
        rows = [tuple(row) for row in table[1:]]
        path, out = tmp_path / "cut", tmp_path / f"{number}.parquet"
        path.write_bytes(content[: chance.randrange(len(content))])
        try:
            found = landed(path, out)
        except Invalid as error:
            refused += 1
            assert error.faults
            assert all(each.what.zh and each.mend.zh for each in error.faults)
            assert not out.exists()
        else:
            whole += 1
            assert kind in ("csv", "gb18030", "ndjson"), "no cut of this format can go unseen"
            assert found == rows[: len(found)]
        assert not list(tmp_path.glob(".workshop*"))
        path.write_bytes(content)
        assert landed(path, out) == rows
    print(f"{kind}: {refused} refused, {whole} ended with a whole row")
    assert refused
