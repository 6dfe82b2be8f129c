"""``duokua listing``: a department lists by file; the reviews are the same as in the portal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from duokua.cli.app import app
from duokua.store.models import ListingVersion
from unit.store.district import settle

pytestmark = pytest.mark.django_db
FILE = """\
listing: patrol
title: {zh: 巡河, en: Patrols}
contact: {zh: 河长办, en: River office}
phone: '0571-1'
"""


@pytest.fixture(autouse=True)
def district(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    settle()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["listing", *map(str, words)])


def test_a_file_goes_to_its_reviews_and_comes_out_the_same(tmp_path: Path) -> None:
    path = tmp_path / "patrol.yaml"
    path.write_text(FILE, "utf-8")
    told = run("publish", path, "--json")
    assert json.loads(told.output) == {"listing": "patrol", "version": 1, "state": "assessment"}
    out = run("export", "patrol")
    assert "title:\n  zh: 巡河" in out.output
    state = run("show", "patrol")
    assert state.output.startswith("Patrols: draft, conditional")
    assert json.loads(run("show", "patrol", "--json").output)["level"] == "L2"
    again = run("publish", path)
    assert again.exit_code == 1  # it is being reviewed
    ListingVersion.objects.update(state="draft")
    path.write_text(out.output, "utf-8")
    assert run("publish", path).exit_code == 0
    assert run("export", "patrol").output == out.output


def test_a_wrong_file_is_told_by_line_and_nothing_is_drafted(tmp_path: Path) -> None:
    path = tmp_path / "patrol.yaml"
    path.write_text(FILE.replace("phone:", "fone:"), "utf-8")
    told = run("publish", path, "--json")
    assert told.exit_code == 1
    assert [f["where"] for f in json.loads(told.output)["faults"]] == ["patrol.yaml:4 fone"]
    path.write_text("title: {zh: x, en: y}\n", "utf-8")
    assert run("publish", path).exit_code == 1
    assert not ListingVersion.objects.exists()
