"""Every page for every role in both languages, with its headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from duokua.identity.checks import undeclared
from duokua.shell.middleware import HEADERS
from duokua.store.values.steps import WizardStep
from people import LANGUAGES, PEOPLE

PUBLIC = {  # for everybody
    "home": "/",
    "domain": "/domains/society/",
    "bulletins": "/notices/",
}
PAGES = PUBLIC | {
    "style": "/style/",
    "search": "/search/?q=air",
    "store": "/store/",
    "store_search": "/store/search/?q=air&sort=used&kind=data",
    "datasets": "/store/datasets/?q=&sort=-rows",
    "dataset": "/store/datasets/worker/",
    "dataset_lineage": "/store/datasets/worker/lineage/",
    "dataset_quality": "/store/datasets/worker/quality/",
    "interfaces": "/store/interfaces/?access=open",
    "interfaces_of": "/store/interfaces/of/worker/",
    "consumers_of": "/store/interfaces/of/worker/consumers/",
    "interface": "/store/interfaces/worker_by_id/",
    "receipts": "/receipts/?since=2026-01-01&until=2026-12-31",
    "me": "/me/",
    "messages": "/messages/",
    "my_notices": "/me/notices/",
    "my_clients": "/me/clients/",
    "my_usage": "/me/usage/?days=90",
    "second_step": "/me/second-step/",
    "password": "/me/password/",
    "sign_ins": "/me/sign-ins/",
    "delegations": "/me/delegations/",
    "departments": "/departments/?q=dept",
    "my_resources": "/me/resources/?state=in_use&q=air",
    "requests": "/store/requests/?group=under_way&sort=due",
    "inbox": "/store/inbox/?overdue=1&share=conditional&sort=opened",
    "disputes": "/store/disputes/?state=running&sort=due",
    "law": "/store/law/?day=2026-01-01",
    "cases": "/cases/?scope=all&level=red&sort=level",
}
STEWARD = ("steward_a",)
OFFICE = ("steward_a", "bureau_a", "auditor_c")
GUARDED = {  # pages of some roles: address, who may open it
    "bring_in": ("/store/bring-in/", STEWARD),
    "bulletin_write": ("/notices/write/", ("bureau_a",)),
    "packs": ("/store/packs/", OFFICE),
    "case_board": ("/cases/board/", ("auditor_c",)),
    "change_interface": ("/store/interfaces/worker_by_id/change/", STEWARD),
    "cart": ("/store/cart/", ("steward_a", "developer_b", "bureau_a")),
    "choose_dataset": ("/store/interfaces/define/", STEWARD),
    "dataset_matches": ("/store/datasets/worker/matches/", OFFICE),
    "dataset_quarantine": ("/store/datasets/worker/quarantine/", STEWARD),
    "dataset_sources": ("/store/datasets/worker/sources/", OFFICE),
    "define_interface": ("/store/interfaces/define/worker/", STEWARD),
    "erasures": ("/store/erasures/", STEWARD),
    "interface_usage": ("/store/interfaces/worker_by_id/usage/", OFFICE),
    "jobs": ("/tasks/", OFFICE),
    "open_grant": ("/store/interfaces/worker_by_id/grants/open/", STEWARD),
    "our_resources": ("/store/resources/?department=dept_b", OFFICE),
    "my_listings": ("/store/listings/mine/?state=none&sort=-heat", STEWARD),
    "new_listing": ("/store/listings/new/", STEWARD),
    "send": ("/store/datasets/worker/bring-in/", STEWARD),
    "devices": ("/devices/?trouble=any&sort=-id", OFFICE),
    "streams": ("/streams/", OFFICE),
    "subject_search": ("/receipts/subject/", ("steward_a", "auditor_c")),
}
ADDRESSES = PAGES | {name: path for name, (path, _) in GUARDED.items()}
ELSEWHERE = {  # cannot be opened without something set up before, or are no pages
    "act_on_job", "add_key", "register_client", "retire_key", "revoke_grant", "revoke_key",
    "client_wheel", "draft", "health", "receipt", "sent",
    "bulletin", "bulletin_end", "set_elder", "set_language", "set_theme",
    "people", "provider_back", "provider_begin",
    "sign_in", "sign_in_code", "sign_out", "sign_out_everywhere", "store_suggest",
    "try_interface",
    "my_resource", "our_resource", "resource_act",  # tests/web/test_resources.py
    # A listing and its reviews: tests/web/test_listings.py
    "listing", "say_listing", "edit_listing", "withdraw_listing", "listing_reviews",
    "review_listing",
    "stream", "device", "act_on_device",  # tests/web/test_sensing.py
    "decide", "answer_request", "open_dispute", "dispute",  # tests/web/test_deciding.py
    # tests/web/test_packs.py
    "pack", "api_packs", "api_pack",
    # tests/web/test_scenario.py
    "scenario", "scenario_view", "scenario_export", "scenario_indicators", "scenario_indicator",
    # A case and what is done with it: tests/web/test_cases.py
    "case", "case_live", "case_act", "case_evidence", "case_content", "case_thumbnail",
    "case_dossier", "case_sending", "cases_offline", "cases_worker", "keep_case_view",
    "forget_case_view", "quiet_hours",  # the last: tests/web/test_quiet.py
    # The wizard and the page of a request: tests/web/test_asking.py
    "api_description", "api_requests", "api_request", "api_submit_request",
    "api_cases", "api_case", "api_case_act", "api_case_evidence", "api_case_content",
    "api_resources", "api_resource", "api_grants", "api_grant", "api_grant_act",
    "cart_add", "cart_remove", "request", "request_act", "request_attachment",
    *(f"request_{step}" for step in WizardStep),
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Words(HTMLParser):
    """Collects the visible words of a page, and what names things for readers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._quiet: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "style", "code", "pre") or named.get("lang"):
            if tag != "html":
                self._quiet.append(tag)
            return
        self.found += [named[name] or "" for name in ("aria-label", "placeholder") if name in named]

    def handle_endtag(self, tag: str) -> None:
        if self._quiet and self._quiet[-1] == tag:
            self._quiet.pop()

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.found.append(data)


