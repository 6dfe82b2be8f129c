"""``duokua receipts`` with the server stopped."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from duokua.cli.app import app
from duokua.ledger.record import segment_paths
from ledgers import receipt, write_ledger


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    folder = tmp_path / "ledger" / "receipts"
    bodies = [
        orjson.dumps(receipt(n, interface="births" if n % 5 == 0 else "air_hourly"))
        for n in range(1, 1201)
    ]
    write_ledger(folder, bodies, anchors=tmp_path / "anchors", segment_bytes=200_000)
    return folder


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, ["receipts", *words])


def test_verify_uses_this_installation_and_its_anchors() -> None:
    run = _run("verify", "--json")
    assert run.exit_code == 0
    told = json.loads(run.stdout)
    assert (told["ok"], told["records"], told["anchored_to"]) == (True, 1200, 1200)


def test_verify_names_the_first_bad_record_and_exits_with_1(folder: Path) -> None:
    path = segment_paths(folder)[-1]
    path.write_bytes(path.read_bytes()[:-200])
    run = _run("verify")
    assert run.exit_code == 1
    assert "第 1200 条起缺失" in run.stdout and "from 1200 on are gone" in run.stdout


def test_verify_tells_when_no_anchor_was_compared(folder: Path, tmp_path: Path) -> None:
    run = _run("verify", str(folder))
    assert run.exit_code == 0
    assert "give --anchors" in run.stderr
    run = _run("verify", str(folder), "--anchors", str(tmp_path / "anchors"))
    assert (run.exit_code, run.stderr) == (0, "")


def test_verify_of_what_is_not_there_exits_with_2() -> None:
    run = _run("verify", "/nowhere")
    assert (run.exit_code, "cannot read" in run.stderr) == (2, True)


def test_list_goes_page_by_page() -> None:
    seen, cursor = [], None
    while True:
        more = ["--cursor", str(cursor)] if cursor else []
        run = _run("list", "--interface", "births", "--limit", "100", "--json", *more)
        assert run.exit_code == 0, run.output
        told = json.loads(run.stdout)
        seen += [row["seq"] for row in told["rows"]]
        cursor = told["next"]
        if cursor is None:
            break
    assert seen == list(range(1200, 0, -5))


def test_list_for_people() -> None:
    run = _run("list", "--limit", "2")
    assert run.exit_code == 0
    assert "r-1200" in run.stdout and "r-1199" in run.stdout and "--cursor 1199" in run.stdout


def test_list_by_day_in_shanghai() -> None:
    run = _run("list", "--json", "--until", "2026-09-22")
    assert run.exit_code == 0
    # 1,790,000,000 is 2026-09-21 22:13:20 in Shanghai; all 1,200 receipts are of that evening
    assert len(json.loads(run.stdout)["rows"]) == 50
    run = _run("list", "--json", "--until", "2026-09-21")
    assert json.loads(run.stdout) == {"rows": [], "next": None}


@pytest.mark.parametrize("words", [["--help"], ["verify", "--help"], ["list", "--help"]])
def test_help_shows_an_example(words: list[str]) -> None:
    run = _run(*words)
    assert (run.exit_code, "Example: duokua" in run.stdout) == (0, True)
