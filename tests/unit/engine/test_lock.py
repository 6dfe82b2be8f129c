"""Workshops: what a killed builder leaves goes, what a living one holds stays."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from duokua.engine.lock import workshop

CHILD = """
import sys
from pathlib import Path
from duokua.engine.lock import workshop
with workshop(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_workshop_goes_with_its_block(tmp_path: Path) -> None:
    with pytest.raises(KeyError), workshop(tmp_path) as folder:
        (folder / "half").write_text("half")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_dead_builders_workshop_is_swept_and_a_living_ones_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().strip())
        with workshop(tmp_path) as other:
            assert (left / "half").exists()
            assert other != left
        child.kill()
    assert left.exists()
    with workshop(tmp_path) as other:
        assert list(tmp_path.iterdir()) == [other]


def test_a_workshop_that_is_swept_while_it_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, swept = fcntl.flock, list[Path]()

    def flock(handle: int, how: int) -> None:
        if not swept:
            swept.extend(tmp_path.glob(".workshop-*"))
            shutil.rmtree(swept[0])  # as another does that was quicker to lock it
        take(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with workshop(tmp_path) as folder:
        (folder / "work").touch()
        assert folder not in swept
    assert list(tmp_path.iterdir()) == []
