"""How long a feed keeps images, and that it appears whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from duokua.engine import feed
from duokua.engine.feed import Step, build_feed, feed_path
from duokua.engine.index import IndexSpec, build_index
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from engines import batch_of

LABEL = Text("测试", "test")
COLUMNS = (
    Column("id", Kind.INTEGER, LABEL, required=True),
    Column("name", Kind.STRING, LABEL),
)
SPEC = IndexSpec(COLUMNS, ("id",), (), None)
DAY = 86_400.0


class Table:
    """A table whose every load is one row with another name."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.before = folder, None

    before: Path | None

    def load(self, version: int, at: float) -> Path:
        path = self.folder / f"{version}.sqlite"
        row = {"id": 1, "name": f"n{version}"}
        build_index(SPEC, [batch_of(COLUMNS, [row])], path, subject_key=b"s")
        before = self.before
        step = Step(version, at, path, before, feed_path(before) if before else None)
        build_feed(SPEC, step, feed_path(path))
        self.before = path
        return feed_path(path)


def told(path: Path) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the versions that a feed tells from, and its images with the version they ended in."""
    with closing(sqlite3.connect(path)) as connection:
        versions = [row[0] for row in connection.execute("select version from version order by 1")]
        images = connection.execute("select _until, _p_name from past order by 1").fetchall()
    return versions, images


def test_images_of_every_version_are_kept(tmp_path: Path) -> None:
    table = Table(tmp_path)
    assert told(table.load(1, 0.0)) == ([1], [])
    table.load(3, DAY)
    assert told(table.load(4, 2 * DAY)) == ([1, 3, 4], [(3, "n1"), (4, "n3")])


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    """From a version one can go on as long as the one after it is not a month old."""
    table = Table(tmp_path)
    for version in range(1, 5):
        table.load(version, version * DAY)
    assert told(table.load(5, 33.5 * DAY)) == ([3, 4, 5], [(4, "n3"), (5, "n4")])
    assert told(table.load(6, 99 * DAY)) == ([5, 6], [(6, "n5")])


@pytest.mark.parametrize(("name", "most"), [("KEEP_VERSIONS", 3), ("KEEP_IMAGES", 2)])
def test_too_many_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(feed, name, most)
    table = Table(tmp_path)
    for version in range(1, 6):
        path = table.load(version, float(version))
    versions, images = told(path)
    assert versions == [3, 4, 5]
    assert images == [(4, "n3"), (5, "n4")]


def test_erased_pages_hold_nothing(tmp_path: Path) -> None:
    table = Table(tmp_path)
    for version in range(1, 4):
        path = table.load(version, version * 99 * DAY)
    assert b"n1" not in path.read_bytes()
    assert b"n2" in path.read_bytes()


def test_a_feed_that_cannot_go_on_is_not_there(tmp_path: Path) -> None:
    table = Table(tmp_path)
    path = table.load(1, 0.0)
    step = Step(2, 1.0, tmp_path / "1.sqlite", tmp_path / "gone.sqlite", path)
    with pytest.raises(sqlite3.OperationalError):
        build_feed(SPEC, step, tmp_path / "2-feed.sqlite")
    assert not (tmp_path / "2-feed.sqlite").exists()
