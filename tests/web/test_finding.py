"""The store's home, its search and its suggestions."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

import store_world
from duokua.store import facade as store
from duokua.store.models import Listing, ListingVersion, Searched

Browser = Callable[..., Client]


@pytest.fixture
def crew(db: None) -> None:
    contract = store_world.register("dept_a")
    store_world.put_on_show(contract)
    store.reindex(store_world.NOW)  # the index outlives the test before


def found(browser: Client, query: str) -> list[dict[str, Any]]:
    answer = browser.get(f"/store/search/?export=json&{query}")
    assert answer.status_code == 200
    listings: list[dict[str, Any]] = answer.json()["listings"]
    return listings


@pytest.mark.parametrize(
    "words", ["班组", "人员", "banzu", "bzry", "crew", "Crews", "电话", "phone", "班子人员", "crwe"]
)
def test_it_is_found_by_words_sounds_and_columns(crew: None, sign_in: Browser, words: str) -> None:
    browser = sign_in("developer_b")
    page = browser.get("/store/search/", {"q": words}).content.decode()
    assert 'href="/store/listings/crew/"' in page
    assert [each["id"] for each in found(browser, f"q={words}")] == ["crew"]


def test_home_shows_kinds_and_what_is_new(crew: None, sign_in: Browser) -> None:
    page = sign_in("developer_b").get("/store/").content.decode()
    assert 'action="/store/search/"' in page and 'href="/store/search/?kind=data"' in page
    assert 'href="/store/listings/crew/"' in page
    assert "?kind=cloud" not in page, "what is not there leads nowhere"


def test_filters_narrow_and_facets_count(crew: None, sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    assert [each["id"] for each in found(browser, "level=L3&owner=dept_a")] == ["crew"]
    assert found(browser, "level=L1") == []
    page = browser.get("/store/search/?level=L1").content.decode()
    assert 'value="L3"' in page, "the other values of a chosen facet stay in sight"
    assert 'value="L1" checked' in page


def test_nothing_found_says_what_to_do(crew: None, sign_in: Browser) -> None:
    page = sign_in("developer_b").get("/store/search/", {"q": "火箭"}).content.decode()
    assert "没有找到" in page and "/departments/" in page


def test_suggestions(crew: None, sign_in: Browser) -> None:
    told = sign_in("developer_b").get("/store/suggest/", {"q": "ban"}).json()["suggestions"]
    assert told == [{"text": "班组人员", "url": "/store/listings/crew/", "hint": "crew"}]


def test_a_core_listing_is_its_owners_only(crew: None, sign_in: Browser) -> None:
    Listing.objects.filter(id="crew").update(level="L4")
    body = ListingVersion.objects.get(listing="crew").body
    ListingVersion.objects.filter(listing="crew").update(body={**body, "level": "L4"})
    store.reindex(store_world.NOW)
    assert [each["id"] for each in found(sign_in("steward_a"), "q=班组")] == ["crew"]
    stranger = sign_in("developer_b")
    assert found(stranger, "q=班组") == []
    page = stranger.get("/store/search/?q=班组").content.decode()
    assert "/store/listings/crew/" not in page and 'value="L4"' not in page
    assert stranger.get("/store/suggest/", {"q": "班组"}).json() == {"suggestions": []}
    assert "/store/listings/crew/" not in stranger.get("/store/").content.decode()


def test_a_withdrawn_listing_is_found_no_more(crew: None, sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    assert found(browser, "q=班组")
    Listing.objects.filter(id="crew").update(state="withdrawn")
    store.note_changed(["crew"], store_world.NOW)
    assert found(browser, "q=班组") == []


def test_words_that_many_look_for_are_shown_numbers_never(crew: None, sign_in: Browser) -> None:
    for name in ("developer_b", "steward_a"):
        browser = sign_in(name)
        for words in ("班组", "330108199901010011 班组"):
            browser.get("/store/search/", {"q": words})
    assert set(Searched.objects.values_list("words", flat=True)) == {"班组"}
    assert "?q=%E7%8F%AD%E7%BB%84" in sign_in("auditor_c").get("/store/").content.decode()


def test_what_one_department_looks_for_is_its_own(crew: None, sign_in: Browser) -> None:
    sign_in("developer_b").get("/store/search/", {"q": "班组"})
    assert "?q=%E7%8F%AD%E7%BB%84" in sign_in("developer_b").get("/store/").content.decode()
    assert "?q=%E7%8F%AD%E7%BB%84" not in sign_in("auditor_c").get("/store/").content.decode()


def test_the_table_can_be_taken_along(crew: None, sign_in: Browser) -> None:
    answer = sign_in("developer_b").get("/store/search/?export=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["id"], row["level"], row["interfaces"]) for row in rows] == [("crew", "L3", "4")]


def test_words_are_shown_never_run(crew: None, sign_in: Browser) -> None:
    evil = "\"'><script>alert(1)</script>班组"
    page = sign_in("developer_b").get("/store/search/", {"q": evil}).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", "٣"])
def test_odd_pages(crew: None, sign_in: Browser, page: str) -> None:
    answer = sign_in("developer_b").get("/store/search/", {"q": "班组", "page": page}, follow=True)
    assert answer.status_code == 200
