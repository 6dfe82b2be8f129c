"""Folders of packs: what is read of them, what is refused, and what a new one holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.packs_made import made_pack

from duokua.cli.app import app
from duokua.kernel.errors import Conflict, Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.reading import read_pack
from duokua.loop.facade import rules
from duokua.pack import folder as folders
from duokua.pack.folder import files_of
from duokua.pack.looking import look, look_at
from duokua.pack.scaffold import pack_files, write_pack


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A pack in a folder."""
    write_pack(tmp_path / "bridge_watch", made_pack())
    return tmp_path / "bridge_watch"


def told(path: Path) -> list[str]:
    """Return what is told of a folder that is refused."""
    with pytest.raises(Invalid) as caught:
        files_of(path)
    return [each.line() for each in caught.value.faults] or [caught.value.what.en]


def test_a_folder_is_read_as_its_files(made: Path) -> None:
    assert files_of(made) == made_pack()


def test_a_link_is_never_followed(made: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (made / "README.md").unlink()
    (made / "README.md").symlink_to(secret)
    assert "README.md:1: is a link" in told(made)[0]
    (made / "README.md").unlink()
    (made / "rules").rename(tmp_path / "elsewhere")
    (made / "rules").symlink_to(tmp_path / "elsewhere")
    assert "rules:1: is a link" in told(made)[0]
    link = tmp_path / "link"
    link.symlink_to(made)
    assert "is no folder" in told(link)[0]


def test_what_is_no_text_is_refused(made: Path) -> None:
    (made / "README.md").write_bytes(b"\xff\xfe")
    (made / "views" / "more.yaml").mkdir()
    os.mkfifo(made / "tables" / "pipe.csv")
    found = told(made)
    assert "README.md:1: is no text in UTF-8" in found[0]
    assert any("tables/pipe.csv:1: is no plain file" in each for each in found)


def test_many_and_large_files_are_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_FILES", 5)
    assert any("over 5 files" in each for each in told(made))
    monkeypatch.setattr(folders, "MOST_FILES", 500)
    monkeypatch.setattr(folders, "MOST_ONE", 100)
    assert any("pack.yaml:1: is over" in each for each in told(made))


def test_the_content_of_a_file_of_no_kind_is_not_read(made: Path) -> None:
    (made / "helpers.py").write_text("import os")
    assert files_of(made)["helpers.py"] == ""
    assert look(made).faults[0].where == "helpers.py:1"


def test_a_new_pack_passes_check_and_test_at_once(tmp_path: Path) -> None:
    files = pack_files("noise_watch", owner="data_bureau", title=Text('夜"间: #', "Night: {x}"))
    assert sum(text.count("\n") for text in files.values()) <= 100
    write_pack(tmp_path / "noise_watch", files)
    pack = read_pack(files_of(tmp_path / "noise_watch"), folder="noise_watch")
    assert pack.manifest.title == Text('夜"间: #', "Night: {x}")
    results = rules.check_sentences(pack)
    assert [each.passed for each in results] == [True, True]


def test_a_new_pack_takes_nobodys_place(made: Path) -> None:
    with pytest.raises(Conflict):
        write_pack(made, made_pack())
    for name in ("Noise", "1x", "a b", "../up", "a" * 41):
        with pytest.raises(Invalid):
            pack_files(name, owner="data_bureau")


def test_many_packs_are_checked_in_their_order(tmp_path: Path) -> None:
    folders_ = []
    for n in range(6):
        write_pack(tmp_path / f"watch_{n}", made_pack(f"watch_{n}", rules=2 + n % 2))
        folders_.append(tmp_path / f"watch_{n}")
    (folders_[3] / "quality.yaml").unlink()
    found = look_at(folders_)
    assert [each.path for each in found] == folders_
    assert [bool(each.faults) for each in found] == [False, False, False, True, False, False]


def run(*words: str) -> tuple[int, str]:
    """Run the command."""
    done = CliRunner().invoke(app, ["pack", *words], catch_exceptions=False)
    return done.exit_code, done.output


def test_the_commands(tmp_path: Path) -> None:
    code, out = run("new", "noise_watch", "--into", str(tmp_path), "--json")
    assert (code, json.loads(out)["pack"]) == (0, "noise_watch")
    where = tmp_path / "noise_watch"
    assert run("check", str(where))[0] == 0
    assert run("new", "noise_watch", "--into", str(tmp_path))[0] == 1
    code, out = run("test", str(where), "--json")
    assert (code, [each["passed"] for each in json.loads(out)["sentences"]]) == (0, [True, True])
    tests = where / "tests" / "too_high.yaml"
    tests.write_text(tests.read_text().replace("value: 81", "value: 75"))
    code, out = run("test", str(where), "--json")
    first = json.loads(out)["sentences"][0]
    assert (code, first["passed"], first["missing"][0]["level"]) == (1, False, "red")
    assert run("test", str(where), "--rule", "nothing")[0] == 1
    (where / "rules" / "too_high.sql").write_text("select 1")
    code, out = run("check", "--json", str(where))
    assert (code, json.loads(out)[0]["faults"][0]["where"]) == (1, "rules/too_high.sql:1")
    assert run("check", str(tmp_path / "nowhere"))[0] == 1


def test_a_law_pack_is_checked_as_one(tmp_path: Path) -> None:
    packs = Path(__file__).resolve().parents[3] / "packs"
    found = look(packs / "data_sharing_law")
    assert (found.pack, found.tier, found.faults) == ("data_sharing_law", "law", ())
