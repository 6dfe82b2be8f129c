"""A watched folder: files are taken when they have come to rest, once, or refused with the reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from duokua.audit import facade as audit
from duokua.jobs import facade as jobs
from duokua.kernel.errors import NotFound, Unavailable
from duokua.lake import facade as lake
from sources import DATASET, NOW, add, contract, register, rows, run

pytestmark = pytest.mark.django_db
HEAD = ",".join('"' + (c.source_name or "").replace('"', '""') + '"' for c in contract().columns)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a lake and a folder of its own."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    register()
    path = tmp_path / "in"
    path.mkdir()
    return path


def declare(folder: Path, mode: str = "append") -> None:
    """Add the source."""
    add(
        f"source: pull\ndataset: {DATASET}\nkind: folder\nfolder: {folder}\n"
        f"pattern: '*.csv'\nmode: {mode}\n"
    )


def put(folder: Path, name: str, *numbers: int, level: str = "1.5", mtime: int = 1) -> Path:
    """Write a file of readings."""
    path = folder / name
    lines = [f"{number},a,2026-05-06 08:00,{level},1" for number in numbers]
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    os.utime(path, ns=(mtime, mtime))
    return path


def test_a_file_is_taken_at_the_second_look_only(folder: Path) -> None:
    declare(folder)
    put(folder, "a.csv", 1, 2)
    (folder / "notes.txt").write_text("other")
    (folder / "link.csv").symlink_to(folder / "a.csv")
    first = run()
    assert (first.rows, first.pending) == (0, 1)
    second = run()
    assert (second.rows, second.pending, second.refused) == (2, 0, ())
    assert [row[0] for row in rows()] == [1, 2]
    assert (folder / "done" / "a.csv").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["done", "link.csv", "notes.txt"]


def test_a_file_that_grows_waits(folder: Path) -> None:
    declare(folder)
    put(folder, "a.csv", 1)
    run()
    put(folder, "a.csv", 1, 2, mtime=2)
    assert run().pending == 1
    assert run().rows == 2


def test_a_wrong_file_is_put_aside_with_its_reason_and_the_next_one_lands(folder: Path) -> None:
    declare(folder)
    (folder / "a.csv").write_text("other,columns\n1,2\n")
    os.utime(folder / "a.csv", ns=(1, 1))
    put(folder, "b.csv", 3, mtime=2)
    run()
    done = run()
    assert (done.rows, done.refused) == (1, ("a.csv",))
    reason = folder / "failed" / "a.csv.reason.txt"
    assert "station" in reason.read_text() or "sta" in reason.read_text()
    assert reason.stat().st_mode & 0o077 == 0
    assert (folder / "failed" / "a.csv").exists()


def test_what_is_delivered_twice_lands_once(folder: Path) -> None:
    declare(folder)
    for name in ("a.csv", "b.csv"):
        put(folder, name, 1, 2)
        run()
        assert not run().refused
    assert [row[0] for row in rows()] == [1, 2]
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["a.csv", "b.csv"]


def test_the_newest_file_replaces_and_an_older_one_can_come_back(folder: Path) -> None:
    declare(folder, "replace")
    for numbers, mtime in (((1, 2), 1), ((3,), 2), ((1, 2), 3)):
        put(folder, "a.csv", *numbers, mtime=mtime)
        run()
        run()
        assert [row[0] for row in rows()] == list(numbers)
    assert len(list((folder / "done").iterdir())) == 3


def test_a_crash_before_the_move_lands_nothing_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(folder, "upsert")
    put(folder, "a.csv", 1, 2)
    run()

    def crash(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert len(lake.batches(DATASET)) == 1
    run()
    assert len(lake.batches(DATASET)) == 1
    assert (folder / "done" / "a.csv").exists()


def test_a_folder_that_is_gone_is_told(folder: Path) -> None:
    declare(folder)
    folder.rmdir()
    with pytest.raises(Unavailable):
        run()


def test_a_source_is_scheduled_listed_audited_and_removed(folder: Path) -> None:
    declare(folder)
    (info,) = lake.sources()
    assert (info.declared.id, info.next_at is not None) == ("pull", True)
    assert [each.every_s for each in jobs.schedules()] == [10]
    assert audit.find(verb="data.source.added", of="pull")[0].by == "li"
    lake.remove_source("pull", by="li", now=NOW)
    assert (lake.sources(), jobs.schedules()) == ([], [])
    with pytest.raises(NotFound):
        run()
    with pytest.raises(NotFound):
        lake.remove_source("pull", by="li", now=NOW)


def test_a_source_feeds_a_dataset_that_is_there(folder: Path) -> None:
    with pytest.raises(NotFound):
        add(f"source: pull\ndataset: nowhere\nkind: folder\nfolder: {folder}\n")


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("监测 五月.csv".encode("gb18030"), "监测 五月.csv"),
        (b"a\nb.csv", "a_b.csv"),
        (("监" * 82 + ".csv").encode(), "监" * 46 + ".csv"),
    ],
)
@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_file_with_an_odd_name_lands_under_a_plain_one(
    folder: Path, name: bytes, becomes: str, mode: str
) -> None:
    declare(folder, mode)
    put(folder, os.fsdecode(name), 1, 2)
    put(folder, "a.csv", 1, 2) if mode == "replace" else put(folder, "a.csv", 3)
    for _ in range(3):
        run()
    assert sorted(path.name for path in (folder / "done").iterdir()) == sorted(["a.csv", becomes])
    assert [row[0] for row in rows()] == ([1, 2] if mode == "replace" else [1, 2, 3])


def test_a_reason_is_never_open_to_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(folder)
    (folder / "a.csv").write_text("other,columns\n1,2\n")
    seen: list[int] = []
    write = Path.write_text

    def spied(path: Path, *given: str, **named: str) -> int:
        done = write(path, *given, **named)
        if path.name.endswith(".reason.txt"):
            seen.append(path.stat().st_mode & 0o077)
        return done

    monkeypatch.setattr(Path, "write_text", spied)
    run()
    run()
    assert seen == [0]