def names(entries: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for entry in entries:
        found |= names(entry.url_patterns) if isinstance(entry, URLResolver) else {entry.name or ""}
    return found


def test_the_list_of_pages_is_complete() -> None:
    assert names(get_resolver().url_patterns) == set(ADDRESSES) | ELSEWHERE


def test_every_view_declares_who_may_open_it() -> None:
    assert list(undeclared(get_resolver().url_patterns)) == []


def test_a_view_without_policy_is_found() -> None:
    from django.http import HttpRequest, HttpResponse
    from django.urls import include, path

    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert list(undeclared([path("a/", include([path("b/", bare)]))])) == ["/a/b/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page(sign_in: Callable[..., Client], page: str, person: str, language: str) -> None:
    answer = sign_in(person, language).get(PAGES[page])
    assert answer.status_code == 200
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["Cache-Control"] == "no-store, private"
    if page not in ("interfaces_of", "consumers_of"):
        lang = "en" if language == "en" else "zh-Hans"
        assert f'<html lang="{lang}"' in answer.content.decode()


@pytest.mark.parametrize("page", GUARDED)
@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_some_roles(
    sign_in: Callable[..., Client], page: str, person: str, language: str
) -> None:
    path, allowed = GUARDED[page]
    answer = sign_in(person, language).get(path)
    assert answer.status_code == (200 if person in allowed else 403)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert f'<html lang="{"en" if language == "en" else "zh-Hans"}"' in answer.content.decode()


@pytest.mark.parametrize("page", ADDRESSES)
def test_an_english_page_holds_no_chinese(sign_in: Callable[..., Client], page: str) -> None:
    """Texts of the data (purpose, legal basis, program, a mask's example) are as written."""
    reader = Words()
    who = GUARDED[page][1][0] if page in GUARDED else "auditor_c"
    reader.feed(sign_in(who, "en").get(ADDRESSES[page]).content.decode())
    written = ("持证核查", "条例第二十五条", "安全监管", "*")  # stars: examples of masks
    left = [text for text in reader.found if CHINESE.search(text)]
    assert [text for text in left if not any(own in text for own in written)] == []


@pytest.mark.parametrize("page", PUBLIC)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_for_everybody(client: Client, db: None, page: str, language: str) -> None:
    client.cookies["duokua_language"] = language
    answer = client.get(PUBLIC[page])
    assert answer.status_code == 200
    assert 'href="/sign-in/' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("page", sorted(set(ADDRESSES) - set(PUBLIC)))
def test_a_stranger_is_led_to_the_door(client: Client, db: None, page: str) -> None:
    answer = client.get(ADDRESSES[page])
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=")
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_a_dataset_never_shows_a_bound_of_a_personal_column(
    sign_in: Callable[..., Client],
) -> None:
    context = sign_in("steward_a").get("/store/datasets/worker/").context
    shown = {row.column.name: row.least.en for row in context["columns"]}
    assert shown == {"worker_id": "•••", "phone": "•••", "trade": "—"}


@pytest.mark.parametrize("path", ["/store/datasets/nope/", "/store/interfaces/nope/", "/nope/"])
def test_what_is_absent_offers_the_search(sign_in: Callable[..., Client], path: str) -> None:
    answer = sign_in("steward_a").get(path)
    assert answer.status_code == 404
    assert 'action="/search/"' in answer.content.decode()


def test_a_form_without_its_token_is_refused(sign_in: Callable[..., Client]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = sign_in("steward_a").cookies
    answer = browser.post("/sign-out/")
    assert answer.status_code == 403
    assert "表单已过期" in answer.content.decode()


def test_an_unexpected_error_shows_its_code(
    sign_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    from duokua.lake import facade

    def broken(**_: object) -> list[object]:
        raise RuntimeError("secret detail")

    browser = sign_in("steward_a")
    browser.raise_request_exception = False
    monkeypatch.setattr(facade, "dataset_lines", broken)
    answer = browser.get("/store/datasets/")
    assert answer.status_code == 500
    assert re.search(r"fault-[0-9a-f]{20}", answer.content.decode())
    assert "secret detail" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/store/datasets/", "/store/interfaces/", "/receipts/"])
def test_a_list_is_exported(sign_in: Callable[..., Client], path: str) -> None:
    answer = sign_in("steward_a", "en").get(path + "?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(answer.content.decode("utf-8-sig").splitlines()) > 2


def test_filters_narrow_a_list(sign_in: Callable[..., Client]) -> None:
    browser = sign_in("developer_b")
    found = browser.get("/store/interfaces/?access=granted").context["rows"]
    assert [row.info.interface.id for row in found] == ["worker_by_id"]
    found = browser.get("/store/datasets/?level=L1").context["rows"]
    assert [row.info.id for row in found] == ["air"]
    assert browser.get("/store/datasets/?level=L9'&q=zzz").context["rows"] == []
