"""A rule's file: what it declares, and everything that may be wrong with it, by file and line."""

from __future__ import annotations

import pytest

from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.parameter import Mark
from duokua.lang.scenario.rule import Baseline, Often, Rule, RuleKind
from duokua.lang.scenario.rule_file import read_rule
from duokua.lang.scenario.span import Span

TABLES = {
    "gate_event": {
        "site_id": Kind.STRING, "worker_id": Kind.STRING, "entered_at": Kind.TIMESTAMP,
        "lon": Kind.NUMBER, "lat": Kind.NUMBER, "n": Kind.INTEGER, "name": Kind.STRING,
    },
    "certificate": {"worker_id": Kind.STRING, "expires_on": Kind.DATE},
}  # fmt: skip
WHOLE = """/*
title: {zh: 无有效证书入场, en: On site without a valid certificate}
kind: event
basis:
  - {text: {zh: 条例第二十五条, en: Art. 25}, source: State Council order 393, mark: M}
subject: [site_id, worker_id]
occurred_at: entered_at
every: 15m
window: 1d
hold: 3m
clear_hold: 9m
often: {times: 3, within: 8h}
reopen_within: 90d
applies_when: name <> 'visitor' and days < $grace_days
name: name
department: name
place: [lon, lat]
show: [days]
baseline: {table: gate_event, subject: [site_id], at: entered_at, value: n, slot: 15m, days: 28}
playbook: stop_work
ref: A07
*/
-- who came in
select e.site_id, e.worker_id, e.entered_at, e.lon, e.lat, e.name,
       max(c.expires_on) - $today as days,
       case when max(c.expires_on) is null then 'red' else 'yellow' end as level
from gate_event e
left join certificate c using (worker_id)
join baseline_gate_event b on b.site_id = e.site_id and e.n > b.median + 3 * b.mad
where e.entered_at >= $since and e.entered_at < $until
group by all
"""


def read(text: str, file: str = "rules/expired.sql") -> tuple[Rule | None, list[str]]:
    """The rule, and ``line: what`` of each fault."""
    faults = Faults()
    rule = read_rule(
        text, file=file, tables=TABLES, parameters={"grace_days"}, playbooks={"stop_work", "look"},
        faults=faults,
    )  # fmt: skip
    for each in faults.found:
        assert each.where.startswith(f"{file}:")
        assert each.what.zh and each.mend.zh and each.mend.en
    return rule, [f"{each.where.partition(':')[2]}: {each.what.en}" for each in faults.found]


