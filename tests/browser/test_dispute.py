"""A refusal is disputed up to the government, which upholds it: each at their post and device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from looking import look
from store_posts import POSTS, ask, await_state, decide, put_on_show

pytestmark = pytest.mark.browser
PURPOSE = "高处作业持证抽查"
GOVERNMENT = ("district_government", "head")


def say(window: Any, path: str, act: str, text: str, picture: str) -> None:
    """Look at a dispute, say something in it and do an act."""
    window.open(path)
    look(window.page, picture)
    window.page.fill("#text", text)
    with window.page.expect_navigation():
        window.page.click(f"button[name=act][value={act}]")
    expect(window.page.locator("ol.events")).to_contain_text(text)


def test_a_refusal_goes_up_to_the_government(visit: Callable[..., Any], platform: Any) -> None:
    for name, (department, role) in {**POSTS, "head_g": GOVERNMENT}.items():
        platform.employ(name, department, role)
    put_on_show(platform)
    mine = visit()
    request = ask(mine, PURPOSE)
    for name in ("head_e", "bureau"):
        decide(visit, name, request)
    decide(visit, "steward", request, "refuse")
    await_state(mine, request, "不同意")
    page = mine.page
    page.locator("details:has(#claim) > summary").click()
    page.fill("#claim", "用途与安全监管职责直接相关，请复核。")
    with page.expect_navigation():
        page.click("details:has(#claim) button")
    path = page.url.removeprefix(platform.url)
    look(page, "dispute-negotiation")

    owner = visit("phone", "dark")
    owner.sign_in("steward")
    say(owner, path, "state", "名册含个人信息，请说明为何不能只核验。", "dispute-owner-phone-dark")
    say(mine, path, "raise", "协商未果，提请数据局协调。", "dispute-answered")

    bureau = visit("desktop", "dark", "en-GB")
    bureau.sign_in("bureau_x")
    bureau.open("/store/disputes/?state=running")
    look(bureau.page, "disputes-bureau-en")
    bureau.page.locator(f"a[href='{path}']").click()
    say(bureau, path, "raise", "The sides do not agree.", "dispute-coordination-en")
    assert bureau.page.locator("button[value=uphold]").count() == 0

    head = visit("small")
    head.sign_in("head_g")
    say(head, path, "uphold", "监管职责明确，支持申请方。", "dispute-government-small")
    expect(head.page.locator(".tags")).to_contain_text("支持申请方")

    for name in ("steward", "security_x", "bureau_x"):
        decide(visit, name, request)
    await_state(mine, request, "使用中")
    mine.open(f"/me/resources/{request}/")
    look(page, "dispute-upheld-in-use")
    page.click("summary:has-text('归还')")
    look(page, "give-back-asks")
    with page.expect_navigation():
        page.click("button[value=give_back]")
    await_state(mine, request, "已归还")
