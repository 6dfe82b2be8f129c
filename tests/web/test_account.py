"""A person's own account: password, sign-ins, end of every session, what is owed first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
from django.test import Client

from duokua.identity.models import SignIn, User
from duokua.kernel import clock, environment
from people import PASSWORD
from web.test_second_step import seed_of
from web.test_sign_in import Hands, hands, quick  # noqa: F401 - fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]
Browser = Callable[..., Client]
PAGE, FRESH = "/me/password/", "quiet river under bridges"


def change(
    browser: Client, old: str = PASSWORD, fresh: str = FRESH, again: str | None = None
) -> int:
    told = {"old": old, "fresh": fresh, "again": fresh if again is None else again}
    return browser.post(PAGE, told).status_code


def test_a_new_password_ends_every_other_session(sign_in: Browser) -> None:
    here, there = sign_in("steward_a"), sign_in("steward_a")
    assert there.get("/me/").status_code == 200
    assert change(here) == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    told = {"username": "steward_a", "password": FRESH}
    assert Client().post("/sign-in/", told).status_code == 302


@pytest.mark.parametrize(
    "fresh",
    ["", "short", PASSWORD, "1234567890123", "password123", "steward_a12"],
)
def test_a_weak_password_is_refused(sign_in: Browser, fresh: str) -> None:
    browser = sign_in("steward_a", "en")
    before = User.objects.get(username="steward_a").password
    assert change(browser, fresh=fresh) == 422
    assert User.objects.get(username="steward_a").password == before


@pytest.mark.parametrize(
    ("fresh", "told"),
    [
        ("short", "密码太短"), ("1234567890123", "不能只有数字"), ("password123", "常用密码"),
        ("steward_a12", "过于相似"),
    ],
)  # fmt: skip
def test_what_makes_it_weak_is_said_in_chinese(sign_in: Browser, fresh: str, told: str) -> None:
    form = {"old": PASSWORD, "fresh": fresh, "again": fresh}
    page = sign_in("steward_a").post("/me/password/", form).content.decode()
    assert told in page and "This password" not in page and "The password" not in page


def test_two_that_differ_and_a_wrong_old_one(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    browser = sign_in("steward_a")
    assert change(browser, again="something else") == 422
    assert [change(browser, old="wrong") for _ in range(7)] == [422] * 5 + [429] * 2
    assert change(browser) == 429  # also the right one has to wait
    hands.turn(901)
    assert change(browser) == 302


def test_sign_out_everywhere_else(sign_in: Browser) -> None:
    here, there = sign_in("steward_a"), sign_in("steward_a")
    assert here.post("/me/sign-out-everywhere/").status_code == 302
    assert (here.get("/me/").status_code, there.get("/me/").status_code) == (200, 302)
    again = sign_in("steward_a")
    assert here.post("/me/sign-out-everywhere/").status_code == 302
    assert (here.get("/me/").status_code, again.get("/me/").status_code) == (200, 302)


@pytest.fixture
def visited() -> Iterator[None]:
    SignIn.objects.all().delete()
    now = clock.now()
    for hour in range(120):
        at = now - timedelta(hours=hour)
        SignIn.objects.create(username="steward_a", address="10.0.0.1", at=at, granted=True)
    SignIn.objects.create(
        username="steward_a", address="10.0.0.1", at=now - timedelta(days=400), granted=True
    )
    SignIn.objects.create(username="bureau_a", address="10.9.9.9", at=now, granted=True)
    yield


@pytest.mark.usefixtures("visited")
def test_sign_ins_by_page_and_as_a_file(sign_in: Browser) -> None:
    browser, seen, path = sign_in("steward_a", "en"), 0, "/me/sign-ins/"
    while path:
        answer = browser.get(path)
        seen += len(answer.context["visits"])
        more = answer.context["more"]
        path = f"/me/sign-ins/?before={more}" if more else ""
    assert seen == 120
    told = json.loads(browser.get("/me/sign-ins/?format=json").content)["sign_ins"]
    assert len(told) == 120 and {each["address"] for each in told} == {"10.0.0.1"}
    lines = browser.get("/me/sign-ins/?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "at,address,granted,way" and len(lines) == 121
    for odd in ("x", "-1", "９", "9" * 30):
        assert browser.get("/me/sign-ins/", {"before": odd}).status_code == 200


def test_the_door_says_why_an_idle_session_ended(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    browser = sign_in("steward_a", "en")
    browser.get("/me/")
    hands.turn(31 * 60)
    answer = browser.get("/me/", follow=True)
    assert "You were signed out: no page was opened for 30 minutes." in answer.content.decode()
    assert "You were signed out:" not in browser.get("/sign-in/").content.decode()


def test_a_guarded_role_sets_up_its_second_step_first(hands: Hands) -> None:  # noqa: F811
    browser = Client()
    told = {"username": "bureau_a", "password": PASSWORD}
    assert browser.post("/sign-in/", told).status_code == 302
    for path in ("/", "/me/", "/store/datasets/", "/me/password/", "/nowhere/"):
        assert browser.get(path)["Location"] == "/me/second-step/"
    seed = seed_of(browser)
    told = {"act": "confirm", "code": pyotp.TOTP(seed).at(hands.now)}
    assert browser.post("/me/second-step/", told).status_code == 200
    assert browser.get("/me/").status_code == 200
    hands.turn(30)
    told = {"act": "off", "code": pyotp.TOTP(seed).at(hands.now)}
    assert browser.post("/me/second-step/", told).status_code == 422
    assert browser.get("/me/second-step/").context["standing"].on


@pytest.mark.parametrize(("said", "owed"), [("none", False), ("steward", True), ("bureau", False)])
def test_which_roles_have_to_is_said_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, said: str, owed: bool
) -> None:
    monkeypatch.setenv("DUOKUA_SECOND_STEP_ROLES", said)
    browser = Client()
    browser.post("/sign-in/", {"username": "steward_a", "password": PASSWORD})
    assert (browser.get("/me/").status_code == 302) is owed


def test_in_a_demonstration_nobody_has_to() -> None:
    demo = environment.read().home / "demo.json"
    demo.write_text("{}")
    try:
        browser = Client()
        browser.post("/sign-in/", {"username": "bureau_a", "password": PASSWORD})
        assert browser.get("/me/").status_code == 200
    finally:
        demo.unlink()
