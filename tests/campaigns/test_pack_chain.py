"""The whole chain once: a pack is installed, its data come in, a rule finds, a case stands and ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel import clock, environment
from duokua.loop.facade import acting, cases, rules, scenarios
from duokua.pack import facade
from duokua.project.demo.scenarios import gateway
from pack_world import land, lift, lifts, serve, settle
from scenario_packs import files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.campaign]
PEOPLE = {
    "inspector": ("market_supervision", "handler"),
    "other": ("market_supervision", "handler"),
    "chief": ("market_supervision", "head"),
    "command": ("district_office", "command"),
}


@pytest.fixture
def running(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A home of its own: the gateway reads a ledger that other tests fill as it suits them.
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settle()
    for name, (place, role) in PEOPLE.items():
        identity.ensure_person(name, "a long password", "某", name, place, role)
    with gateway(environment.read()):
        yield
    scenarios.close_workers()


def person(name: str) -> Person:
    place, role = PEOPLE[name]
    found = identity.people_with(Role(role), place, clock.now(), delegated=False)
    return next(each for each in found if each.username == name)


def test_from_the_folder_to_the_end_of_a_case(running: None) -> None:
    now = clock.now()
    today = clock.district_day(now)
    serve("demo_lift", "special_equipment", "special_equipment_list", lifts(today), now)
    told = files("demo_lift")
    # A case whose proof needs no photo: what photos are is another test's.
    book = told["playbooks/late_inspection.yaml"].replace("kind: photo", "kind: note")
    assert facade.install(
        {**told, "playbooks/late_inspection.yaml": book}, by="me", now=now
    ).changed

    (run,) = rules.evaluate("demo_lift", whole=True, now=now)
    assert run.error is None
    page = cases.page(person("command"), {"pack": "demo_lift"}, now=now)
    by_level = sorted(row.level for row in page.rows)
    assert by_level == ["blue"] * 2 + ["orange"] * 3 + ["red"] * 2 + ["yellow"] * 2
    (state,) = facade.rule_states("demo_lift", now=now)
    assert (state.standing, state.open) == ("ran", 9)

    orange = next(row for row in page.rows if row.level == "orange")
    number, key = orange.number, orange.subject
    (task,) = cases.case(number, person("inspector"), now=now).tasks
    for verb in ("accept", "control"):
        acting.act(number, verb, person("inspector"), task=task.id, now=now)
    from duokua.loop.facade import evidence

    notice = {"equipment_no": key.strip('[]"'), "stopped_on": today.isoformat()}
    for ask, body in (("proof", {"text": "已检验"}), ("notice", notice)):
        evidence.give(
            number, task.id, ask=ask, upload=None, body=body, person=person("inspector"), now=now
        )
    acting.act(number, "dispose", person("inspector"), task=task.id, text="已检验", now=now)
    again = acting.act(number, "verify", person("other"), text="核对", now=now)
    assert again.row.state != "verified"  # the rule still fires: the case began again

    due = int(key.strip('[]"').removeprefix("T"))
    land("special_equipment", [lift(due, today.replace(year=today.year + 2))], "inspected", now)
    (task,) = cases.case(number, person("inspector"), now=now).tasks
    for verb in ("accept", "control", "dispose"):
        acting.act(number, verb, person("inspector"), task=task.id, text="已检验合格", now=now)
    acting.act(number, "verify", person("other"), text="核对", now=now)
    closed = acting.act(number, "close", person("chief"), text="闭环", now=now)
    assert closed.row.state == "closed"

    found = scenarios.scenario("demo_lift", person("chief"))
    rate = next(e for e in scenarios.figures(found, now=now) if e.indicator.id == "closed_loop")
    assert (rate.numerator, rate.denominator) == (1, 9)
    share = next(e for e in scenarios.figures(found, now=now) if e.indicator.id == "in_date")
    assert share.value is not None
    assert share.receipts  # read as the pack's program, with a receipt

    facade.remove("demo_lift", by="me", now=now)
    assert cases.case(number, person("command"), now=now).row.state == "closed"  # cases stay
    with pytest.raises(Exception, match="no"):
        rules.evaluate("demo_lift", now=now)


def test_sentences_of_the_packs_hold() -> None:
    from duokua.lang.scenario.reading import read_pack

    for name in ("demo_lift", "demo_dust"):
        results = rules.check_sentences(read_pack(files(name)))
        assert results
        assert [each for each in results if not each.passed] == []
