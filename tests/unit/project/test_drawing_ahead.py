"""Rows that a process beside draws: the same as drawn here, and no process is left behind."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from duokua.project.demo import ahead, written
from duokua.project.demo.rows import FULL, World

IDS = ("food_inspection", "tower_crane", "noise_point")


def test_a_process_beside_draws_the_same_files(tmp_path: Path) -> None:
    world = World()
    with ahead.drawn(FULL, IDS, tmp_path) as drawn:
        for id_ in reversed(IDS):  # whatever is waited for first
            contract = written.declared_contract(world.declared.datasets[id_], world.declared)
            here = tmp_path / f"{id_}-here.parquet"
            ahead.write(contract, world.rows(id_), here)
            assert drawn(id_).read_bytes() == here.read_bytes()
            assert pq.read_schema(here).names == list(contract.by_name)
    assert multiprocessing.active_children() == []


def test_a_process_that_fails_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ahead.drawn(FULL, (IDS[0], "nothing_of_that_name"), tmp_path) as drawn:
        assert drawn(IDS[0]).exists()
        with pytest.raises(RuntimeError, match="nothing_of_that_name"):
            drawn("nothing_of_that_name")
    assert "KeyError" in capfd.readouterr().err


def test_whoever_stops_waiting_ends_it(tmp_path: Path) -> None:
    every = tuple(World().declared.datasets)
    with pytest.raises(KeyboardInterrupt), ahead.drawn(FULL, every, tmp_path):
        raise KeyboardInterrupt
    assert multiprocessing.active_children() == []
