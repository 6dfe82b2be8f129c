"""A steward defines an interface, looks at it, publishes it, opens a grant; the consumer calls it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from settling import settle

pytestmark = pytest.mark.browser
PHONE = re.compile(r"1[0-9]{2}\*{4}[0-9]{4}")


def _trouble(window: Any) -> list[str]:
    settle(window.page)
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = int(window.page.evaluate(script))
    found = Axe().run(window.page).response["violations"]
    told = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
    return told + ([f"{wide} pixels too wide"] if wide else [])


@pytest.mark.parametrize(
    ("size", "theme", "language"),
    [("desktop", "light", "zh-CN"), ("small", "dark", "en-GB")],
)
def test_define_preview_publish_grant_call(
    visit: Callable[..., Any], size: str, theme: str, language: str
) -> None:
    owner = visit(size, theme, language)
    owner.sign_in("steward")
    page, id_ = owner.page, f"crane_phones_{size}"
    owner.open("/store/interfaces/")
    page.click("a[href='/store/interfaces/define/']")
    page.click("a[href='/store/interfaces/define/site_worker/']")
    page.wait_for_url("**/define/site_worker/")
    assert _trouble(owner) == []
    page.fill("#id", id_)
    page.fill("#title_en", "")
    for name in ("phone", "name"):
        page.check(f"input[name=columns][value={name}]")
    page.select_option("[name=p_column_1]", "trade")
    page.click("button[value=preview]")
    wrong = page.locator(".field:has(#title_en) .wrong, .field:has(#title_zh) .wrong")
    expect(wrong.first).to_be_visible()
    expect(page.locator("#id")).to_have_value(id_)
    assert _trouble(owner) == []
    owner.wrong.clear()  # the browser itself notes the status 422
    page.fill("#title_en", "Crane drivers")
    page.select_option("[name=where_column_1]", "trade")
    page.fill("[name=where_value_1]", "crane_driver")
    page.click("button[value=preview]")
    rows = page.locator("#preview tbody tr")
    expect(rows).to_have_count(10)
    phones = [text for text in rows.first.locator("td").all_inner_texts() if PHONE.fullmatch(text)]
    assert len(phones) == 1
    expect(page.locator("#preview .ansbar code")).to_have_text(re.compile(r"audit-\d+"))
    assert _trouble(owner) == []
    page.click("button[value=publish]")
    page.wait_for_url(f"**/store/interfaces/{id_}/")
    page.click(f"a[href='/store/interfaces/{id_}/grants/open/']")
    page.wait_for_url("**/grants/open/")
    assert _trouble(owner) == []
    page.select_option("#client", "safety_watch")
    page.fill("#purpose", f"塔吊核查 {size}")
    page.fill("#basis", "《建设工程安全生产管理条例》第二十五条")
    page.click("button[value=open]")
    page.wait_for_url(f"**/store/interfaces/{id_}/")

    caller = visit(size, theme, language)
    caller.sign_in("developer")
    caller.open(f"/store/interfaces/{id_}/")
    caller.page.click("[data-try] button.pri")
    shown = caller.page.locator("[data-answer] tbody")
    expect(shown.locator("tr")).to_have_count(10)
    assert PHONE.search(shown.inner_text())
    owner.open(f"/store/interfaces/{id_}/change/")
    expect(page.locator("#version")).to_have_value("1.1.0")
    assert _trouble(owner) == []
