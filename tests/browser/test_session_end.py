"""A session that ends while somebody writes: nothing of what they typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from duokua.kernel import clock

pytestmark = pytest.mark.browser
DAY = (clock.district_day(clock.now()) + timedelta(days=3)).isoformat()
WHY = "年休假期间由同事代为审批"


def write_in_vain(window: Any, path: str) -> None:
    """Fill in a delegation and send it when the session is over; end at the door."""
    window.open(path)
    window.page.fill("[name=until]", DAY)
    window.page.fill("[name=reason]", WHY)
    window.page.context.clear_cookies(name="duokua_session")  # as after half an hour
    with window.page.expect_navigation():
        window.page.locator("main form[method=post] button").first.click()
    assert "/sign-in/" in window.page.url


def sign_in_again(window: Any, name: str) -> None:
    window.page.fill("[name=username]", name)
    window.page.fill("[name=password]", window.platform.passwords[name])
    with window.page.expect_navigation():
        window.page.click(".door-form button.pri")


def test_what_was_typed_is_there_again(visit: Callable[..., Any]) -> None:
    window = visit("phone")
    window.sign_in("head")
    write_in_vain(window, "/me/delegations/?from=menu")
    sign_in_again(window, "head")
    assert window.page.url.endswith("/me/delegations/?from=menu")
    expect(window.page.locator("[name=reason]")).to_have_value(WHY)
    expect(window.page.locator("[name=until]")).to_have_value(DAY)
    expect(window.page.locator("main form .note[role=status]")).to_contain_text("已恢复")
    window.open("/me/delegations/")
    expect(window.page.locator("[name=reason]")).to_have_value("")  # once, and only then


def test_it_is_nobody_elses(visit: Callable[..., Any]) -> None:
    window = visit("desktop")
    window.sign_in("head")
    write_in_vain(window, "/me/delegations/")
    sign_in_again(window, "steward")
    expect(window.page.locator("[name=reason]")).to_have_value("")
    left = "Object.keys(sessionStorage).filter(each => each.startsWith('duokua-typed'))"
    assert window.page.evaluate(left) == []
