"""``duokua data`` on bad rows: set aside, listed without personal values, replayed, withdrawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from contracts import PLAIN
from duokua.cli.app import app
from duokua.identity import facade as identity

HEAD = "工号,phone,entered_at\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset with a batch of which two rows stand aside."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    identity.ensure_department("housing", "住建局", "Housing")
    (tmp_path / "c.yaml").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "w.csv").write_text(
        HEAD + "W1,138001,\nW2,138002,soon\n,138003,\n", encoding="utf-8"
    )
    assert run("register", tmp_path / "c.yaml").exit_code == 0
    return tmp_path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["data", *map(str, words)])


def told(*words: str | Path) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def ingest(home: Path, *options: str) -> Result:
    return run("ingest", home / "w.csv", "--dataset", "site_worker", "--batch", "b", *options)


def test_ingest_tells_what_stands_aside(home: Path) -> None:
    said = ingest(home).stdout
    assert "2 rows stand aside, see duokua data quarantine list site_worker" in said
    assert "entered_at: 1 rows, is no instant" in said
    again = json.loads(ingest(home, "--json").stdout)
    assert (again["landed"], again["aside"]) == (False, 2)


def test_strict_is_all_or_nothing(home: Path) -> None:
    refused = ingest(home, "--strict")
    assert refused.exit_code == 1
    assert "row 2, entered_at" in refused.stderr
    assert told("describe", "site_worker")["rows"] == 0


def test_the_list_tells_no_personal_value(home: Path) -> None:
    ingest(home)
    listed = told("quarantine", "list", "site_worker")
    assert [row["row"] for row in listed["rows"]] == [2, 3]
    assert listed["batches"][0]["left"] == 2
    assert listed["rows"][0]["faults"][0]["value"] == "soon"
    assert listed["rows"][1]["faults"][0]["withheld"] is True
    shown = run("quarantine", "list", "site_worker").stdout
    assert "13800" not in shown + json.dumps(listed)
    page = told("quarantine", "list", "site_worker", "--limit", "1")
    rest = told("quarantine", "list", "site_worker", "--after", page["following"])
    assert [row["row"] for row in rest["rows"]] == [3]


def test_download_correct_replay_dismiss(home: Path) -> None:
    ingest(home)
    out = home / "mend.csv"
    where = ("quarantine", "download", "site_worker", "--batch", "b", "-o", out)
    assert told(*where) == {"file": str(out)}
    assert out.stat().st_mode & 0o077 == 0
    assert run(*where).exit_code == 1  # never over another file
    out.write_text(out.read_text("utf-8").replace("soon", "2026-01-01 08:00"), encoding="utf-8")
    replayed = told("quarantine", "replay", "site_worker", out, "--batch", "b")
    assert (replayed["landed"], replayed["rows"], replayed["left"]) == (True, 1, 1)
    assert [row["row"] for row in replayed["still"]] == [3]
    again = told("quarantine", "replay", "site_worker", out, "--batch", "b")
    assert again["landed"] is False
    words = ("quarantine", "dismiss", "site_worker", "--batch", "b", "--row", "3")
    assert told(*words, "--reason", "no number")["left"] == 0
    assert told("quarantine", "list", "site_worker")["batches"] == []


def test_withdraw_shows_first_and_acts_on_yes(home: Path) -> None:
    ingest(home)
    words = ("withdraw", "site_worker", "--batch", "b")
    assert "would take 1 rows away and leave 0" in run(*words).stdout
    assert told("describe", "site_worker")["rows"] == 1
    assert run(*words, "--yes").exit_code == 1  # a reason is missing
    assert told(*words, "--reason", "wrong", "--yes")["done"] is True
    assert told("describe", "site_worker")["rows"] == 0


def test_upsert_by_what_is_newest(home: Path) -> None:
    for batch, time in (("new", "2026-02-01 08:00"), ("old", "2026-01-01 08:00")):
        (home / "w.csv").write_text(HEAD + f"W1,,{time}\n", encoding="utf-8")
        words = ["ingest", str(home / "w.csv"), "--dataset", "site_worker", "--batch", batch]
        landed = told(*words, "--mode", "upsert", "--newest-by", "entered_at")
        assert landed["landed"]
    assert (landed["rows"], told("describe", "site_worker")["rows"]) == (0, 1)


@pytest.mark.parametrize(
    "words",
    [("withdraw",), *(("quarantine", v) for v in ("list", "download", "replay", "dismiss"))],
)
def test_help_has_an_example(words: tuple[str, ...]) -> None:
    assert f"Example: duokua data {' '.join(words)}" in run(*words, "--help").stdout
