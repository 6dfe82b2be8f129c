"""The engine that is kept for small work."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from duokua.engine.duck import warm_duck


def test_what_a_borrower_made_is_gone_for_the_next(tmp_path: Path) -> None:
    with warm_duck([tmp_path]) as duck:
        duck.execute("create temp table made as select 1")
    with warm_duck([tmp_path]) as duck, pytest.raises(duckdb.CatalogException):
        duck.execute("from made")


def test_it_reads_its_folders_only(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.csv").write_text("a\n1\n")
    with warm_duck([inside]) as duck:
        assert duck.execute(f"from read_csv('{inside}/a.csv')").fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            duck.execute(f"from read_csv('{outside}/a.csv')")
    with warm_duck([outside]) as duck:
        assert duck.execute(f"from read_csv('{outside}/a.csv')").fetchall() == [(1,)]


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with warm_duck([tmp_path]) as one, warm_duck([tmp_path]) as other:
        one.execute("create temp table mine as select 1 as a")
        other.execute("create temp table mine as select 2 as a")
        assert one.execute("from mine").fetchall() == [(1,)]
        assert other.execute("from mine").fetchall() == [(2,)]


def test_many_folders_in_turn(tmp_path: Path) -> None:
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a.csv").write_text(f"a\n{number}\n")
        with warm_duck([folder]) as duck:
            assert duck.execute(f"from read_csv('{folder}/a.csv')").fetchall() == [(number,)]