def test_everything_that_a_rule_may_say() -> None:
    rule, told = read(WHOLE)
    assert told == []
    assert rule is not None
    assert (rule.id, rule.kind, rule.playbook, rule.ref) == (
        "expired", RuleKind.EVENT, "stop_work", "A07",
    )  # fmt: skip
    assert rule.title.en == "On site without a valid certificate"
    assert [(each.source, each.mark) for each in rule.basis] == [
        ("State Council order 393", Mark.UNVERIFIED)
    ]
    assert rule.subject == ("site_id", "worker_id")
    assert rule.occurred_at == "entered_at"
    assert (rule.every, rule.window) == (Span(15, "m"), Span(1, "d"))
    assert (rule.hold, rule.clear_hold, rule.reopen_within) == (
        Span(3, "m"), Span(9, "m"), Span(90, "d"),
    )  # fmt: skip
    assert rule.often == Often(3, Span(8, "h"))
    assert rule.baseline == Baseline(
        "gate_event", ("site_id",), "entered_at", "n", Span(15, "m"), 28
    )
    assert rule.applies_when == "name <> 'visitor' AND days < $grace_days"
    assert (rule.name, rule.department, rule.place) == ("name", "name", ("lon", "lat"))
    assert rule.show == ("days",)
    assert rule.tables == ("baseline_gate_event", "certificate", "gate_event")
    assert rule.parameters == ("grace_days",)  # named by its condition only
    assert rule.columns == (
        "site_id", "worker_id", "entered_at", "lon", "lat", "name", "days", "level",
    )  # fmt: skip
    assert rule.levels == ("red", "yellow")
    assert rule.sql.startswith("-- who came in")
    assert rule.query.startswith("SELECT e.site_id")
    assert rule.lines["playbook"] == 20


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title: {zh: 无有效证书入场, en: On site without a valid certificate}", "title: 证书",
         "2: 'title' needs zh and en"),
        ("kind: event", "kind: alarm", "3: 'kind' has to be state or event"),
        ("mark: M", "mark: X", "5: 'mark' has to be V, S, M or P"),
        ("source: State Council order 393", "source: ''", "5: 'source' has to be text"),
        ("basis:\n  - {text: {zh: 条例第二十五条, en: Art. 25}, source: State Council order 393, mark: M}",
         "basis: []\n#", "4: 'basis' has to be a list"),
        ("subject: [site_id, worker_id]", "subject: [site_id, worker]",
         "6: the output has no column worker"),
        ("subject: [site_id, worker_id]", "subject: []", "6: 'subject' has to be a list of columns"),
        ("subject: [site_id, worker_id]", "subject: [site_id, site_id]",
         "6: 'subject' names a column twice"),
        ("occurred_at: entered_at", "occurred_at: name", "7: the column name has to be timestamp"),
        ("occurred_at: entered_at", "occurred_at: entered", "7: the output has no column entered"),
        ("occurred_at: entered_at\n", "# none\n", "2: 'occurred_at' is needed by an event rule"),
        ("every: 15m", "every: 15", "8: 'every' has to be a span"),
        ("every: 15m", "every: 0s", "8: 'every' has to be above zero"),
        ("every: 15m", "every: 5wd", "8: 'every' has to be a span"),
        ("every: 15m", "every: 0 5 * * 1", "8: 'every' may not be cron"),
        ("every: 15m", "every: */15 * * * *", "8: */ ends the front matter"),
        ("every: 15m", 'every: "*/15 * * * *"', "8: */ ends the front matter"),
        ("window: 1d", "window: day", "9: 'window' has to be a span"),
        ("times: 3", "times: 1", "12: 'times' has to be a whole number"),
        ("within: 8h", "with: 8h", "12: 'with' is no key that is known"),
        ("kind: event", "kind: state", "12: 'often' is for event rules only"),
        ("days < $grace_days", "nothing < 1", "14: there is no column nothing"),
        ("days < $grace_days", "days < $grace", "14: $grace is no known parameter"),
        ("days < $grace_days", "exists (select 1)", "14: a condition has no query in it"),
        ("name: name", "name: title", "15: the output has no column title"),
        ("place: [lon, lat]", "place: [lon]", "17: 'place' has to be the columns of lon and lat"),
        ("place: [lon, lat]", "place: [lon, name]", "17: the column name has to be number"),
        ("show: [days]", "show: [weeks]", "18: the output has no column weeks"),
        ("table: gate_event, subject", "table: gates, subject", "19: 'table' there is no table gates"),
        ("value: n, slot", "value: name, slot", "19: 'value' gate_event needs the column name number"),
        ("slot: 15m", "slot: 7m", "19: 'slot' has to divide a day"),
        ("days: 28}", "days: 0}", "19: 'days' has to be 1 to"),
        ("playbook: stop_work", "playbook: stop", "20: there is no playbook stop"),
        ("playbook: stop_work", "play: stop_work", "20: 'play' is no key"),
        ("when max(c.expires_on) is null then 'red'", "when true then 'crimson'",
         "26: 'crimson' is no level"),
        ("end as level", "end as grade", "23: the output has no column level"),
        ("from gate_event e", "from gates e", "27: gates may not be read"),
        ("e.lat, e.name", "e.lat, e.nam", "24: there is no column e.nam"),
        ("< $until", "< $later", "30: $later is no known parameter"),
        ("group by all", "group by all; drop table gate_event", "24: it has to be exactly one"),
        ("/*\ntitle", "/*\n!!python/name:os.system\ntitle", "2: a tag (!) is not allowed"),
    ],
)  # fmt: skip
def test_what_may_be_wrong(old: str, new: str, fault: str) -> None:
    assert old in WHOLE
    rule, told = read(WHOLE.replace(old, new, 1))
    assert rule is None
    assert any(each.startswith(fault) for each in told), told


def test_all_faults_at_once() -> None:
    text = WHOLE.replace("kind: event", "kind: x").replace("playbook: stop_work", "playbook: y")
    text = text.replace("from gate_event e", "from gates e")
    _, told = read(text)
    assert [each.partition(":")[0] for each in told] == ["27", "3", "20"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("select 1 as level", "1: has no front matter"),
        ("", "1: has no front matter"),
        ("/* title: x", "1: has no front matter"),
        ("-- title: x\nselect 1", "1: has no front matter"),
        ("/*\ntitle: [\n*/ select 1 as level", "3: not YAML"),
    ],
)
def test_without_front_matter(text: str, fault: str) -> None:
    rule, told = read(text)
    assert rule is None
    assert any(each.startswith(fault) for each in told), told


def test_the_name_of_the_file_is_the_rule() -> None:
    assert read(WHOLE, "rules/Expired.sql")[1] == ["1: 'Expired' is no name for a rule"]


def test_lines_of_windows_count_as_lines() -> None:
    rule, told = read(WHOLE.replace("\n", "\r\n"))
    assert told == []
    assert rule is not None
    assert read(WHOLE.replace("from gate_event e", "from gates e").replace("\n", "\r\n"))[1] == [
        "27: gates may not be read"
    ]
