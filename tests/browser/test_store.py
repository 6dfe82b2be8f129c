"""From a search to the use of another department's data, to its end: each at their own post."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from listed_dataset import LISTED

pytestmark = pytest.mark.browser
PURPOSE = "高处作业人员核查"
PATIENCE_S = 60
POSTS = {
    "head_e": ("emergency", "head"),
    "bureau_x": ("data_bureau", "bureau"),
    "security_x": ("data_bureau", "security"),
}


def put_on_show(platform: Any) -> None:
    """Take the listing over as a district does that reviewed it before."""
    env = {**os.environ, "DUOKUA_HOME": str(platform.home),
           "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}  # fmt: skip
    subprocess.run([sys.executable, "-c", LISTED], env=env, check=True, timeout=120)


def save(page: Page) -> None:
    """Go on to the next step of the wizard."""
    with page.expect_navigation():
        page.click(".wizacts button[value=next]")


def empty_cart(window: Any) -> None:
    """Take out what an earlier journey on the same platform left in the cart."""
    window.open("/store/cart/")
    while (out := window.page.locator("form[action='/store/cart/remove/'] button")).count():
        with window.page.expect_navigation():
            out.first.click()


def ask(window: Any) -> str:
    """Find, choose, fill in and submit; return the id of the request."""
    page = window.page
    window.sign_in("developer")
    empty_cart(window)
    window.open("/store/")
    page.fill(".hero-search input", "gongdi 人员")
    page.click(".hero-search button")
    page.click("a[href='/store/listings/site_worker/']")
    with page.expect_navigation():
        page.locator("form:has(input[value=site_workers]) button").first.click()
    window.open("/store/cart/")
    with page.expect_navigation():
        page.click("form.acts button.pri")
    page.check("input[name=question][value=list]")
    with page.expect_navigation():
        page.click("button[value=propose]")
    page.check("input[name=option][value='site_workers:masked']")
    page.fill("#more", "须按姓氏与工种现场核对人员")
    page.select_option("#client", "safety_watch")
    save(page)
    page.fill("#purpose", PURPOSE)
    page.fill("#explanation", "核查高处作业人员是否在岗持证，发现无证上岗及时处置。")
    page.fill("#scenario", "安全巡查")
    page.fill("#without", "无法及时发现无证上岗。")
    save(page)
    page.fill("#basis", "《中华人民共和国安全生产法》第六十二条")
    save(page)
    for _ in ("fields", "rows", "period"):
        save(page)
    page.check("input[name=duty]")
    page.fill("#disposal", "只核查不留存")
    save(page)
    expect(page.locator("main")).to_contain_text(PURPOSE)
    with page.expect_navigation():
        page.click("button[value=submit]")
    found = re.search(r"/store/requests/([^/]+)/", page.url)
    assert found, page.url
    return found.group(1)


def decide(visit: Callable[..., Any], name: str, request: str, act: str = "agree") -> None:
    """Decide at one's post, from the inbox on."""
    window = visit()
    window.sign_in(name)
    page = window.page
    window.open("/store/inbox/")
    page.locator(f"a[href*='/store/requests/{request}/']").first.click()
    page.fill("#dec-comment", "同意。" if act == "agree" else "请补充法律依据的条款。")
    if act == "return":
        page.locator("details:has(button[value=return]) > summary").click()
        page.locator("input[name=missing]").first.check()
    with page.expect_navigation():
        page.click(f"#decide button[value={act}]")
    assert not page.locator(".alarm").count(), page.locator(".alarm").first.inner_text()


def call(platform: Any, purpose: str = PURPOSE) -> int:
    """Call as the program does, with its own secret; return the status."""
    form = {"grant_type": "client_credentials", "client_id": "safety_watch",
            "client_secret": platform.secrets["safety_watch"], "purpose": purpose}  # fmt: skip
    data = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(platform.url + "/oauth/token", data, timeout=10) as answer:
            token = json.load(answer)["access_token"]
        wanted = urllib.request.Request(
            platform.url + "/data/site_workers?limit=5",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(wanted, timeout=10) as answer:
            assert len(json.load(answer)["rows"]) == 5
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def await_state(window: Any, request: str, words: str) -> None:
    """Look at the request until it stands where it has to."""
    await_text(window, f"/store/requests/{request}/", ".tags .tag", words)


def await_text(window: Any, path: str, place: str, words: str) -> None:
    """Look at a page again and again until it says these words at a place."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        window.open(path)
        if window.page.locator(f"{place}:has-text('{words}')").count():
            return
        window.page.wait_for_timeout(300)
    pytest.fail(f"{path} does not say {words}: {window.page.inner_text('main')}")


def test_from_a_search_to_the_end_of_a_grant(visit: Callable[..., Any], platform: Any) -> None:
    for name, (department, role) in POSTS.items():
        platform.employ(name, department, role)
    put_on_show(platform)
    mine = visit()
    request = ask(mine)
    decide(visit, "head_e", request)
    decide(visit, "bureau", request, "return")
    await_state(mine, request, "退回补正")
    page = mine.page
    mine.open(f"/store/requests/{request}/basis/")
    page.fill("#basis", "《中华人民共和国安全生产法》第六十五条第一款")
    save(page)
    mine.open(f"/store/requests/{request}/check/")
    with page.expect_navigation():
        page.click("button[value=submit]")
    decide(visit, "bureau", request)
    for name in ("steward", "security_x", "bureau_x"):
        decide(visit, name, request)
    await_state(mine, request, "使用中")
    expect(page.locator("main")).to_contain_text("探测通过")
    assert call(platform) == 200
    await_text(mine, f"/receipts/?request={request}", "td", PURPOSE)
    mine.open(f"/me/resources/{request}/")
    expect(page.locator("#call")).to_contain_text("/data/site_workers")
    with page.expect_navigation():
        page.click("button[value=renew]")
    expect(page.locator("main")).to_contain_text("续期")
    owner = visit()
    owner.sign_in("steward")
    owner.open(f"/store/resources/{request}/")
    owner.page.fill("#reason", "用途已结束")
    with owner.page.expect_navigation():
        owner.page.click("button[value=revoke]")
    await_state(mine, request, "已撤销")
    assert call(platform) in (400, 403)  # no token for a purpose of which no grant is left
