"""Who uses a dataset: named to its owner and to those who watch, counted for everybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from duokua.exchange import facade as exchange
from duokua.kernel import clock

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]
PART = "/store/interfaces/of/worker/consumers/"


def read(browser: Client) -> str:
    answer = browser.get(PART)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_owner_and_the_auditor_read_the_names(sign_in: Browser) -> None:
    grant = exchange.grants(interface="worker_by_id")[0].grant
    for person in ("steward_a", "auditor_c", "bureau_a"):
        page = read(sign_in(person))
        assert grant.purpose in page and "worker_by_id" in page


def test_others_are_told_how_many(sign_in: Browser) -> None:
    grant = exchange.grants(interface="worker_by_id")[0].grant
    page = read(sign_in("developer_b", "en"))
    assert "1 department uses it" in page and grant.purpose not in page


def test_a_revoked_grant_uses_nothing(sign_in: Browser) -> None:
    for info in exchange.grants(interface="worker_by_id"):
        if info.state == "active":
            exchange.revoke_grant(info.grant.id, reason="over", by="t", now=clock.now())
    assert "Nobody uses it yet" in read(sign_in("steward_a", "en"))


def test_what_is_not_there(sign_in: Browser) -> None:
    place = "/store/interfaces/of/nowhere/consumers/"
    assert sign_in("steward_a").get(place).status_code == 404
