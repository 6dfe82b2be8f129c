"""From data in the lake through the gateway to findings and cases, with receipts of every reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.jobs import facade as jobs
from duokua.kernel.errors import NotAllowed
from duokua.lake import facade as lake
from duokua.lang.scenario.level import Level
from duokua.loop.actions.evaluation import ask_again
from duokua.loop.actions.evaluation.desk import clear_desks
from duokua.loop.facade import rules
from duokua.loop.models import Case, Finding, RuleRun
from duokua.loop.rule_jobs import EVALUATE, LOOK
from duokua.pack.scaffold import pack_files
from gateway import published
from gateway.published import BY, Published
from gateway.world import Gateway, Home

pytestmark = pytest.mark.django_db(transaction=True)

OWNER, CLIENT = "data_bureau", "pack_noise"
TABLE = "noise_reading"
HEAD = "point_id,read_at,value\n"
FIRST = HEAD + "P1,2026-05-06T11:50:00,81\nP2,2026-05-06T11:50:00,64\nP3,2026-05-06T11:50:00,72\n"
RULE = "too_high"


@pytest.fixture
def files() -> dict[str, str]:
    """A pack as ``duokua pack new`` writes it."""
    told = pack_files("noise", owner=OWNER)
    told["pack.yaml"] = told["pack.yaml"].replace("purpose: noise", "purpose: inspection")
    return told


@pytest.fixture
def platform(
    files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    starts: Callable[[Home], Gateway],
) -> Iterator[Published]:
    """Its data in the lake, its interface and a change feed, a program with grants, a gateway."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department(OWNER, "数据局", "Data bureau")
    lake.register(files[f"contracts/{TABLE}.odcs.yaml"], by=BY, now=published.now())
    made = Published(Home(tmp_path))
    made.load(TABLE, FIRST, "a")
    page = files[f"interfaces/{TABLE}.yaml"]
    feed = page.replace(f"interface: {TABLE}", "interface: noise_changes")
    made.publish(page)
    made.publish(feed.replace("shape: page", "shape: changes"))
    for name in (TABLE, "noise_changes"):
        made.grant(name, CLIENT, OWNER)
    made.gateway = starts(made.home)
    monkeypatch.setenv("DUOKUA_PORT", str(made.gateway.port))
    clear_desks()
    yield made
    clear_desks()


def _adopt(files: dict[str, str]) -> None:
    rules.adopt(files, client=CLIENT, owner=OWNER, by=BY, now=published.now())


def test_from_the_lake_to_findings(platform: Published, files: dict[str, str]) -> None:
    _adopt(files)
    assert {each.kind for each in jobs.jobs()} >= {EVALUATE}
    assert LOOK in {each.name for each in jobs.schedules()}
    assert rules.to_evaluate(published.now()) == ["noise"]
    (run,) = rules.evaluate("noise", now=published.now())
    assert run.counts == {"red": 1, "yellow": 1, "none": 1} and run.error is None
    found = {row.subject: row for row in Finding.objects.all()}
    assert {key: row.level for key, row in found.items()} == {'["P1"]': "red", '["P3"]': "yellow"}
    (receipt,) = found['["P1"]'].why["receipts"]
    opening = platform.home.receipt(receipt)
    assert (opening["client"], opening["purpose"]) == (CLIENT, "inspection")
    assert opening["interface"] == TABLE and opening["door"] == "data"
    assert found['["P1"]'].why["data"][TABLE]["version"] == opening["dv"]
    assert rules.to_evaluate(published.now()) == []
    platform.load(TABLE, HEAD + "P1,2026-05-06T12:50:00,60\nP2,2026-05-06T12:50:00,90\n", "b")
    assert rules.to_evaluate(published.now()) == ["noise"]
    (run,) = rules.evaluate("noise", now=published.now())
    assert (run.whole, run.opened, run.cleared) == (False, 1, 1)
    assert len(run.receipts) == 2
    assert platform.home.receipt(run.receipts[1])["interface"] == "noise_changes"
    assert [each.level for each in rules.findings(open_=True)] == [Level.RED, Level.YELLOW]


def test_asked_again(platform: Published, files: dict[str, str]) -> None:
    _adopt(files)
    rules.evaluate("noise", now=published.now())
    case = Case.objects.get(subject='["P1"]')
    again = ask_again(case, now=published.now())
    assert again.level is Level.RED and again.row["value"] == 81
    closing = platform.home.receipt(again.receipts[0])
    assert closing["purpose"] == "inspection" and RuleRun.objects.get(id=again.run).counts == {
        "red": 1
    }
    platform.load(TABLE, HEAD + "P1,2026-05-06T13:50:00,60\n", "b")
    assert ask_again(case, now=published.now()).level is Level.NONE
    found = Finding.objects.get(subject='["P3"]')
    recomputed = rules.recompute(found.id)
    assert recomputed.level is Level.YELLOW and recomputed.row["threshold"] == 70


def test_simulated_before_it_takes_effect(platform: Published, files: dict[str, str]) -> None:
    _adopt(files)
    limits = files["parameters/limits.yaml"]
    lower = limits.replace("value: 70", "value: 60").replace("value: 80", "value: 70")
    made = rules.simulate(
        "noise", {**files, "parameters/limits.yaml": lower}, RULE, now=published.now()
    )
    assert {shift.subject: (shift.before, shift.after) for shift in made.shifts} == {
        '["P2"]': (Level.NONE, Level.YELLOW), '["P3"]': (Level.YELLOW, Level.RED),
    }  # fmt: skip
    assert (made.total, made.raised, made.lowered) == (2, 2, 0)
    assert made.before == {"red": 1, "yellow": 1, "none": 1}
    assert made.after == {"red": 2, "yellow": 1} and len(made.receipts) == 2
    assert not Finding.objects.exists() and not RuleRun.objects.exists()


def test_without_a_grant_nothing_is_read(platform: Published, files: dict[str, str]) -> None:
    _adopt(files)
    for each in exchange.grants(client=CLIENT):
        exchange.revoke_grant(each.grant.id, reason="over", by=BY, now=published.now())
    (run,) = rules.evaluate("noise", now=published.now())
    assert run.stale == (TABLE,) and run.receipts == ()
    assert Finding.objects.get().why["reason"]["code"] == "unreadable"
    with pytest.raises(NotAllowed):
        rules.simulate("noise", files, RULE, now=published.now())


def test_while_the_gateway_is_away(platform: Published, files: dict[str, str]) -> None:
    _adopt(files)
    assert platform.gateway is not None
    platform.gateway.stop()
    (run,) = rules.evaluate("noise", now=published.now())
    assert run.error is not None and "gateway" in run.error.en
    assert not Finding.objects.exists()
    assert rules.to_evaluate(published.now()) == ["noise"]  # and it is tried again
