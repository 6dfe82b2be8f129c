"""An HTTP source feeds the lake: what is new comes once, whatever the server repeats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from duokua.engine import pages
from duokua.engine.pages import Asked, Fetched
from duokua.kernel.errors import Invalid
from duokua.lake import facade as lake
from sources import DATASET, add, contract, register, rows, run

pytestmark = pytest.mark.django_db
NAMES = [column.source_name or "" for column in contract().columns]
SOURCE = (
    f"source: pull\ndataset: {DATASET}\nkind: http\nurl: https://api.example/list\n"
    "secret: {file: KEY}\n"
)


class Other:
    """Stands for the fetching of pages, which has tests of its own."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.asked: list[Asked] = []

    def fetch(self, asked: Asked, into: Path, progress: Any) -> Fetched:
        """Write what is above the cursor."""
        self.asked.append(asked)
        fresh = [item for item in self.items if item > int(asked.above or 0)]
        values = [[str(n), "a", "2026-05-06 08:00", "1.5", "true"] for n in fresh]
        if fresh:
            columns = [pa.array(list(each)) for each in zip(*values, strict=True)]
            pq.write_table(pa.table(columns, names=NAMES), into)
        return Fetched(len(fresh), str(max([*fresh, int(asked.above or 0)])))


@pytest.fixture(autouse=True)
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Other:
    """A lake of the test's own, and the other end."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    register()
    made = Other()
    monkeypatch.setattr(pages, "fetch_pages", made.fetch)
    return made


def declare(folder: Path, more: str) -> None:
    """Add the source with its key in a file."""
    key = folder / "key"
    key.write_text("k3y\n")
    add(SOURCE.replace("KEY", str(key)) + more)


def test_what_is_new_comes_once(other: Other, tmp_path: Path) -> None:
    declare(tmp_path, "mode: append\ncursor: No.\nsince_parameter: since\n")
    other.items = [1, 2]
    assert run().rows == 2
    other.items = [1, 2, 3]
    assert run().rows == 1
    assert run().rows == 0
    assert [row[0] for row in rows()] == [1, 2, 3]
    assert [asked.above for asked in other.asked] == ["", "2", "3"]
    assert {asked.secret for asked in other.asked} == {"k3y"}
    assert lake.source("pull").upto == "3"


def test_a_whole_load_replaces_and_an_empty_one_changes_nothing(
    other: Other, tmp_path: Path
) -> None:
    declare(tmp_path, "mode: replace\n")
    other.items = [1, 2]
    assert run(key="one").rows == 2
    assert run(key="one").rows == 0
    other.items = [7]
    assert run(key="two").rows == 1
    other.items = []
    with pytest.raises(Invalid):
        run(key="three")
    assert [row[0] for row in rows()] == [7]


def test_a_missing_key_is_told_and_no_secret_is_stored(other: Other, tmp_path: Path) -> None:
    from django.core import serializers

    from duokua.lake.models import Source

    declare(tmp_path, "mode: replace\n")
    assert "k3y" not in serializers.serialize("json", Source.objects.all())
    (tmp_path / "key").unlink()
    with pytest.raises(Invalid):
        run()
    assert other.asked == []
