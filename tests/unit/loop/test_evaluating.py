"""Evaluating a pack: what rules find is recorded once, why, and only what changed is done again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from duokua.engine.scenario.session import Session
from duokua.identity import facade as identity
from duokua.kernel.errors import NotAllowed, Unavailable
from duokua.kernel.text import Text
from duokua.lang.scenario.manifest import Consumed
from duokua.lang.scenario.rule import Often, RuleKind
from duokua.loop.actions.evaluation import desk
from duokua.loop.actions.evaluation.desk import clear_desks
from duokua.loop.actions.evaluation.evaluating import evaluate_pack
from duokua.loop.models import Case, Finding, RuleRun, Standing
from loop_world import span
from rule_world import PASSED, START, Lake, adopt, limit, minutes, pack, rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desks() -> Iterator[None]:
    """Begin and end without desks; departments are there."""
    for code in ("site", "works", "water", "sport", "bureau"):
        identity.ensure_department(code, code, code)
    clear_desks()
    yield
    clear_desks()


@pytest.fixture
def lake() -> Lake:
    """Three sites."""
    made = Lake()
    made.sites(a=10, b=75, c=95)
    made.put("pass", [])
    return made


def _found(**filters: Any) -> dict[str, tuple[str, str]]:
    rows = Finding.objects.filter(**filters).order_by("id")
    return {row.subject: (row.level, row.state) for row in rows}


def test_findings_with_their_reasons(lake: Lake) -> None:
    made = adopt(pack(rule(name="name", place=("lon", "lat"))))
    lake.rows["site"][1] |= {"lon": 120.1, "lat": 30.2}
    (run,) = evaluate_pack(made, lake, now=START)
    assert run.counts == {"none": 1, "yellow": 1, "red": 1}
    assert (run.opened, run.whole, run.error) == (2, True, None)
    assert _found() == {'["b"]': ("yellow", "open"), '["c"]': ("red", "open")}
    finding = Finding.objects.get(subject='["b"]')
    assert (finding.name, finding.lon, finding.lat) == ("工地b", 120.1, 30.2)
    why = finding.why
    assert why["value"] == 75 and why["threshold"] == 70
    assert why["clause"] == [
        {"text": {"zh": "规程 8.0", "en": "Code 8.0"}, "source": "GB 50497", "mark": "V"}
    ]
    (parameter,) = why["parameters"]
    assert (parameter["id"], parameter["value"], parameter["since"]) == ("limit", 70, "2020-01-01")
    assert (parameter["mark"], parameter["source"]) == ("V", "GB 50497")
    assert why["receipts"] == ["r-site-0"] == list(run.receipts)
    assert why["data"]["site"]["version"] == 0 and why["version"] == "1.0.0"
    assert Case.objects.count() == 2 and finding.case is not None


def test_only_what_changed(lake: Lake) -> None:
    made = adopt(pack(rule()))
    evaluate_pack(made, lake, now=START)
    assert evaluate_pack(made, lake, now=minutes(1)) == []
    lake.sites(a=80, b=75, c=95, d=5)
    (run,) = evaluate_pack(made, lake, now=minutes(2))
    assert (run.whole, run.opened, run.counts) == (False, 1, {"none": 1, "yellow": 1})
    assert lake.read_whole == ["site"]
    assert _found()['["a"]'] == ("yellow", "open")
    lake.sites(a=80, b=1, d=5)
    (run,) = evaluate_pack(made, lake, now=minutes(3))
    assert (run.whole, run.cleared) == (False, 1)
    found = _found()
    assert found['["b"]'] == ("yellow", "cleared")
    assert found['["c"]'] == ("red", "open")  # gone from the data: not known, so not cleared
    assert list(run.receipts) == ["r-site-0", "r-site-2"]


def test_without_a_feed_the_table_is_read_whole(lake: Lake) -> None:
    lake.feeds = False
    made = adopt(pack(rule()))
    evaluate_pack(made, lake, now=START)
    lake.sites(a=80, b=75, c=95)
    (run,) = evaluate_pack(made, lake, now=minutes(1))
    assert run.whole and lake.read_whole == ["site", "site"]
    assert _found()['["a"]'] == ("yellow", "open")


def test_after_a_restart_nothing_is_found_twice(lake: Lake) -> None:
    made = adopt(pack(rule()))
    evaluate_pack(made, lake, now=START)
    clear_desks()
    (run,) = evaluate_pack(made, lake, now=minutes(1))
    assert run.whole and run.opened == 0
    assert Finding.objects.count() == 2 == Case.objects.count()


def test_hold_is_over_without_new_data(lake: Lake) -> None:
    made = adopt(pack(rule(hold=span("3m"))))
    (run,) = evaluate_pack(made, lake, now=START)
    assert run.opened == 0 and Standing.objects.count() == 2
    assert evaluate_pack(made, lake, now=minutes(2)) == []
    (run,) = evaluate_pack(made, lake, now=minutes(3))
    assert run.opened == 2 and not run.whole


def test_a_missing_value_is_unknown(lake: Lake) -> None:
    lake.sites(a=None, b=75)
    made = adopt(pack(rule()))
    (run,) = evaluate_pack(made, lake, now=START)
    assert run.counts == {"unknown": 1, "yellow": 1}
    finding = Finding.objects.get(subject='["a"]')
    assert (finding.kind, finding.level) == ("unknown", "unknown")
    assert finding.why["reason"]["code"] == "no_level"
    lake.sites(a=5, b=None)
    evaluate_pack(made, lake, now=minutes(1))
    assert _found() == {'["a"]': ("unknown", "cleared"), '["b"]': ("yellow", "open")}


def test_a_stale_table_is_one_finding_and_judges_nobody(lake: Lake) -> None:
    consumes = (Consumed("site", "site", (), fresh=600), Consumed("pass", "pass", ()))
    made = adopt(pack(rule(), consumes=consumes))
    evaluate_pack(made, lake, now=START)
    (run,) = evaluate_pack(made, lake, now=minutes(11))
    assert run.stale == ("site",) and run.counts == {"unknown": 1}
    finding = Finding.objects.get(kind="unknown")
    assert finding.subject == '{"table": "site"}'
    assert finding.name.startswith("数据 ")  # told by its title, not by its key
    assert finding.why["reason"]["code"] == "stale" and finding.why["reason"]["fresh_s"] == 600
    evaluate_pack(made, lake, now=minutes(12))
    assert Finding.objects.count() == 3 and _found(kind="warning") == {
        '["b"]': ("yellow", "open"), '["c"]': ("red", "open"),
    }  # fmt: skip
    lake.sites(a=10, b=10, c=10, at=minutes(13))
    (run,) = evaluate_pack(made, lake, now=minutes(13))
    assert run.whole and run.cleared == 3
    assert set(Finding.objects.values_list("state", flat=True)) == {"cleared"}


def test_what_may_not_be_read_is_unknown_and_what_fails_is_an_error(lake: Lake) -> None:
    made = adopt(pack(rule(), rule("passed", PASSED, RuleKind.EVENT)))
    lake.failing["site"] = NotAllowed(Text("无授权", "no grant"), Text("申请", "ask"))
    lake.failing["pass"] = Unavailable(Text("网关", "the gateway is away"), Text("稍后", "later"))
    site, passed = evaluate_pack(made, lake, now=START)
    assert site.stale == ("site",) and site.error is None
    assert passed.error is not None and passed.error.en == "the gateway is away"
    assert Finding.objects.get().why["reason"]["code"] == "unreadable"
    lake.failing.clear()
    evaluate_pack(made, lake, now=minutes(1))
    assert Finding.objects.filter(kind="warning", state="open").count() == 2


def test_an_error_of_one_rule_stops_no_other(lake: Lake) -> None:
    bad = rule("bad", "select site, nothing as level from site")
    made = adopt(pack(bad, rule()))
    runs = {run.rule: run for run in evaluate_pack(made, lake, now=START)}
    assert runs["bad"].error is not None and runs["high"].opened == 2
    assert RuleRun.objects.get(rule="bad").error["code"] == "invalid"


def test_a_rule_that_ends_the_worker_stops_no_other(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "Session", partial(Session, deadline_s=1.0))
    slow = rule(
        "a_slow",
        "select cast(sum(a.v * b.v) as varchar) as site, 'none' as level "
        "from generate_series(1, 1000000) as a(v), generate_series(1, 1000000) as b(v), site",
        tables=("site",),
    )
    made = adopt(pack(slow, rule()))
    runs = {run.rule: run for run in evaluate_pack(made, lake, now=START)}
    assert runs["a_slow"].error is not None and runs["high"].opened == 2


def test_dated_parameters(lake: Lake) -> None:
    told = limit(("2020-01-01", "2026-05-06", 70), ("2026-05-07", None, 80))
    made = adopt(pack(rule(), parameters={"limit": told}))
    evaluate_pack(made, lake, now=START)
    assert set(_found(state="open")) == {'["b"]', '["c"]'}
    (run,) = evaluate_pack(made, lake, now=START + timedelta(days=1))
    assert run.whole and set(_found(state="open")) == {'["c"]'}
    none = adopt(pack(rule(), parameters={"limit": limit(("2030-01-01", None, 1))}))
    (run,) = evaluate_pack(none, lake, now=START + timedelta(days=1))
    assert run.error is not None and "has no value" in run.error.en


def test_flapping_goes_on_with_one_finding(lake: Lake) -> None:
    made = adopt(pack(rule(reopen_within=span("1h"))))
    for turn in range(6):
        lake.sites(a=69.9 if turn % 2 else 70.1)
        evaluate_pack(made, lake, now=minutes(turn))
    assert Finding.objects.count() == 1 == Case.objects.count()
    assert Finding.objects.get().times == 3


def test_while_its_case_is_open_a_finding_goes_on(lake: Lake) -> None:
    made = adopt(pack(rule()))
    for turn in range(4):
        lake.sites(a=69.9 if turn % 2 else 70.1)
        evaluate_pack(made, lake, now=minutes(turn))
    assert Finding.objects.count() == 1 == Case.objects.count()


def _pass(number: int, site: str, at: float, weight: float = 20) -> dict[str, Any]:
    return {"id": number, "site": site, "happened_at": minutes(at), "weight": weight}


def test_events_are_found_once_also_when_they_come_late(lake: Lake) -> None:
    made = adopt(pack(rule("passed", PASSED, RuleKind.EVENT)))
    lake.put("pass", [_pass(1, "a", -1), _pass(2, "b", -1, 5)])
    (run,) = evaluate_pack(made, lake, now=START)
    assert run.opened == 1
    lake.put("pass", [*lake.rows["pass"], _pass(3, "a", -30), _pass(4, "c", -40)])
    evaluate_pack(made, lake, now=minutes(5))
    evaluate_pack(made, lake, whole=True, now=minutes(6))
    found = {row.subject: row.times for row in Finding.objects.all()}
    assert found == {'["a"]': 2, '["c"]': 1}
    assert Case.objects.count() == 2


def test_an_event_after_its_case_was_ended_is_found_anew(lake: Lake) -> None:
    made = adopt(pack(rule("passed", PASSED, RuleKind.EVENT)))
    lake.put("pass", [_pass(1, "a", -1)])
    evaluate_pack(made, lake, now=START)
    Case.objects.update(state="closed", live=False, closed_at=minutes(10))
    evaluate_pack(made, lake, whole=True, now=minutes(11))
    assert [(f.state, f.times) for f in Finding.objects.all()] == [("cleared", 1)]
    lake.put("pass", [*lake.rows["pass"], _pass(2, "a", 12)])
    evaluate_pack(made, lake, now=minutes(13))
    assert [f.state for f in Finding.objects.order_by("id")] == ["cleared", "open"]
    assert Case.objects.count() == 2


def test_so_many_events_within_a_time(lake: Lake) -> None:
    often = Often(3, span("1h"))
    made = adopt(pack(rule("passed", PASSED, RuleKind.EVENT, often=often)))
    lake.put("pass", [_pass(1, "a", -100), _pass(2, "a", -20), _pass(3, "a", -10)])
    evaluate_pack(made, lake, now=START)
    assert Finding.objects.count() == 0
    lake.put("pass", [*lake.rows["pass"], _pass(4, "a", 1)])
    evaluate_pack(made, lake, now=minutes(2))
    assert _found() == {'["a"]': ("orange", "open")}


def test_a_rule_that_does_not_apply_finds_nothing(lake: Lake) -> None:
    made = adopt(pack(rule(applies_when="name <> '工地c'")))
    evaluate_pack(made, lake, now=START)
    assert set(_found()) == {'["b"]'}


def test_derived_tables_and_reference_tables(lake: Lake) -> None:
    high = rule(
        "derived",
        "select site, 'red' as level from peak join kind using (site) where top > $limit",
        tables=("peak", "kind"),
    )
    made = pack(
        high,
        datasets={"peak": "select site, max(value) as top from site group by site"},
        tables={"kind": "site,value\nc,1\nb,\n"},
    )
    made = adopt(pack(high, datasets=made.datasets, tables=made.tables,
                      contracts={**made.contracts, "kind": made.contracts["site"]}))  # fmt: skip
    evaluate_pack(made, lake, now=START)
    assert set(_found()) == {'["b"]', '["c"]'}
    lake.sites(a=10, b=75, c=1)
    (run,) = evaluate_pack(made, lake, now=minutes(1))
    assert run.whole
