"""The home page, the five domains and public notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.notify.models import Bulletin
from duokua.store import facade as store
from duokua.store.models import Follow, Listing
from store_world import put_on_show

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
TEXTS = {
    "title_zh": "停机公告",
    "title_en": "Maintenance",
    "body_zh": "周日停机",
    "body_en": "Down on Sunday",
}


@pytest.fixture
def offered(db: None) -> None:
    """Put two datasets on show, in one domain."""
    for dataset in ("worker", "air"):
        put_on_show(lake.contract(dataset))
    Listing.objects.update(domain="society")


def test_a_visitor_sees_domains_without_titles(client: Client, offered: None) -> None:
    page = client.get("/").content.decode()
    assert page.count('class="domains"') == 1 and page.count("/domains/") == 5
    assert "2 项资源" in page
    inside = client.get("/domains/society/")
    assert inside.context["rows"] is None
    assert "/store/listings/" not in inside.content.decode()
    assert [kpi.value for kpi in inside.context["kpis"][:3]] == [2, 2, 2]


def test_whoever_works_sees_the_listings(sign_in: Callable[..., Client], offered: None) -> None:
    page = sign_in("developer_b").get("/domains/society/")
    assert {row.id for row in page.context["rows"]} == {"worker", "air"}
    assert sign_in("developer_b").get("/domains/economy/").context["rows"] == []
    assert sign_in("developer_b").get("/domains/nowhere/").status_code == 404


def test_core_data_of_others_is_not_counted(sign_in: Callable[..., Client], offered: None) -> None:
    Listing.objects.filter(id="worker").update(level="L4")
    assert {one.name: one.listings for one in store.domains(None)}["society"] == 1
    assert {one.name: one.listings for one in store.domains("dept_a")}["society"] == 2
    rows = sign_in("developer_b").get("/domains/society/").context["rows"]
    assert [row.id for row in rows] == ["air"]


def test_figures_come_from_the_metering(
    sign_in: Callable[..., Client], offered: None, tmp_path: Path
) -> None:
    from duokua.portal.figures import calls
    from duokua.serving.tally import BOUNDS_MS, Caller, Harvest
    from duokua.serving.usage_store import UsageStore

    path, day = tmp_path / "usage.sqlite3", clock.district_day_number(NOW.timestamp())
    metering = UsageStore(path)
    for at, name, count in ((day, "worker_by_id", 3), (day, "air_now", 1), (day - 1, "air_now", 5)):
        sums = (count, 2 * count, 10, *[0] * (len(BOUNDS_MS) + 1))
        metering.add(Harvest(at, ((Caller(name, "g", "watch", "dept_b"), sums),), (), ()))
    metering.close()
    assert calls(path, NOW, days=30, interfaces=frozenset({"worker_by_id"})).today == 3
    told = calls(path, NOW)
    assert (told.today, told.rows_today, told.by_day[-2:]) == (4, 8, (5, 4))
    assert calls(path, NOW, interfaces=frozenset()).today == 0


def test_a_newcomer_is_told_where_to_begin(sign_in: Callable[..., Client], offered: None) -> None:
    browser = sign_in("developer_b")
    assert [row.id for row in browser.get("/").context["suggested"]] == ["worker"]
    Follow.objects.create(listing_id="worker", username="developer_b", at=NOW)
    context = browser.get("/").context
    assert [row.id for row in context["followed"]] == ["worker"]
    assert context["suggested"] == []


def test_what_waits_is_counted(sign_in: Callable[..., Client], offered: None) -> None:
    browser = sign_in("developer_b")
    assert browser.get("/").context["todos"] == []
    browser.post("/store/cart/add/", {"listing": "worker"})
    browser.post("/store/cart/")
    store_todos = browser.get("/").context["todos"]
    assert [(each.kind, each.count) for each in store_todos] == [("drafts", 1)]


def test_the_bureau_writes_a_notice(sign_in: Callable[..., Client], client: Client) -> None:
    bureau = sign_in("bureau_a")
    answer = bureau.post("/notices/write/", TEXTS)
    assert answer.status_code == 302
    page = answer.headers["Location"]
    assert "停机公告" in client.get("/").content.decode()
    assert "周日停机" in client.get(page).content.decode()
    assert sign_in("steward_a").post(f"{page}end/").status_code == 403
    assert client.get(page).status_code == 200
    assert bureau.post(f"{page}end/").status_code == 302
    assert client.get(page).status_code == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title_en": " "}, "title_en"),
        ({"body_zh": "长" * 4001}, "body_zh"),
        ({"shown_from": "2026-05-06", "shown_until": "2026-05-04"}, "shown_until"),
    ],
)
def test_a_wrong_notice_says_what_to_mend(
    sign_in: Callable[..., Client], change: dict[str, str], where: str
) -> None:
    answer = sign_in("bureau_a").post("/notices/write/", TEXTS | change)
    assert answer.status_code == 422
    assert f'href="#{where}"' in answer.content.decode()
    assert Bulletin.objects.count() == 0


def test_a_notice_is_shown_in_its_time(sign_in: Callable[..., Client], client: Client) -> None:
    from duokua.notify import facade as notify

    tomorrow = clock.district_day(clock.now()) + timedelta(days=1)
    sign_in("bureau_a").post("/notices/write/", TEXTS | {"shown_from": tomorrow.isoformat()})
    now = clock.now()
    assert notify.bulletins(now=now) == []
    assert len(notify.bulletins(now=now + timedelta(days=1))) == 1
    assert "停机公告" not in client.get("/notices/").content.decode()


def test_a_notice_is_escaped(sign_in: Callable[..., Client], client: Client) -> None:
    evil = "<img src=x onerror=alert(1)>"
    answer = sign_in("bureau_a").post("/notices/write/", dict.fromkeys(TEXTS, evil))
    for path in ("/", "/notices/", answer.headers["Location"]):
        assert evil not in client.get(path).content.decode()
