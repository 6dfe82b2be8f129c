"""Resources and grants for programs: the same rules as on the pages, told as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from duokua.store import facade as store
from duokua.store.actions import provision
from duokua.store.models import Request
from duokua.store.states.request import RequestState
from granted import CRANES, agreed, land
from store_world import NOW, put_on_show, register

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]


@pytest.fixture
def used(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Request]:
    """A grant of department a that department b uses."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    contract = register("dept_a")
    put_on_show(contract)
    land(contract, tmp_path)
    row = agreed("crew_list", department="dept_b", by="developer_b", row_filter=CRANES)
    provision.start(row, by="steward_a", now=NOW)
    assert provision.carry_out(row.id, by="store", now=NOW) == RequestState.IN_USE
    return row


def act(browser: Client, request: str, verb: str, body: Any = None) -> Any:
    return browser.post(
        f"/api/v1/grants/{request}/{verb}", json.dumps(body or {}), content_type="application/json"
    )


def test_resources_are_found_narrowed_and_read(used: Request, sign_in: Browser) -> None:
    store.reindex(NOW)
    browser = sign_in("developer_b")
    found = browser.get("/api/v1/resources?q=班组").json()
    assert [row["id"] for row in found["resources"]] == ["crew"]
    assert (found["total"], found["page"], found["pages"], found["loose"]) == (1, 1, 1, False)
    assert browser.get("/api/v1/resources?owner=dept_b").json()["resources"] == []
    one = browser.get("/api/v1/resources/crew").json()
    assert (one["id"], one["owner"], one["state"]) == ("crew", "dept_a", "published")
    assert "crew_list" in {each["id"] for each in one["interfaces"]}
    trade = next(item for item in one["items"] if item["name"] == "trade")
    assert trade["title"].keys() == {"zh", "en"}
    assert trade["level"] in ("L1", "L2", "L3")
    assert browser.get("/api/v1/resources/nowhere").json()["code"] == "not_found"


def test_a_wrong_question_still_finds(used: Request, sign_in: Browser) -> None:
    told = sign_in("developer_b").get("/api/v1/resources?sort=none&page=x&level=L9&q=%00")
    assert told.status_code == 200


def test_both_sides_see_the_grant_and_who_may_not_does_not(used: Request, sign_in: Browser) -> None:
    mine, ours = sign_in("developer_b"), sign_in("steward_a")
    assert [row["request"] for row in mine.get("/api/v1/grants").json()["grants"]] == [used.id]
    assert ours.get("/api/v1/grants").json() == {"grants": [], "next": None}
    told = ours.get("/api/v1/grants?whose=ours").json()["grants"]
    assert [(row["request"], row["probe_passed"]) for row in told] == [(used.id, True)]
    assert mine.get("/api/v1/grants?whose=ours").status_code == 403
    one = ours.get(f"/api/v1/grants/{used.id}").json()
    assert (one["state"], one["may"]) == ("in_use", ["revoke", "suspend"])
    assert [probe["passed"] for probe in one["probes"]] == [True]


def test_the_owner_suspends_resumes_and_revokes(used: Request, sign_in: Browser) -> None:
    browser = sign_in("steward_a")
    assert act(browser, used.id, "suspend").status_code == 422  # without a reason
    for verb, state in (("suspend", "suspended"), ("resume", "in_use"), ("revoke", "revoked")):
        told = act(browser, used.id, verb, {"reason": "核对用途"})
        assert (told.status_code, told.json()["state"], told.json()["probed"]) == (200, state, True)
    assert act(browser, used.id, "suspend", {"reason": "again"}).status_code == 409


def test_the_user_renews_and_gives_back(used: Request, sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    made = act(browser, used.id, "renew")
    assert (made.status_code, made.headers["Location"]) == (
        201, f"/api/v1/requests/{made.json()['id']}",
    )  # fmt: skip
    assert browser.get(made.headers["Location"]).json()["state"] == "draft"
    assert act(browser, used.id, "give_back").json()["state"] == "given_back"


@pytest.mark.parametrize(
    ("who", "verb", "body", "status"),
    [
        ("developer_b", "revoke", {"reason": "x"}, 403),
        ("steward_a", "give_back", {}, 403),
        ("steward_a", "destroy", {"reason": "x"}, 422),
        ("steward_a", "revoke", {"reason": 3}, 422),
        ("steward_a", "revoke", {"reason": "x", "force": True}, 422),
        ("steward_a", "revoke", {"reason": "a\0b"}, 422),
        ("auditor_c", "revoke", {"reason": "x"}, 403),
    ],
)
def test_what_is_wrong_or_not_theirs_changes_nothing(
    used: Request, sign_in: Browser, who: str, verb: str, body: Any, status: int
) -> None:
    answer = act(sign_in(who), used.id, verb, body)
    assert answer.status_code == status, answer.content
    used.refresh_from_db()
    assert used.state == RequestState.IN_USE


def test_strangers_learn_nothing(used: Request, sign_in: Browser) -> None:
    from duokua.identity import facade as identity

    identity.ensure_person("steward_x", "a long password here", "x", "x", "dept_c", "steward")
    browser = sign_in("steward_x")
    assert browser.get(f"/api/v1/grants/{used.id}").status_code == 404
    assert act(browser, used.id, "destroy").status_code == 404
    assert browser.get("/api/v1/grants?whose=ours").json()["grants"] == []


def test_the_description_names_every_path(used: Request, sign_in: Browser) -> None:
    document = sign_in("developer_b").get("/api/v1/openapi.json").json()
    validate(document)
    assert {
        "/api/v1/resources", "/api/v1/resources/{listing_id}", "/api/v1/grants",
        "/api/v1/grants/{request_id}", "/api/v1/grants/{request_id}/{verb}",
    } <= document["paths"].keys()  # fmt: skip
