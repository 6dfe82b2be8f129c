"""What every list has: what is asked for in its address, an order, pages, and the same as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lists.paging import PAGE_ROWS
from duokua.notify import facade as notify
from duokua.notify.facade import BulletinText, Note, Weight
from duokua.store import facade as store
from duokua.store.models import ListingVersion
from store_world import NOW, register

Browser = Callable[..., Client]
LISTS = {
    "/messages/": "messages",
    "/notices/": "notices",
    "/tasks/": "tasks",
    "/departments/": "departments",
    "/receipts/": "receipts",
    "/me/clients/": "programs",
    "/me/sign-ins/": "sign_ins",
    "/me/resources/": "resources",
    "/store/resources/": "resources",
    "/store/requests/": "requests",
    "/store/inbox/": "inbox",
    "/store/disputes/": "disputes",
    "/store/review/": "listings-to-review",
    "/store/packs/": "packs",
    "/devices/": "devices",
    "/streams/": "streams",
}
SORTED = ("/store/resources/", "/store/requests/", "/store/inbox/", "/store/disputes/",
          "/store/listings/mine/", "/store/datasets/", "/store/interfaces/", "/messages/",
          "/receipts/", "/store/search/", "/cases/", "/devices/")  # fmt: skip


def asked_as(path: str) -> str:
    return "format" if path == "/me/sign-ins/" else "export"


def person_for(path: str) -> str:
    return "steward_a" if path == "/store/listings/mine/" else "bureau_a"


@pytest.mark.parametrize("path", LISTS)
def test_each_list_is_a_file_too(sign_in: Browser, path: str) -> None:
    browser = sign_in("bureau_a")
    for kind in ("csv", "json"):
        answer = browser.get(f"{path}?{asked_as(path)}={kind}")
        assert answer.status_code == 200
        assert f'filename="{LISTS[path]}.{kind}"' in answer.headers["Content-Disposition"]
        text = answer.content.decode("utf-8-sig")
        if kind == "json":
            assert isinstance(json.loads(text)[LISTS[path]], list)
        else:
            assert next(csv.reader(io.StringIO(text)))
    page = browser.get(path).content.decode()
    assert f"{asked_as(path)}=csv" in page and f"{asked_as(path)}=json" in page


@pytest.mark.parametrize("path", SORTED)
def test_an_order_that_a_list_does_not_know_is_told(sign_in: Browser, path: str) -> None:
    browser = sign_in(person_for(path), "en")
    page = browser.get(f"{path}?sort=%3Cb%3Enonsense").content.decode()
    assert "says nothing to this page" in page and "&lt;b&gt;nonsense" in page
    assert "says nothing" not in browser.get(path).content.decode()


@pytest.mark.parametrize(
    "address",
    ["/messages/?state=odd", "/messages/?weight=9", "/notices/?state=odd", "/tasks/?state=odd",
     "/tasks/?kind=odd", "/departments/?only=odd", "/me/clients/?state=odd", "/receipts/?since=odd",
     "/receipts/?export=xml", "/store/resources/?state=odd", "/store/resources/?department=odd",
     "/store/requests/?group=odd", "/store/inbox/?share=odd", "/store/disputes/?turn=yours",
     "/store/review/?share=odd", "/store/datasets/?level=L9", "/store/interfaces/?access=odd",
     "/me/usage/?days=8", "/store/packs/?state=odd", "/cases/?level=purple", "/cases/?scope=odd"],
)  # fmt: skip
def test_a_value_that_a_list_does_not_know_is_told_and_not_heeded(
    sign_in: Browser, address: str
) -> None:
    browser = sign_in("bureau_a", "en")
    answer = browser.get(address)
    assert answer.status_code == 200
    assert "says nothing to this page" in answer.content.decode()


@pytest.fixture
def told(db: None) -> None:
    now = clock.now()
    for at in range(PAGE_ROWS + 5):
        weight = Weight.ALARM if at == 3 else Weight.NOTE
        note = Note(f"c{at}", Text(f"第{at}条", f"No {at}."), weight=weight, person="steward_a")
        notify.tell(note, now=now + timedelta(minutes=at))
    notify.clear("c4", now=now + timedelta(hours=2))
    notify.tell(
        Note("c0", Text("第0条", "No 0."), person="steward_a"), now=now + timedelta(hours=1)
    )


def titles(browser: Client, query: str = "") -> list[str]:
    return [each.title.en for each in browser.get(f"/messages/{query}").context["page"].rows]


def test_messages_by_time_state_weight_and_words(sign_in: Browser, told: None) -> None:
    browser = sign_in("steward_a", "en")
    page = browser.get("/messages/").context["page"]
    last = PAGE_ROWS + 4
    assert [each.title.en for each in page.rows[:3]] == ["No 4.", "No 0.", f"No {last}."]
    rest = titles(browser, f"?after={page.next}")
    assert len(page.rows) == PAGE_ROWS and rest[-1] == "No 1."
    assert len({*titles(browser), *rest}) == PAGE_ROWS + 5
    assert titles(browser, "?sort=told")[:2] == ["No 1.", "No 2."]
    assert titles(browser, "?state=cleared") == ["No 4."]
    assert titles(browser, "?weight=alarm") == ["No 3."]
    assert titles(browser, "?q=第7条") == ["No 7."]
    browser.post("/messages/")
    assert titles(browser, "?state=unread") == []
    assert "No message fits" in browser.get("/messages/?q=nothing").content.decode()


def test_notices_to_come_and_over_are_their_writers(sign_in: Browser, client: Client) -> None:
    now = clock.now()
    bureau = sign_in("bureau_a", "en")
    (writer,) = identity.people_with(Role.BUREAU, "dept_a", now)
    days = {"over": (-9, -1), "now": (-1, None), "coming": (1, None)}
    for name, (first, last) in days.items():
        until = None if last is None else now + timedelta(days=last)
        text = BulletinText(
            Text(name, name), Text("内容", "text"), now + timedelta(days=first), until
        )
        notify.write_bulletin(text, by=writer, now=now)

    def shown(browser: Client, query: str = "") -> list[str]:
        return [row.title.en for row in browser.get(f"/notices/{query}").context["page"].rows]

    assert shown(bureau) == shown(client) == ["now"]
    assert shown(bureau, "?state=coming") == ["coming"] and shown(client, "?state=coming") == [
        "now"
    ]
    (over,) = bureau.get("/notices/?state=over").context["page"].rows
    assert bureau.get(f"/notices/{over.number}/").status_code == 200
    assert client.get(f"/notices/{over.number}/").status_code == 404
    (coming,) = bureau.get("/notices/?state=coming").context["page"].rows
    assert bureau.post(f"/notices/{coming.number}/end/").status_code == 302
    assert shown(bureau, "?state=coming") == [] and len(shown(bureau, "?state=over")) == 2
    assert shown(client, "?q=nothing") == []


def test_programs_are_found_sorted_and_paged(sign_in: Browser) -> None:
    for at in range(PAGE_ROWS + 2):
        exchange.create_client(
            title=f"App {at:02d}", department="dept_b", by="developer_b",
            now=NOW + timedelta(minutes=at), client_id=f"app_{at}",
        )  # fmt: skip
    browser = sign_in("developer_b", "en")
    page = browser.get("/me/clients/?sort=-created&state=active")
    assert page.context["clients"][0].info.id == f"app_{PAGE_ROWS + 1}"
    rest = browser.get(f"/me/clients/?sort=-created&after={page.context['page'].next}")
    assert {one.info.id for one in rest.context["clients"]} >= {"app_0", "watch"} - {"app_0"}
    found = browser.get("/me/clients/?q=app%2007").context["clients"]
    assert [one.info.id for one in found] == ["app_7"]
    assert "No program fits" in browser.get("/me/clients/?q=zzz").content.decode()


def test_reviews_are_narrowed(sign_in: Browser) -> None:
    register("dept_a")
    (steward,) = identity.people_with(Role.STEWARD, "dept_a", NOW)
    store.draft_listing("crew", by=steward, now=NOW)
    ListingVersion.objects.update(state="review", submitted_by="steward_a")
    bureau = sign_in("bureau_a", "en")

    def found(query: str = "") -> list[str]:
        return [
            row[0].version.listing for row in bureau.get(f"/store/review/{query}").context["rows"]
        ]

    assert found() == found("?q=crew&department=dept_a&state=review&share=conditional") == ["crew"]
    assert found("?share=refused") == found("?q=zzz") == []
    assert "Nothing fits" in bureau.get("/store/review/?q=zzz").content.decode()
