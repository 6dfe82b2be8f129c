"""Sign-in in two steps: set up with an authenticator, each code once, emergency codes, wrong codes wait."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyotp
import pytest
from django.test import Client

from duokua.identity import codes
from duokua.identity.models import SecondStep, SignIn
from people import PASSWORD
from web.test_sign_in import NOW, Hands, hands, quick  # noqa: F401 - fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]
Browser = Callable[..., Client]
PAGE, CODE = "/me/second-step/", "/sign-in/code/"


def seed_of(browser: Client) -> str:
    page = browser.get(PAGE).content.decode()
    found = re.search(r'class="seed">([A-Z2-7]+)<', page)
    assert found and "<svg" in page
    return found[1]


def code_of(seed: str, now: datetime) -> str:
    return pyotp.TOTP(seed).at(now)


def set_up(browser: Client, clock: Hands) -> tuple[str, list[str]]:
    """Switch it on; return the seed and the emergency codes."""
    seed = seed_of(browser)
    told = {"act": "confirm", "code": code_of(seed, clock.now)}
    page = browser.post(PAGE, told).content.decode()
    emergency = re.findall(r"<code>([a-z2-9]{6}-[a-z2-9]{6})</code>", page)
    assert len(emergency) == 10
    clock.turn(30)
    return seed, emergency


def password_given(name: str = "steward_a") -> Client:
    browser = Client()
    answer = browser.post("/sign-in/", {"username": name, "password": PASSWORD, "next": "/me/"})
    assert answer.status_code == 302
    assert answer["Location"] == CODE
    return browser


def test_without_it_a_password_is_enough() -> None:
    browser = Client()
    answer = browser.post("/sign-in/", {"username": "steward_a", "password": PASSWORD})
    assert answer["Location"] == "/"
    assert browser.get(CODE)["Location"] == "/sign-in/"


def test_the_way_in(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    seed, _ = set_up(sign_in("steward_a"), hands)
    browser = password_given()
    assert browser.get("/me/")["Location"].startswith("/sign-in/")  # halfway is outside
    assert "<input" in browser.get(CODE).content.decode()
    answer = browser.post(CODE, {"code": code_of(seed, hands.now)})
    assert answer["Location"] == "/me/"
    assert browser.get("/me/").status_code == 200
    newest = SignIn.objects.order_by("-id").first()
    assert newest is not None and newest.granted


def test_a_code_counts_once(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    seed, _ = set_up(sign_in("steward_a"), hands)
    code = code_of(seed, hands.now)
    assert password_given().post(CODE, {"code": code}).status_code == 302
    again = password_given().post(CODE, {"code": code})
    assert again.status_code == 422
    assert not SignIn.objects.order_by("-id")[0].granted


def test_an_emergency_code_counts_once(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    _, emergency = set_up(sign_in("steward_a"), hands)
    assert password_given().post(CODE, {"code": emergency[3].upper()}).status_code == 302
    assert password_given().post(CODE, {"code": emergency[3]}).status_code == 422
    assert len(SecondStep.objects.get().emergency) == 9
    assert emergency[0] not in str(SecondStep.objects.get().emergency)


def test_wrong_codes_wait_and_a_right_password_does_not_help(
    sign_in: Browser,
    hands: Hands,  # noqa: F811
) -> None:
    seed, _ = set_up(sign_in("steward_a"), hands)
    statuses = []
    for _n in range(7):
        statuses.append(password_given().post(CODE, {"code": "000000"}).status_code)
    assert statuses[:5] == [422] * 5 and 429 in statuses[5:]
    right = password_given().post(CODE, {"code": code_of(seed, hands.now)})
    assert right.status_code == 429 and int(right["Retry-After"]) > 0
    hands.turn(3600)
    late = password_given().post(CODE, {"code": code_of(seed, hands.now)})
    assert late.status_code == 302


def test_halfway_ends_after_five_minutes(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    seed, _ = set_up(sign_in("steward_a"), hands)
    browser = password_given()
    hands.turn(301)
    answer = browser.post(CODE, {"code": code_of(seed, hands.now)})
    assert answer["Location"] == "/sign-in/"


def test_it_is_switched_off_by_a_code_only(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    browser = sign_in("steward_a")
    seed, _ = set_up(browser, hands)
    assert browser.post(PAGE, {"act": "off", "code": "123456"}).status_code == 422
    assert SecondStep.objects.count() == 1
    assert browser.post(PAGE, {"act": "off", "code": code_of(seed, hands.now)}).status_code == 302
    assert SecondStep.objects.count() == 0


def test_the_seed_is_not_in_the_database(sign_in: Browser, hands: Hands) -> None:  # noqa: F811
    seed, _ = set_up(sign_in("steward_a"), hands)
    row: Any = SecondStep.objects.get()
    assert seed not in row.sealed
    assert codes.unseal(row.sealed, b"another secret of the home") is None


def test_codes_of_a_clock_that_is_a_little_wrong() -> None:
    seed, step = codes.new_seed(), int(NOW.timestamp()) // 30
    for drift, right in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = pyotp.TOTP(seed).generate_otp(step + drift)
        found = codes.step_of(seed, code, NOW, after=0)
        assert found == (step + drift if right else None)
    assert codes.step_of(seed, "", NOW, after=0) is None
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in pyotp.TOTP(seed).generate_otp(step))
    assert codes.step_of(seed, wide, NOW, after=0) == step  # as Chinese keyboards write digits
    assert codes.step_of(seed, "口令", NOW, after=0) is None
