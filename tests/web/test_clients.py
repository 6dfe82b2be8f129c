"""The page of a department's programs: keys come and go, and only for those who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from duokua.exchange import facade as exchange
from duokua.kernel import clock

Browser = Callable[..., Client]
KEYS = "/me/clients/watch/keys/"


def keys(browser: Client) -> dict[str, str]:
    (client,) = browser.get("/me/clients/").context["clients"]
    return {key.id: key.state for key in client.keys}


def test_a_key_takes_over_from_another(sign_in: Browser) -> None:
    browser = sign_in("developer_b", "en")
    assert keys(browser) == {"k1": "standing"}
    answer = browser.post(KEYS, {"label": "next", "until": ""})
    secret = answer.context["fresh"]["secret"]
    assert answer.status_code == 200 and secret in answer.content.decode()
    assert secret not in browser.get("/me/clients/").content.decode()
    tomorrow = clock.district_day(clock.now() + timedelta(days=1)).isoformat()
    assert browser.post(f"{KEYS}k1/retire/", {"until": tomorrow}).status_code == 302
    (first, second) = exchange.client_keys("watch", clock.now())
    assert (first.until is not None, second.until) == (True, None)


def test_a_revocation_asks_first(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    answer = browser.post(f"{KEYS}k1/revoke/", {"reason": "leaked"})
    assert answer.headers["Location"] == "/me/clients/?revoke=watch/k1"
    assert keys(browser) == {"k1": "standing"}
    page = browser.get(answer.headers["Location"]).content.decode()
    assert 'name="confirmed" value="k1"' in page and "立即吊销" in page
    done = browser.post(f"{KEYS}k1/revoke/", {"confirmed": "k1", "reason": "leaked"})
    assert done.status_code == 302
    assert keys(browser) == {"k1": "revoked"}
    again = browser.post(f"{KEYS}k1/revoke/", {"confirmed": "k1", "reason": "leaked"})
    assert again.status_code == 422


@pytest.mark.parametrize(
    ("person", "status"), [("steward_a", 404), ("bureau_a", 403), ("auditor_c", 403)]
)
def test_keys_of_others_are_not_there(sign_in: Browser, person: str, status: int) -> None:
    browser = sign_in(person)
    assert browser.get("/me/clients/").context["clients"] == []
    for path in (KEYS, f"{KEYS}k1/retire/", f"{KEYS}k1/revoke/"):
        assert browser.post(path, {"label": "x", "confirmed": "k1"}).status_code == status
    assert len(exchange.client_keys("watch", clock.now())) == 1


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (KEYS, {"label": ""}),
        (KEYS, {"label": "x", "until": "soon"}),
        (KEYS, {"label": "x", "until": "2020-01-01"}),
        (f"{KEYS}k1/retire/", {"until": ""}),
        (f"{KEYS}k1/retire/", {"until": "2020-01-01"}),
    ],
)
def test_what_is_wrong_is_told(sign_in: Browser, path: str, told: dict[str, str]) -> None:
    answer = sign_in("developer_b", "en").post(path, told)
    assert answer.status_code == 422
    assert answer.context["fault"]
    assert len(exchange.client_keys("watch", clock.now())) == 1


def test_only_a_form_changes_anything(sign_in: Browser) -> None:
    assert sign_in("developer_b").get(KEYS).status_code == 405
    assert (
        sign_in("developer_b").post(f"{KEYS}k9/retire/", {"until": "2099-01-01"}).status_code == 404
    )
