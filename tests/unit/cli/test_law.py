"""``duokua law``."""

from __future__ import annotations

import json

from click.testing import CliRunner

from duokua.cli.law import law


def test_the_figures_of_a_day_come_as_json_and_as_a_table() -> None:
    told = CliRunner().invoke(law, ["at", "2025-08-01", "compliance_review", "--json"])
    assert told.exit_code == 0
    found = json.loads(told.output)["parameters"]
    assert [(each["value"], each["mark"]) for each in found] == [(2, "V")]
    assert "compliance" in CliRunner().invoke(law, ["list"]).output


def test_nothing_was_in_force_before_and_nonsense_is_told() -> None:
    before = CliRunner().invoke(law, ["at", "1999-01-01", "--json"])
    assert json.loads(before.output)["parameters"] == []
    assert CliRunner().invoke(law, ["at", "soon", "--json"]).exit_code == 1
    assert CliRunner().invoke(law, ["at", "2026-01-01", "nothing"]).exit_code == 1
