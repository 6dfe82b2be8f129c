"""The page on which a person says how they want to be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from duokua.notify.models import Wish

PLACE = "json://127.0.0.1:9/hook"


@pytest.fixture
def inner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_PRIVATE_HOSTS", "127.0.0.1:9")


def test_a_wish_is_kept(sign_in: Callable[..., Client], inner: None) -> None:
    browser = sign_in("steward_a")
    told = {"channel": "chat", "place": PLACE, "alarm": "at_once", "note": "daily"}
    assert browser.post("/me/notices/", told).status_code == 302
    page = browser.get("/me/notices/").content.decode()
    assert PLACE in page
    kept = Wish.objects.filter(person="steward_a").values_list("weight", "digest")
    assert set(kept) == {("alarm", False), ("note", True)}
    assert PLACE not in sign_in("developer_b").get("/me/notices/").content.decode()


def test_a_wrong_place_stays_on_the_page(sign_in: Callable[..., Client]) -> None:
    told = {"channel": "chat", "place": "file:///etc/<passwd>", "alarm": "at_once"}
    answer = sign_in("steward_a").post("/me/notices/", told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "file:///etc/&lt;passwd&gt;" in page and 'href="#place_chat"' in page
    assert not Wish.objects.exists()


def test_the_command_dialog_names_what_one_may_open(sign_in: Callable[..., Client]) -> None:
    page = sign_in("steward_a").get("/").content.decode()
    assert 'data-url="/store/listings/mine/"' in page and 'role="combobox"' in page
    assert 'data-url="/store/listings/mine/"' not in sign_in("auditor_c").get("/").content.decode()
    assert 'role="combobox"' not in Client().get("/").content.decode()
