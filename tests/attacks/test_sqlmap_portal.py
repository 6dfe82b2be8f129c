"""sqlmap on the search boxes and filters of the portal, signed in: no injection."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from attacks import worlds
from attacks.test_sqlmap import SQLMAP, WHOLE, attack
from duokua.identity import facade as identity
from duokua.lake import facade as lake
from duokua.lang.odcs import dump_contract

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BOXES = (
    "/search/?q=person",
    "/store/datasets/?q=person&department=civil&level=L3&sort=title&after=a",
    "/store/interfaces/?q=a&dataset=person&department=civil&access=open&sort=title&after=a",
    "/receipts/?interface=a&client=a&purpose=a&since=2026-01-01&until=2026-12-31&after=5",
    "/tasks/?state=done",
)
pytestmark = [
    pytest.mark.xdist_group("attacks_sqlmap_portal"),
    pytest.mark.campaign,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not SQLMAP.exists(), reason="sqlmap is not there: scripts/setup.sh test"),
]


@pytest.fixture
def cookie(transactional_db: None, settings: Any) -> str:
    """Return the cookie of somebody who is signed in, with something to be found."""
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
    identity.ensure_department("civil", "民政局", "Civil")
    identity.ensure_person("seeker", "a long password here", "甲", "A", "civil", "steward")
    lake.register(dump_contract(worlds.CONTRACT), by="seeker", now=NOW)
    browser = Client()
    browser.force_login(get_user_model().objects.get(username="seeker"))
    return "; ".join(f"{name}={each.value}" for name, each in browser.cookies.items())


@pytest.mark.timeout(600 if not WHOLE else 6 * 3600)
def test_no_search_box_can_be_injected(cookie: str, live_server: Any, tmp_path: Path) -> None:
    for box in BOXES if WHOLE else BOXES[:2]:
        names = [part.partition("=")[0] for part in box.partition("?")[2].split("&")]
        chosen = names if WHOLE else names[:1]
        attack(f"{live_server.url}{box}", tmp_path, "--cookie", cookie, "-p", ",".join(chosen))
