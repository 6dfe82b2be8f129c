"""What the journeys through the store share: asking, deciding, waiting for what follows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from listed_dataset import LISTED

PURPOSE = "高处作业人员核查"
PATIENCE_S = 60
POSTS = {
    "head_e": ("emergency", "head"),
    "bureau_x": ("data_bureau", "bureau"),
    "security_x": ("data_bureau", "security"),
}
WORDS = {
    "agree": "同意。",
    "return": "请补充法律依据的条款。",
    "refuse": "与申请用途无直接关系。",
}


def put_on_show(platform: Any) -> None:
    """Take the listing over as a district does that reviewed it before."""
    env = {**os.environ, "DUOKUA_HOME": str(platform.home),
           "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}  # fmt: skip
    subprocess.run([sys.executable, "-c", LISTED], env=env, check=True, timeout=120)


def save(page: Any) -> None:
    """Go on to the next step of the wizard."""
    with page.expect_navigation():
        page.click(".wizacts button[value=next]")


def empty_cart(window: Any) -> None:
    """Take out what an earlier journey on the same platform left in the cart."""
    window.open("/store/cart/")
    while (out := window.page.locator("form[action='/store/cart/remove/'] button")).count():
        with window.page.expect_navigation():
            out.first.click()


def ask(window: Any, purpose: str = PURPOSE) -> str:
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
    page.fill("#purpose", purpose)
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
    expect(page.locator("main")).to_contain_text(purpose)
    with page.expect_navigation():
        page.click("button[value=submit]")
    found = re.search(r"/store/requests/([^/]+)/", page.url)
    assert found, page.url
    return found.group(1)


def decide(visit: Callable[..., Any], name: str, request: str, act: str = "agree") -> None:
    """Decide at one's post, from the inbox on: agree, return or refuse."""
    window = visit()
    window.sign_in(name)
    page = window.page
    window.open("/store/inbox/")
    page.locator(f"a[href*='/store/requests/{request}/']").first.click()
    page.fill("#dec-comment", WORDS[act])
    if act != "agree":
        page.locator(f"details:has(button[value={act}]) > summary").click()
    if act == "return":
        page.check("input[name=missing][value=basis]")
    elif act == "refuse":
        page.select_option("#dec-ground", index=1)
    with page.expect_navigation():
        page.click(f"#decide button[value={act}]")
    assert not page.locator(".alarm").count(), page.locator(".alarm").first.inner_text()


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
