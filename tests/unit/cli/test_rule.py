"""``duokua rule``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from duokua.cli.rule import rule
from duokua.identity import facade as identity
from duokua.kernel.errors import NotAllowed
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.loop.actions.evaluation import caring
from duokua.loop.actions.evaluation.desk import clear_desks
from duokua.loop.models import RuleRun
from duokua.pack.scaffold import pack_files
from loop_world import ALONE
from rule_world import START, Lake, adopt, pack
from rule_world import rule as made_rule

EVERY_LEVEL = {
    "stop_work": replace(ALONE, clocks={**ALONE.clocks, Level.UNKNOWN: ALONE.clocks[Level.BLUE]})
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """A pack in force whose rows come from memory."""
    for code in ("site", "works"):
        identity.ensure_department(code, code, code)
    found = Lake()
    found.sites(a=10, b=75, c=95)
    found.put("pass", [])
    monkeypatch.setattr(caring, "AsProgram", lambda *told: found)
    adopt(pack(made_rule(name="name")))
    clear_desks()
    yield found
    clear_desks()


def test_run_then_see_what_was_found(lake: Lake) -> None:
    told = CliRunner().invoke(rule, ["run", "test_site", "--whole", "--json"])
    assert told.exit_code == 0, told.output
    (run,) = json.loads(told.output)
    assert run["opened"] == 2 and run["counts"] == {"none": 1, "yellow": 1, "red": 1}
    listed = CliRunner().invoke(rule, ["findings", "--open", "--level", "red", "--json"])
    (finding,) = json.loads(listed.output)
    assert finding["subject"] == '["c"]' and finding["why"]["threshold"] == 70
    assert "工地c" in CliRunner().invoke(rule, ["findings"]).output
    assert "test_site/high" in CliRunner().invoke(rule, ["runs"]).output
    assert json.loads(CliRunner().invoke(rule, ["runs", "--failed", "--json"]).output) == []


def test_an_unknown_rule_and_an_unknown_pack(lake: Lake) -> None:
    wrong = CliRunner().invoke(rule, ["run", "test_site", "nothing", "--json"])
    assert wrong.exit_code == 1 and not RuleRun.objects.exists()
    assert CliRunner().invoke(rule, ["run", "nowhere", "--json"]).exit_code == 1


def test_the_owner_is_told_of_a_rule_that_fails(lake: Lake) -> None:
    from duokua.notify.models import Message

    adopt(pack(made_rule("bad", "select site, nothing as level from site")))
    caring.evaluate("test_site", now=START)
    message = Message.objects.get(cause="loop.rule:test_site/bad")
    assert (message.department, message.cleared_at) == ("site", None)
    adopt(pack(made_rule("bad", "select site, 'none' as level from site")))
    caring.evaluate("test_site", now=START)
    message.refresh_from_db()
    assert message.cleared_at is not None


def test_a_missing_grant_is_the_owners_matter_and_nobodys_case(lake: Lake) -> None:
    from duokua.loop.models import Case, Finding
    from duokua.notify.models import Message

    adopt(pack(made_rule(), playbooks=EVERY_LEVEL))
    lake.failing["site"] = NotAllowed(Text("无授权", "no grant"), Text("申请", "ask"))
    caring.evaluate("test_site", now=START)
    message = Message.objects.get(cause="loop.rule:test_site/high")
    assert (message.department, message.role, message.cleared_at) == ("site", "head", None)
    assert "site" in message.body_en and "grant" in message.body_en
    assert Finding.objects.get().kind == "unknown"
    assert not Case.objects.exists()
    lake.failing.clear()
    caring.evaluate("test_site", now=START + timedelta(minutes=1))
    message.refresh_from_db()
    assert message.cleared_at is not None
    assert Case.objects.count() == 2


def test_simulate_reads_the_folder(lake: Lake, tmp_path: Path) -> None:
    for name, text in pack_files("other", owner="site").items():
        (tmp_path / "other" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / name).write_text(text, encoding="utf-8")
    told = CliRunner().invoke(rule, ["simulate", "test_site", "high", str(tmp_path / "other")])
    assert told.exit_code == 1 and "high" in told.output
