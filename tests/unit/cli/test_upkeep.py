"""``duokua data compact`` and ``vacuum``: what they say, and that nothing goes without ``--yes``."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contracts import PLAIN
from duokua.cli.app import app
from duokua.identity import facade as identity
from duokua.kernel import clock
from duokua.lake import places

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset of three small batches."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    identity.ensure_department("housing", "住建局", "Housing")
    (tmp_path / "c.yaml").write_text(PLAIN, encoding="utf-8")
    assert run("register", str(tmp_path / "c.yaml")).exit_code == 0
    for at in range(3):
        path = tmp_path / f"{at}.csv"
        path.write_text(f"工号,phone,entered_at\nW{at},13800{at},\n", encoding="utf-8")
        assert run("ingest", str(path), "--dataset", "site_worker").exit_code == 0
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["data", *words])


def parts() -> int:
    return len(list(places.table("site_worker").glob("part-*.parquet")))


def test_compact_tells_how_many_files_became_how_many() -> None:
    told = json.loads(run("compact", "site_worker", "--apart", "1", "--json").stdout)
    assert (told["done"], told["before"], told["after"]) == (True, 3, 2)
    assert "2 files became 1" in run("compact", "site_worker").stdout
    assert "no small files to merge (1 files in all)" in run("compact", "site_worker").stdout
    assert json.loads(run("describe", "site_worker", "--json").stdout)["rows"] == 3


def test_vacuum_only_counts_without_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    run("compact", "site_worker")
    assert "0 files are left over" in run("vacuum", "site_worker").stdout
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "3 files are left over" in run("vacuum", "site_worker").stdout
    assert parts() == 4
    told = json.loads(run("vacuum", "site_worker", "--yes", "--json").stdout)
    assert (told["done"], len(told["files"]), told["bytes"] > 0) == (True, 3, True)
    assert parts() == 1
    assert "removed 0 files" in run("vacuum", "site_worker", "--yes").stdout


def test_a_dataset_that_is_not_there() -> None:
    for words in (("compact", "nothing"), ("vacuum", "nothing", "--json")):
        assert run(*words).exit_code == 1
