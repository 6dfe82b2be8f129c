"""The short cookie of a try: for the own department's live grants only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from duokua.exchange import facade as exchange

PATH = "/store/interfaces/worker_by_id/try"
Browser = Callable[..., Client]


@pytest.fixture
def grant(db: None) -> str:
    return exchange.grants(interface="worker_by_id")[0].grant.id


def test_the_cookie_is_short_and_narrow(sign_in: Browser, grant: str) -> None:
    answer = sign_in("developer_b").post(PATH, {"grant": grant})
    assert answer.status_code == 200
    cookie = answer.cookies["duokua_try"]
    assert cookie["path"] == "/data"
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert 0 < int(cookie["max-age"]) <= 300
    assert not cookie["secure"]


def test_over_https_the_cookie_is_secure(sign_in: Browser, grant: str) -> None:
    answer = sign_in("developer_b").post(
        PATH, {"grant": grant}, headers={"X-Forwarded-Proto": "https"}
    )
    assert answer.cookies["duokua_try"]["secure"]
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize("person", ["steward_a", "bureau_a", "auditor_c"])
def test_another_department_gets_none(sign_in: Browser, grant: str, person: str) -> None:
    answer = sign_in(person).post(PATH, {"grant": grant})
    assert answer.status_code == 404
    assert "duokua_try" not in answer.cookies


@pytest.mark.parametrize("path", ["/store/interfaces/air_now/try", "/store/interfaces/nope/try"])
def test_a_grant_of_another_interface_gets_none(sign_in: Browser, grant: str, path: str) -> None:
    assert sign_in("developer_b").post(path, {"grant": grant}).status_code == 404


def test_it_is_never_given_for_the_asking(sign_in: Browser, grant: str) -> None:
    answer = sign_in("developer_b").get(f"{PATH}?grant={grant}")
    assert answer.status_code == 405
    assert "duokua_try" not in answer.cookies


def test_the_page_shows_what_my_grant_leaves(sign_in: Browser) -> None:
    context = sign_in("developer_b").get("/store/interfaces/worker_by_id/").context
    shown = {row.column.name: (row.granted, row.masked) for row in context["columns"]}
    assert shown == {"worker_id": (True, False), "phone": (True, True), "trade": (False, False)}
    assert [meter.left for meter in context["grants"][0].meters] == [1000]


def test_only_the_owner_and_reviewers_see_who_may_call(sign_in: Browser) -> None:
    path = "/store/interfaces/worker_by_id/"
    given = {
        person: sign_in(person).get(path).context["given"]
        for person in ("steward_a", "bureau_a", "auditor_c", "developer_b")
    }
    assert given["developer_b"] is None
    assert [len(given[person]) for person in ("steward_a", "bureau_a", "auditor_c")] == [1, 1, 1]
