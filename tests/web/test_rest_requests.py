"""Requests for programs: the same rules as on the pages, told as JSON and problem documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from duokua.exchange import facade as exchange
from duokua.store.models import Request
from store_world import NOW, put_on_show, register

Browser = Callable[..., Client]
NEW = {
    "listing": "crew", "product": "crew_check", "client": "counter", "question": "fact",
    "purpose": "持证核查", "explanation": "窗口办件时核对是否持证上岗", "basis": "安全生产法第三十条",
    "scenario": "政务窗口", "without": "只能请当事人自行举证", "disposal": "不留存数据",
    "columns": ["trade"], "duty": True, "quota": {"calls_per_day": 100},
}  # fmt: skip


@pytest.fixture(autouse=True)
def resource(db: None) -> None:
    put_on_show(register("dept_a"))
    exchange.create_client(
        title="窗口", department="dept_b", by="developer_b", now=NOW, client_id="counter"
    )


def post(browser: Client, path: str, body: Any) -> Any:
    return browser.post(path, json.dumps(body), content_type="application/json")


def test_draft_read_list_submit(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    made = post(browser, "/api/v1/requests", NEW)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["missing"], told["ask"]["columns"]) == ("draft", [], ["trade"])
    assert browser.get(made.headers["Location"]).json()["id"] == told["id"]
    listed = browser.get("/api/v1/requests?group=drafts").json()
    assert [row["id"] for row in listed["requests"]] == [told["id"]]
    sent = post(browser, f"{made.headers['Location']}/submit", {})
    assert (sent.status_code, sent.json()["state"]) == (200, "signoff")
    again = post(browser, f"{made.headers['Location']}/submit", {})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert sign_in("steward_a").get(made.headers["Location"]).status_code == 200


def test_an_incomplete_one_is_told_by_pointer(sign_in: Browser) -> None:
    browser = sign_in("developer_b", "en")
    made = post(browser, "/api/v1/requests", {"listing": "crew"})
    sent = post(browser, f"{made.headers['Location']}/submit", {})
    assert sent.status_code == 422
    assert sent.headers["Content-Type"] == "application/problem+json"
    assert {"/purpose", "/basis", "/duty"} <= {each["pointer"] for each in sent.json()["errors"]}


@pytest.mark.parametrize(
    "body",
    [
        [], "x", None, {"listing": 1}, {"listing": "crew", "more": ["x"]}, {},
        {**NEW, "columns": "trade"}, {**NEW, "columns": [1]}, {**NEW, "quota": {"calls": 1}},
        {**NEW, "quota": {"calls_per_day": 0}}, {**NEW, "quota": {"calls_per_day": True}},
        {**NEW, "quota": []}, {**NEW, "valid_until": "tomorrow"}, {**NEW, "valid_until": 3},
        {**NEW, "duty": "yes"}, {**NEW, "state": "in_use"}, {**NEW, "purpose": "a\0b"},
        {**NEW, "basis": "x" * 9999},
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused(sign_in: Browser, body: Any) -> None:
    answer = post(sign_in("developer_b"), "/api/v1/requests", body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert not Request.objects.exists()


def test_who_may_not_see_gets_nothing(sign_in: Browser) -> None:
    made = post(sign_in("developer_b"), "/api/v1/requests", NEW)
    for name in ("steward_a", "bureau_a", "auditor_c"):
        assert sign_in(name).get(made.headers["Location"]).status_code == 404
        assert sign_in(name).get("/api/v1/requests").json()["total"] == 0
    answer = Client().get("/api/v1/requests")
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
    assert post(sign_in("developer_b"), "/api/v1/requests", {"listing": "no"}).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in("developer_b").cookies
    assert post(strict, "/api/v1/requests", NEW).status_code == 403
    assert sign_in("developer_b").delete("/api/v1/requests").status_code == 405


def test_the_description_is_openapi(sign_in: Browser) -> None:
    described = sign_in("developer_b").get("/api/v1/openapi.json").json()
    validate(described)
    assert set(described["paths"]) == {
        "/api/v1/requests", "/api/v1/requests/{request_id}",
        "/api/v1/requests/{request_id}/submit", "/api/v1/openapi.json", "/api/v1/cases",
        "/api/v1/cases/{number}", "/api/v1/cases/{number}/{verb}", "/api/v1/packs",
        "/api/v1/cases/{number}/evidence", "/api/v1/cases/{number}/evidence/{evidence_id}",
        "/api/v1/packs/{pack_id}", "/api/v1/resources", "/api/v1/resources/{listing_id}",
        "/api/v1/grants", "/api/v1/grants/{request_id}",
        "/api/v1/grants/{request_id}/{verb}",
    }  # fmt: skip
