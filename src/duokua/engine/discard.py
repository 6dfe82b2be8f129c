"""Finds the files of a table that nobody needs any more (清理旧文件).

A file is needed as long as the newest version names it or a version that was the newest within the
time of grace. What left a table longer ago, or never came into it, is left over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from duokua.engine.delta import TableHead
from duokua.engine.parts import forget_stats


def left_over(folder: Path, head: TableHead, since: datetime) -> list[Path]:
    """Return the files that no version names which was the newest at ``since`` or later.

    Called by the holder of the table's lock only: nobody is just bringing files in.
    """
    needed = {file.name for file in head.files} | _removed(folder, head.version, since)
    found = []
    for file in sorted(folder.glob("part-*.parquet")):
        if file.name not in needed and file.stat().st_mtime < since.timestamp():
            found.append(file)
    return found


def discard(folder: Path, file: Path) -> None:
    """Remove a file that is left over; killed in between, it is found again the next time."""
    forget_stats(folder, file)
    file.unlink(missing_ok=True)


def _removed(folder: Path, newest: int, since: datetime) -> set[str]:
    """Return the names of files that left the table at ``since`` or later."""
    names: set[str] = set()
    for version in range(newest, -1, -1):
        path = folder / "_delta_log" / f"{version:020d}.json"
        if not path.exists() or _told_at(path) < since:  # the past may have been forgotten
            break
        names |= {each["remove"]["path"] for each in _actions(path) if "remove" in each}
    return names


def _told_at(path: Path) -> datetime:
    for action in _actions(path):
        if "commitInfo" in action:
            return datetime.fromtimestamp(action["commitInfo"]["timestamp"] / 1000, UTC)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _actions(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
