"""An index that stays open: what another process does to it meanwhile, and its deletion."""

from __future__ import annotations

from pathlib import Path

import orjson

from duokua.engine import sqlite
from duokua.serving.receipt_index import Filling, catch_up, find, totals
from ledgers import receipt, write_ledger


def add(folder: Path, first: int, last: int, grant: str = "g") -> None:
    """Append receipts to the ledger."""
    bodies = [orjson.dumps(receipt(seq, grant=grant)) for seq in range(first, last + 1)]
    write_ledger(folder, bodies)


def test_two_who_fill_by_turns_take_each_receipt_once(tmp_path: Path) -> None:
    folder, index = tmp_path / "receipts", tmp_path / "index.sqlite3"
    filling = Filling(folder, index)
    assert filling.catch_up() == 0
    for round_ in range(6):
        add(folder, round_ * 10 + 1, round_ * 10 + 10, f"grant-{round_ // 2}")
        taken = catch_up(folder, index) if round_ % 2 else filling.catch_up()
        assert taken == 10
        assert filling.catch_up() == 0
    filling.close()
    assert len(find(index, limit=100)) == 60
    assert sum(total.calls for total in totals(index, by="day")) == 60
    assert len(find(index, grant="grant-2", limit=100)) == 20


def test_an_index_that_was_deleted_is_begun_anew(tmp_path: Path) -> None:
    folder, index = tmp_path / "receipts", tmp_path / "index.sqlite3"
    filling = Filling(folder, index)
    add(folder, 1, 30)
    assert filling.catch_up() == 30
    for path in tmp_path.glob("index.sqlite3*"):
        path.unlink()
    assert filling.catch_up() == 30
    assert len(find(index, limit=100)) == 30
    filling.close()


def test_another_version_is_built_anew_under_a_filler_that_has_it_open(tmp_path: Path) -> None:
    folder, index = tmp_path / "receipts", tmp_path / "index.sqlite3"
    filling = Filling(folder, index)
    add(folder, 1, 20)
    assert filling.catch_up() == 20
    connection = sqlite.connect(index)
    connection.execute("pragma user_version = 1")
    connection.close()
    assert catch_up(folder, index) == 20
    add(folder, 21, 25)
    assert filling.catch_up() == 5
    filling.close()
    assert len(find(index, limit=100)) == 25
