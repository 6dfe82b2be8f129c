"""``duokua data``: what it prints, in which language, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import OperationalError

from contracts import PLAIN
from duokua.cli.app import app
from duokua.identity import facade as identity

HEAD = "工号,phone,entered_at\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one department, a contract file and a data file."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    identity.ensure_department("housing", "住建局", "Housing")
    (tmp_path / "c.yaml").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "w.csv").write_text(HEAD + "W1,138,\n", encoding="utf-8")
    return tmp_path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["data", *map(str, words)])


def test_register_ingest_describe_list(home: Path) -> None:
    assert run("register", home / "c.yaml").stdout == (
        "registered dataset site_worker, contract 1.0.0\n"
    )
    landed = run("ingest", home / "w.csv", "--dataset", "site_worker", "--batch", "b", "--json")
    value = json.loads(landed.stdout)
    assert (value["landed"], value["rows"], value["version"], value["batch"]) == (True, 1, 1, "b")
    again = run("ingest", home / "w.csv", "--dataset", "site_worker", "--batch", "b")
    assert (again.exit_code, "had landed before (version 1)" in again.stdout) == (0, True)
    described = json.loads(run("describe", "site_worker", "--json").stdout)
    assert (described["rows"], described["key"]) == (1, ["worker_id"])
    assert [column["withheld"] for column in described["columns"]] == [True, True, False]
    [listed] = json.loads(run("list", "--json").stdout)
    assert listed["id"] == "site_worker"
    assert "site_worker" in run("list").stdout


def test_bounds_of_sensitive_columns_are_not_shown_to_people(home: Path) -> None:
    run("register", home / "c.yaml")
    run("ingest", home / "w.csv", "--dataset", "site_worker")
    shown = run("describe", "site_worker").stdout
    assert "•••" in shown
    assert "138" not in shown
    assert "138" not in run("describe", "site_worker", "--json").stdout


def test_a_bad_file_is_told_in_the_users_language(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("register", home / "c.yaml")
    (home / "w.csv").write_text(HEAD + "W1,,x\n", encoding="utf-8")
    failed = run("ingest", home / "w.csv", "--dataset", "site_worker")
    assert failed.exit_code == 1
    assert "w.csv: row 1, entered_at: 'x' is no instant" in failed.stderr
    monkeypatch.setenv("DUOKUA_LANGUAGE", "zh")
    assert "“x”不是时间" in run("ingest", home / "w.csv", "--dataset", "site_worker").stderr
    told = json.loads(run("ingest", home / "w.csv", "--dataset", "site_worker", "--json").stdout)
    assert told["code"] == "invalid"
    assert told["faults"][0]["where"] == "w.csv: row 1, entered_at"
    assert set(told["faults"][0]["mend"]) == {"zh", "en"}


def test_exit_codes(home: Path) -> None:
    assert run("describe", "nobody").exit_code == 1
    assert run("ingest", home / "w.csv").exit_code == 2
    assert run("ingest", home / "missing.csv", "--dataset", "x").exit_code == 2


def test_a_database_that_does_not_answer_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("no such table: lake_dataset")

    monkeypatch.setattr("duokua.lake.facade.describe", fail)
    failed = run("describe", "site_worker", "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["code"]) == (3, "unavailable")


@pytest.mark.parametrize("verb", ["register", "ingest", "describe", "list"])
def test_help_has_an_example(verb: str) -> None:
    assert f"Example: duokua data {verb}" in run(verb, "--help").stdout
