"""The door: one answer for every wrong pair, throttling that lasts, fresh sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from duokua.identity.models import Attempts, SignIn
from duokua.kernel import clock
from people import PASSWORD

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)


class Hands:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    turned = Hands()
    monkeypatch.setattr(clock, "now", turned)
    return turned


@pytest.fixture
def quick(settings: Any, db: None) -> None:
    """Guessing tests hash many passwords: with a quick hash for new ones."""
    from django.contrib.auth import get_user_model

    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.ScryptPasswordHasher",
    ]
    for user in get_user_model().objects.all():
        user.set_password(PASSWORD)
        user.save()


def attempt(name: str, password: str, address: str = "10.0.0.1") -> int:
    answer = Client().post(
        "/sign-in/",
        {"username": name, "password": password},
        headers={"X-Forwarded-For": f"1.2.3.4, {address}"},
    )
    return answer.status_code


def test_the_right_pair_opens(client: Client, db: None) -> None:
    answer = client.post(
        "/sign-in/", {"username": "steward_a", "password": PASSWORD, "next": "/me/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
    assert client.get("/me/").status_code == 200
    cookie = answer.cookies["duokua_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_way_back_stays_here(client: Client, db: None, target: str) -> None:
    answer = client.post(
        "/sign-in/", {"username": "steward_a", "password": PASSWORD, "next": target}
    )
    assert answer.headers["Location"] == "/"


def test_unknown_and_wrong_look_the_same(client: Client, quick: None) -> None:
    pages = []
    for name in ("steward_a", "nobody_a"):
        answer = client.post("/sign-in/", {"username": name, "password": "wrong"})
        page = answer.content.decode().replace(name, "NAME")
        pages.append((answer.status_code, page.split("<main")[1]))
    assert pages[0][0] == 422
    # The tokens against forgery differ on each page.
    hide = lambda page: __import__("re").sub(r'value="\w{64}"', "", page)  # noqa: E731
    assert hide(pages[0][1]) == hide(pages[1][1])


def test_empty_fields_are_named(client: Client, db: None) -> None:
    answer = client.post("/sign-in/", {"username": "", "password": ""})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"username", "password"}


def test_guessing_is_slowed_and_never_for_ever(quick: None, hands: Hands) -> None:
    assert [attempt("steward_a", "wrong") for _ in range(6)] == [422] * 5 + [429]
    assert attempt("steward_a", PASSWORD) == 429
    hands.turn(2)
    assert attempt("steward_a", PASSWORD) == 302
    assert Attempts.objects.filter(key="account:steward_a").count() == 0


def test_other_addresses_do_not_help_a_guesser(quick: None, hands: Hands) -> None:
    codes = [attempt("steward_a", "wrong", f"10.0.1.{n}") for n in range(7)]
    assert codes == [422] * 5 + [429] * 2


def test_a_stranger_does_not_shut_out_the_owner(quick: None, hands: Hands) -> None:
    assert attempt("steward_a", PASSWORD, "10.9.9.9") == 302
    for _ in range(8):
        attempt("steward_a", "wrong", "10.0.0.66")
    assert attempt("steward_a", PASSWORD, "10.0.0.66") == 429
    assert attempt("steward_a", PASSWORD, "10.9.9.9") == 302


def test_one_address_cannot_try_many_names(quick: None, hands: Hands) -> None:
    codes = [attempt(f"name_{n}", "wrong") for n in range(31)]
    assert codes == [422] * 30 + [429]
    assert attempt("steward_a", PASSWORD, "10.0.0.2") == 302


def test_every_attempt_is_kept(quick: None, hands: Hands) -> None:
    attempt("steward_a", "wrong")
    attempt("steward_a", PASSWORD)
    kept = SignIn.objects.order_by("id").values_list("username", "address", "granted")
    assert list(kept) == [("steward_a", "10.0.0.1", False), ("steward_a", "10.0.0.1", True)]


def test_a_session_is_fresh_at_sign_in(client: Client, db: None) -> None:
    client.get("/sign-in/")
    session = client.session
    session["planted"] = "by a stranger"
    session.save()
    client.cookies["duokua_session"] = session.session_key or ""
    client.post("/sign-in/", {"username": "steward_a", "password": PASSWORD})
    assert client.session.session_key != session.session_key
    assert "planted" not in client.session


def test_an_idle_session_ends(sign_in: Callable[..., Client], hands: Hands) -> None:
    browser = sign_in("steward_a")
    for wait in (0, 1700, 1700):
        hands.turn(wait)
        assert browser.get("/me/").status_code == 200
    hands.turn(1801)
    assert browser.get("/me/").status_code == 302


def test_sign_out_ends_the_session(sign_in: Callable[..., Client]) -> None:
    browser = sign_in("steward_a")
    assert browser.get("/sign-out/").status_code == 405
    answer = browser.post("/sign-out/")
    assert answer.status_code == 302
    assert answer.cookies["duokua_try"]["max-age"] == 0  # a try ends with the visit
    assert answer.cookies["duokua_try"]["path"] == "/data"
    assert browser.get("/me/").status_code == 302


def test_a_person_who_left_is_out(sign_in: Callable[..., Client]) -> None:
    from django.contrib.auth import get_user_model

    browser = sign_in("steward_a")
    get_user_model().objects.filter(username="steward_a").update(is_active=False)
    assert browser.get("/me/").status_code == 302
