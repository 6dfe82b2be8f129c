"""From a search to the use of another department's data, to its end: each at their own post."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from looking import look
from store_posts import POSTS, PURPOSE, ask, await_state, await_text, decide, put_on_show, save

pytestmark = pytest.mark.browser


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
    look(page, "store-returned")
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
    look(page, "store-in-use")
    with page.expect_navigation():
        page.click("button[value=renew]")
    expect(page.locator("main")).to_contain_text("续期")
    owner = visit("small", "dark", "en-GB")
    owner.sign_in("steward")
    owner.open(f"/store/resources/{request}/")
    look(owner.page, "store-owner-small-dark-en")
    owner.page.fill("#reason", "用途已结束")
    with owner.page.expect_navigation():
        owner.page.click("button[value=revoke]")
    await_state(mine, request, "已撤销")
    assert call(platform) in (400, 403)  # no token for a purpose of which no grant is left
