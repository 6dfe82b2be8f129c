"""Looking for rows that are to be gone (残留检查): in every file of a dataset, what stands aside, too."""

from __future__ import annotations

from pathlib import Path

from duokua.engine import delta
from duokua.engine.duck import open_duck
from duokua.engine.erasing import Chosen, choose_aside, count_rows
from duokua.kernel.errors import NotFound
from duokua.lake import places


def count(dataset_id: str, chosen: Chosen) -> int:
    """Return how many rows of the newest version are chosen."""
    try:
        return count_rows(delta.head(places.table(dataset_id)).files, chosen)
    except NotFound:
        return 0


def count_aside_rows(dataset_id: str, chosen: Chosen) -> int:
    """Return how many rows that stand aside are chosen, also of those that have left."""
    folder = places.quarantine(dataset_id)
    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
    if not files:
        return 0
    duck = open_duck(directories=[folder])
    try:
        return sum(len(choose_aside(duck, file, chosen)) for file in files)
    finally:
        duck.close()


def left_over(dataset_id: str, chosen: Chosen) -> list[Path]:
    """Return the files below a dataset's folder that should not be there, or hold chosen rows."""
    table = places.table(dataset_id)
    if not table.exists():
        return []
    live = set(delta.head(table).files)
    found = [file for file in table.glob("*.parquet") if file not in live]
    return found + [file for file in live if count_rows([file], chosen)]
