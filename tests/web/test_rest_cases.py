"""Cases for programs: the same rules as on the pages, told as JSON and problem documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from openapi_spec_validator import validate

from duokua.cli.case import case as command
from duokua.identity.models import User
from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import follow
from duokua.loop.facade import acting
from duokua.loop.models import Ruleset
from loop_world import ALONE, NOW, PACK, adopt, answers, case_of, found, settle, with_playbook

BARE = with_playbook(replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=()),)))


@pytest.fixture(autouse=True)
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settle(BARE)
    follow([found(), found('["S2"]', Level.BLUE)], pack=BARE, now=NOW)
    says = answers(Level.NONE)
    monkeypatch.setattr(acting, "ask_again", lambda case, *, now: says(case, now))
    yield


def browser(name: str) -> Client:
    """Return a browser in which somebody is signed in."""
    made = Client()
    made.force_login(User.objects.get(username=name))
    return made


def post(who: Client, path: str, body: Any) -> Any:
    return who.post(path, json.dumps(body), content_type="application/json")


def test_list_read_act() -> None:
    who = browser("fixer")
    told = who.get("/api/v1/cases").json()
    assert [row["level"] for row in told["cases"]] == ["red", "blue"] and told["next"] is None
    first = who.get("/api/v1/cases?limit=1").json()
    assert len(first["cases"]) == 1
    second = who.get("/api/v1/cases", {"limit": 1, "after": first["next"]}).json()
    assert [row["level"] for row in second["cases"]] == ["blue"] and second["next"] is None
    path = f"/api/v1/cases/{case_of().number}"
    whole = who.get(path).json()
    assert whole["title"] == {"zh": "工地风险", "en": "A site at risk"}
    [task] = whole["tasks"]
    seen = {"task": task["id"], "revision": task["revision"]}
    done = post(who, f"{path}/accept", seen)
    assert done.status_code == 200 and done.json()["state"] == "accepted"
    again = post(who, f"{path}/control", seen)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert "fixer" in again.json()["title"]


@pytest.mark.parametrize("path", ["", "/accept"])
def test_who_may_not_know_of_it_is_told_nothing(path: str) -> None:
    where = f"/api/v1/cases/{case_of().number}{path}"
    for name in ("stranger", "steward"):
        who = browser(name)
        answer = post(who, where, {"task": 1}) if path else who.get(where)
        assert answer.status_code == 404
        assert who.get("/api/v1/cases").json()["cases"] == []
    assert Client().get("/api/v1/cases").status_code == 401


@pytest.mark.parametrize(
    "body",
    [{"task": "x"}, {"task": True}, {"revision": -1}, {"text": 1}, {"fields": []}, {"odd": 1},
     {"fields": {"a": 1}}, {"fields": {"a": "\0"}}, {"text": "x" * 3000}, []],
)  # fmt: skip
def test_what_is_wrong_is_told_by_pointer(body: Any) -> None:
    answer = post(browser("fixer"), f"/api/v1/cases/{case_of().number}/comment", body)
    assert answer.status_code == 422 and answer.json()["errors"]


def test_whoever_may_not_is_told_so() -> None:
    path = f"/api/v1/cases/{case_of().number}"
    answer = post(browser("auditor"), f"{path}/false_alarm", {"text": "误报"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert post(browser("chief"), f"{path}/explode", {}).status_code == 422
    assert browser("fixer").get(f"{path}/accept").status_code == 405


@pytest.mark.parametrize("after", ["x", "W10", "WyJ4IiwieCJd", "WzEsMl0"])
@pytest.mark.parametrize("sort", ["due", "level", "changed", "odd"])
def test_a_mark_that_nobody_gave_out_begins_at_the_beginning(after: str, sort: str) -> None:
    answer = browser("fixer").get("/api/v1/cases", {"after": after, "sort": sort})
    assert len(answer.json()["cases"]) == 2


@pytest.mark.parametrize("sort", ["due", "level", "changed"])
def test_pages_show_every_case_once(sort: str) -> None:
    more = [found(f'["T{n}"]', (Level.RED, Level.BLUE, Level.ORANGE)[n % 3]) for n in range(11)]
    follow(more, pack=BARE, now=NOW)
    who, seen, after = browser("fixer"), [], ""
    while after is not None:
        told = who.get("/api/v1/cases", {"limit": 3, "sort": sort, "after": after}).json()
        seen += [row["number"] for row in told["cases"]]
        after = told["next"]
    assert len(seen) == len(set(seen)) == 13


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"level": "red"}, 1), ({"state": "dispatched"}, 2), ({"state": "closed"}, 0), ({"mine": 1}, 0),
     ({"team": 1}, 2), ({"verify": 1}, 0), ({"overdue": 1}, 2), ({"q": "S2"}, 1),
     ({"q": "TEST_SITE-20260506-0001"}, 1), ({"pack": "none"}, 0), ({"department": "works"}, 2)],
)  # fmt: skip
def test_lists_are_narrowed(asked: dict[str, Any], count: int) -> None:
    assert len(browser("fixer").get("/api/v1/cases", asked).json()["cases"]) == count


def test_the_document_tells_of_cases() -> None:
    told = browser("fixer").get("/api/v1/openapi.json").json()
    validate(told)
    assert "/api/v1/cases/{number}/{verb}" in told["paths"]


def test_the_console_lists_shows_and_acts() -> None:
    number = case_of().number
    run = CliRunner().invoke
    listed = run(command, ["list", "--as", "fixer", "--json"])
    assert listed.exit_code == 0 and json.loads(listed.output)[0]["number"] == number
    assert number in run(command, ["list", "--as", "fixer"]).output
    task = str(case_of().id and json.loads(listed.output)[0]["task"])
    done = run(command, ["act", number, "accept", "--as", "fixer", "--task", task])
    assert done.exit_code == 0 and "control" in done.output
    shown = run(command, ["show", number, "--as", "owner", "--json"])
    assert json.loads(shown.output)["state"] == "accepted"
    assert run(command, ["show", number, "--as", "nobody"]).exit_code != 0
    assert run(command, ["show", number, "--as", "stranger"]).exit_code != 0


def test_another_version_of_the_pack_leaves_open_cases_as_they_are() -> None:
    Ruleset.objects.update(active=False)
    adopt(replace(BARE, manifest=replace(PACK.manifest, version="2.0.0"), playbooks={}))
    told = browser("fixer").get(f"/api/v1/cases/{case_of().number}").json()
    assert told["version"] == "1.0.0" and told["playbook_title"]["en"] == "Stop work"
