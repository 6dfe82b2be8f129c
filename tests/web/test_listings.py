"""The pages of listings: written, reviewed by three posts, shown, talked about, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from duokua.store import facade as store
from duokua.store.models import Listing, ListingVersion, Request
from people import LANGUAGES, PASSWORD

Browser = Callable[..., Client]
XSS = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
MORE = {"head_a": ("dept_a", "head"), "security_c": ("dept_c", "security")}
ANSWERS = {
    "state_secret": "no", "personal": "yes", "important": "no", "level_right": "yes",
    "audience": "departments",
}  # fmt: skip


@pytest.fixture(autouse=True)
def reviewers(db: None) -> None:
    from duokua.identity import facade as identity

    for name, (department, role) in MORE.items():
        identity.ensure_person(name, PASSWORD, f"某{name}", f"Person {name}", department, role)


def fields(browser: Client, **changes: Any) -> dict[str, Any]:
    """Return what the form holds, as a browser would send it, with ``changes``."""
    page = browser.get("/store/listings/worker/edit/").content.decode()
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        named = dict(re.findall(r'([a-z_]+)="([^"]*)"', tag))
        if named.get("type") == "checkbox":
            if " checked" in tag:
                sent.setdefault(named["name"], []).append(named["value"])
        elif "name" in named:
            sent[named["name"]] = named.get("value", "")
    for name, inner in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', page):
        sent[name] = inner
    for name, inner in re.findall(r'<select [^>]*name="(\w+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected|<option selected>([^<]*)', inner)
        sent[name] = (chosen.group(1) or chosen.group(2) or "") if chosen else ""
    sent.pop("q", None)
    return sent | changes


def drafted(sign_in: Browser) -> Client:
    browser = sign_in("steward_a")
    answer = browser.post("/store/listings/new/", {"dataset": "worker"})
    assert answer.headers["Location"] == "/store/listings/worker/edit/"
    return browser


CONTACT = {"contact_zh": "办公室", "contact_en": "Office", "phone": "0571-1"}


def send(browser: Client, act: str, expect: int, **changes: Any) -> str:
    sent = fields(browser, act=act, **changes)
    answer = browser.post("/store/listings/worker/edit/", sent)
    page = answer.content.decode()
    assert answer.status_code == expect, re.sub(r"<[^>]+>", " ", page)[-3000:]
    return page


def shown(sign_in: Browser, **changes: Any) -> None:
    send(drafted(sign_in), "submit", 302, **CONTACT, **changes)
    for name in ("security_c", "head_a", "bureau_a"):
        decide(sign_in(name), expect=302, **(ANSWERS if name == "security_c" else {}))


def decide(browser: Client, expect: int, act: str = "agree", **changes: Any) -> str:
    page = browser.get("/store/review/worker/").content.decode()
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found, page
    sent = {"revision": found.group(1), "act": act, "comment": "", **changes}
    answer = browser.post("/store/review/worker/", sent)
    told = answer.content.decode()
    assert answer.status_code == expect, re.sub(r"<[^>]+>", " ", told)[-3000:]
    return told


def test_a_fault_names_its_field_by_its_label(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    bare = {"item_share_class_trade": "conditional", "item_zh_trade": "", "item_en_trade": ""}
    page = send(browser, "submit", 422, title_en="", **bare)
    summary = page.partition('id="errors"')[2].partition("</div></div>")[0]
    assert '<a href="#title_zh">名称</a>' in summary
    assert '<a href="#item_trade">数据项“工种”</a>' in summary and "items/" not in summary


def test_words_of_another_share_class_are_kept_in_the_draft_only(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    words = {"condition_zh": "仅限监管", "condition_en": "For supervision", **CONTACT}
    send(browser, "save", 302, share_class="refused", **words)
    assert fields(browser)["condition_zh"] == "仅限监管", "choosing back loses nothing"
    old = {"reason_zh": "旧理由", "reason_en": "old", "law": "某法"}
    send(browser, "submit", 302, share_class="conditional", **words, **old)
    body = ListingVersion.objects.get(listing="worker").body
    assert body["condition"] is not None and body["reason"] is None and body["law"] == ""


def test_a_dataset_is_listed_through_the_pages(sign_in: Browser) -> None:
    shown(sign_in)
    assert store.listing("worker").state == "published"
    page = sign_in("developer_b").get("/store/listings/worker/").content.decode()
    for words in ("务工人员", "有条件共享", "worker_by_id", "加入选购车", "办公室", "部门内签批"):
        assert words in page


def test_no_value_of_a_real_row_stands_on_the_page(sign_in: Browser) -> None:
    shown(sign_in)
    page = sign_in("developer_b").get("/store/listings/worker/").content.decode()
    assert "按契约合成的样例" in page


def test_a_fault_is_told_on_top_and_at_its_field_and_the_draft_is_kept(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    page = send(browser, "submit", 422, title_zh="新标题", title_en="", **CONTACT)
    assert 'id="errors"' in page
    assert "须有中文与英文" in page
    assert 'value="新标题"' in page
    assert ListingVersion.objects.get().state == "draft"
    assert ListingVersion.objects.get().body["title"]["zh"] == "新标题"
    send(browser, "submit", 302, title_en="New title", **CONTACT)


def test_a_personal_item_cannot_be_shared_unconditionally(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    page = send(browser, "submit", 422, item_share_class_phone="unconditional", **CONTACT)
    assert "至多有条件共享" in page


def test_who_saved_an_older_draft_loses_nothing_of_the_newer(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    old = fields(browser, act="save", **CONTACT)
    send(browser, "save", 302, title_zh="后来的", **CONTACT)
    answer = browser.post("/store/listings/worker/edit/", old)
    assert answer.status_code == 422
    assert ListingVersion.objects.get().body["title"]["zh"] == "后来的"


def test_the_file_of_a_draft_says_the_same(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    sent = fields(browser, act="download", **CONTACT)
    answer = browser.post("/store/listings/worker/edit/", sent)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="worker.yaml"'
    assert "listing: worker" in answer.content.decode()


def test_an_assessment_without_answers_is_not_agreed_to(sign_in: Browser) -> None:
    send(drafted(sign_in), "submit", 302, **CONTACT)
    security = sign_in("security_c")
    page = decide(security, 422)
    assert "须逐项回答评估问题" in page
    page = decide(security, 422, **(ANSWERS | {"audience": "enterprises"}))
    assert "须说明理由" in page
    assert decide(security, 422, act="return")
    decide(security, 302, act="return", comment="请补充联系电话")
    assert (
        "请补充联系电话"
        in sign_in("steward_a").get("/store/listings/worker/edit/").content.decode()
    )


def test_a_change_shows_what_differs_and_the_old_version_stays(sign_in: Browser) -> None:
    shown(sign_in)
    browser = sign_in("steward_a")
    assert "起草新版本" in browser.get("/store/listings/worker/edit/").content.decode()
    browser.post("/store/listings/worker/edit/", {"act": "change"})
    send(browser, "submit", 302, title_zh="工地人员", title_en="Site people")
    page = sign_in("security_c").get("/store/review/worker/").content.decode()
    assert "<del>务工人员</del>" in page
    assert "<ins>工地人员</ins>" in page
    assert "工地人员" not in sign_in("developer_b").get("/store/listings/worker/").content.decode()


def test_a_withdrawal_shows_who_would_feel_it(sign_in: Browser) -> None:
    shown(sign_in)
    browser = sign_in("steward_a")
    page = browser.get("/store/listings/worker/withdraw/").content.decode()
    assert "worker_by_id" in page
    assert browser.post("/store/listings/worker/withdraw/", {"reason": ""}).status_code == 422
    browser.post("/store/listings/worker/withdraw/", {"act": "announce", "reason": "改由省级提供"})
    seen = sign_in("developer_b").get("/store/listings/worker/").content.decode()
    assert "改由省级提供" in seen
    assert "加入选购车" not in seen
    browser.post("/store/listings/worker/withdraw/", {"act": "keep"})
    assert store.listing("worker").state == "published"


def test_questions_ratings_and_following(sign_in: Browser) -> None:
    shown(sign_in)
    user, path = sign_in("developer_b"), "/store/listings/worker/say/"
    assert user.post(path, {"act": "follow"}).status_code == 302
    assert user.post(path, {"act": "ask", "text": "多久更新一次？"}).status_code == 302
    number = store.listing_page("worker", _person("steward_a"), now=_now()).opinions.questions[0][0]
    assert (
        user.post(path, {"act": "answer", "question": str(number.number), "text": "x"}).status_code
        == 403
    )
    steward = sign_in("steward_a")
    told = {"act": "answer", "question": str(number.number), "text": "每日更新"}
    assert steward.post(path, told).status_code == 302
    assert "每日更新" in user.get("/store/listings/worker/").content.decode()
    assert steward.post(path, told).status_code == 409
    assert user.post(path, {"act": "rate", "stars": "5"}).status_code == 403
    _use("dept_b")
    assert user.post(path, {"act": "rate", "stars": "9"}).status_code == 422
    for stars in ("5", "4"):
        assert user.post(path, {"act": "rate", "stars": stars, "text": "好用"}).status_code == 302
    row = Listing.objects.get()
    assert (row.stars, row.ratings) == (4, 1)


def _person(name: str) -> Any:
    from django.contrib.auth import get_user_model

    from duokua.identity.selectors import person

    return person(get_user_model().objects.get(username=name), _now())


def _now() -> Any:
    from duokua.kernel import clock

    return clock.now()


def _use(department: str) -> None:
    """Let a department have had a grant."""
    from duokua.exchange import facade as exchange

    grant = exchange.grants(department=department)[0].grant.id
    Request.objects.create(
        id="req-1", listing_id="worker", interface="worker_by_id", client="watch",
        department_id=department, provider_id="dept_a", requested_by="developer_b",
        state="in_use", body={}, grant_id=grant, created_at=_now(), changed_at=_now(),
    )  # fmt: skip


TEXTS = ("title_zh", "title_en", "summary_zh", "summary_en", "condition_zh", "condition_en",
         "contact_zh", "contact_en", "phone", "keywords", "item_zh_phone", "item_en_phone",
         "item_law_phone")  # fmt: skip


def test_what_people_write_never_runs(sign_in: Browser) -> None:
    payload = dict.fromkeys(TEXTS, XSS) | {"keywords": "<script>alert(3)</script>"}
    browser = drafted(sign_in)
    send(browser, "submit", 302, **payload)
    pages = [
        sign_in("security_c").get("/store/review/worker/"),
        sign_in("head_a").get("/store/review/"),
    ]
    decide(sign_in("security_c"), 302, **ANSWERS)
    decide(sign_in("head_a"), 302, act="return", comment=XSS)
    pages.append(browser.get("/store/listings/worker/edit/"))
    send(browser, "submit", 302)
    for name in ("security_c", "head_a", "bureau_a"):
        decide(sign_in(name), 302, comment=XSS, **(ANSWERS if name == "security_c" else {}))
    _use("dept_b")
    user, path = sign_in("developer_b"), "/store/listings/worker/say/"
    user.post(path, {"act": "ask", "text": XSS})
    user.post(path, {"act": "rate", "stars": "1", "text": XSS})
    browser.post("/store/listings/worker/withdraw/", {"act": "announce", "reason": XSS})
    for name in ("steward_a", "developer_b", "bureau_a"):
        pages.append(sign_in(name).get("/store/listings/worker/"))
        pages.append(sign_in(name).get("/messages/"))
    pages += [browser.get("/store/listings/mine/"), browser.get("/store/listings/worker/withdraw/")]
    for answer in pages:
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"alert\(2\)&gt;(\w+)", page)
    assert sum("&lt;script&gt;" in a.content.decode() for a in pages) >= 8


CORE = ("/store/listings/worker/", "/store/listings/worker/edit/", "/store/listings/mine/",
        "/store/listings/new/", "/store/listings/worker/withdraw/", "/store/review/")  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages(sign_in: Browser, language: str) -> None:
    shown(sign_in)
    sign_in("steward_a").post("/store/listings/worker/edit/", {"act": "change"})
    for path in CORE:
        who = "head_a" if path == "/store/review/" else "steward_a"
        answer = sign_in(who, language).get(path)
        assert answer.status_code == 200, path
        assert f'<html lang="{"en" if language == "en" else "zh-Hans"}"' in answer.content.decode()


def test_what_is_not_on_show_is_the_departments_own(sign_in: Browser) -> None:
    drafted(sign_in)
    assert sign_in("steward_a").get("/store/listings/worker/").status_code == 200
    for name in ("developer_b", "auditor_c", "security_c"):
        assert sign_in(name).get("/store/listings/worker/").status_code == 404
    for path in ("edit/", "withdraw/"):
        assert sign_in("developer_b").get(f"/store/listings/worker/{path}").status_code == 403
    answer = sign_in("developer_b").post("/store/listings/worker/say/", {"act": "follow"})
    assert answer.status_code == 404


def test_the_list_is_sorted_filtered_and_exported(sign_in: Browser) -> None:
    browser = drafted(sign_in)
    assert "worker" in browser.get("/store/listings/mine/?state=draft&sort=-heat").content.decode()
    assert (
        "/store/listings/worker/"
        not in browser.get("/store/listings/mine/?state=notice").content.decode()
    )
    answer = browser.get("/store/listings/mine/?format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "worker,务工人员,L3" in answer.content.decode()


def test_a_core_listing_is_absent_for_everybody_else(sign_in: Browser) -> None:
    """Also for reviewers and the auditor, by any way of naming it."""
    shown(sign_in)
    Listing.objects.update(level="L4")
    assert sign_in("steward_a").get("/store/listings/worker/").status_code == 200
    for name in ("developer_b", "auditor_c", "security_c"):
        browser = sign_in(name)
        kept, absent = (
            browser.get(f"/store/listings/{each}/").content.decode().replace(each, "")
            for each in ("worker", "nowhere")
        )
        assert _bare(kept) == _bare(absent)
        assert "务工人员" not in kept


def _bare(page: str) -> str:
    return re.sub(r'(csrf\w*|X-CSRFToken)["\': =&quot;a-z]+[\w-]{64}', "csrf", page)


def test_heat_is_what_the_receipts_of_thirty_days_say(sign_in: Browser) -> None:
    from datetime import UTC, datetime

    shown(sign_in)
    day = datetime(2026, 5, 20, 4, tzinfo=UTC)
    assert store.measure_heat(now=day) == 1
    assert store.listing("worker").heat == 3  # the ledger of these tests: three calls
    assert store.measure_heat(now=day) == 0
    assert store.measure_heat(now=day.replace(month=7)) == 1
    assert store.listing("worker").heat == 0
