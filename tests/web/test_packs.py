"""Pages of installed packs: versions, rules that stand still and why, and who may look."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from duokua.kernel import clock
from duokua.pack import facade
from scenario_packs import lift

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]


@pytest.fixture
def installed(db: None) -> Iterator[None]:
    facade.install(lift(), by="me", now=clock.now())
    yield


def test_the_bureau_sees_versions_and_what_is_missing(sign_in: Browser, installed: None) -> None:
    listed = sign_in("bureau_a").get("/store/packs/").content.decode()
    assert "电梯检验到期" in listed
    assert "1.0.0" in listed
    page = sign_in("bureau_a").get("/store/packs/demo_lift/").content.decode()
    assert "缺少授权，无法判断" in page
    assert "接口不存在" in page
    assert "pack_demo_lift" in page
    english = sign_in("bureau_a", "en").get("/store/packs/demo_lift/").content.decode()
    assert "A grant is missing: cannot judge" in english


def test_others_see_their_own_departments_packs_only(sign_in: Browser, installed: None) -> None:
    assert "/store/packs/demo_lift/" in sign_in("steward_a").get("/store/packs/").content.decode()
    assert sign_in("auditor_c").get("/store/packs/demo_lift/").status_code == 200
    assert sign_in("developer_b").get("/store/packs/").status_code == 403
    assert sign_in("bureau_a").get("/store/packs/none/").status_code == 404


def test_a_removed_pack_is_still_told(sign_in: Browser, installed: None) -> None:
    facade.remove("demo_lift", by="me", now=clock.now())
    page = sign_in("bureau_a").get("/store/packs/demo_lift/").content.decode()
    assert "该场景包已移除" in page


def test_programs_read_the_same(sign_in: Browser, installed: None) -> None:
    bureau = sign_in("bureau_a")
    (line,) = bureau.get("/api/v1/packs").json()["packs"]
    assert (line["pack"], line["state"]) == ("demo_lift", "installed")
    one = bureau.get("/api/v1/packs/demo_lift").json()
    assert one["rules"][0]["standing"] == "waiting"
    assert one["reads"][0]["standing"] == "absent"
    stranger = sign_in("developer_b")
    assert stranger.get("/api/v1/packs").json() == {"packs": []}
    assert stranger.get("/api/v1/packs/demo_lift").status_code == 404
    told = bureau.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/packs", "/api/v1/packs/{pack_id}"} <= set(told)
