"""The manual of an interface in a browser: examples in tabs, by keyboard too, and code lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser
PATH = "/store/interfaces/site_workers/"


def _shown(window: Any) -> list[str]:
    tabs = window.page.locator("[role=tabpanel]:visible")
    return [tabs.nth(at).get_attribute("id") for at in range(tabs.count())]


def test_one_example_at_a_time_and_the_language_is_kept(visit: Callable[..., Any]) -> None:
    window = visit("phone", "light", "en-GB")
    window.sign_in("developer")
    window.open(PATH)
    assert _shown(window) == ["pane-curl"]
    window.page.click("#tab-java")
    window.page.locator("#pane-java").wait_for()
    assert _shown(window) == ["pane-java"]
    window.page.keyboard.press("ArrowLeft")
    window.page.locator("#pane-javascript").wait_for()
    assert _shown(window) == ["pane-javascript"]
    window.open(PATH)
    window.page.locator("#pane-javascript").wait_for()
    assert _shown(window) == ["pane-javascript"]


def test_a_long_code_list_is_searched(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "dark", "zh-CN")
    window.sign_in("developer")
    window.open(PATH)
    codes = window.page.locator("details.codes").first
    codes.locator("summary").click()
    every = codes.locator("li:visible").count()
    assert every > 8
    word = codes.locator("li code").nth(3).inner_text()
    codes.locator("input").fill(word)
    left = codes.locator("li:visible")
    assert 1 <= left.count() < every
    assert word in left.first.inner_text()


def test_whoever_has_no_grant_is_told_the_way(visit: Callable[..., Any]) -> None:
    window = visit("small", "light", "zh-CN")
    window.sign_in("auditor")
    window.open(PATH)
    assert window.page.locator(".steps li").count() == 4
    assert window.page.locator("[data-try]").count() == 0
    title = window.page.locator("h1").bounding_box()
    assert title["width"] > 200, "the title is not squeezed by its buttons"
