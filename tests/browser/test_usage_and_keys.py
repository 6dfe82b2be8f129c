"""Use, keys and the search by subject in a browser: both themes, desk and phone, nothing cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser


def _faults(visit: Any, path: str) -> list[str]:
    """Return what axe finds on a page, and how far it is too wide."""
    assert visit.open(path) == 200
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = int(visit.page.evaluate(script))
    found = Axe().run(visit.page).response["violations"]
    told = [f"{path} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
    return told + ([f"{path} is {wide} px too wide"] if wide else [])


def _call(visit: Any) -> None:
    """Call an interface from its page and wait for the receipt to be found in the index."""
    visit.open("/store/interfaces/site_workers/")
    visit.page.click("[data-try] button.pri")
    visit.page.locator("[data-receipt]").click()
    visit.page.locator("code.link").wait_for()


@pytest.mark.parametrize(
    ("size", "theme", "language"),
    [("desktop", "light", "zh-CN"), ("phone", "dark", "en-GB"), ("small", "light", "en-GB")],
)
def test_pages_are_accessible_and_fit(
    visit: Callable[..., Any], size: str, theme: str, language: str
) -> None:
    window = visit(size, theme, language)
    window.sign_in("developer")
    _call(window)
    faults = _faults(window, "/me/usage/?days=30")
    window.page.locator("svg.daychart").wait_for()
    window.page.click("details summary")
    assert window.page.locator("details table tbody tr").count() >= 1
    faults += _faults(window, "/me/clients/")
    client = visit(size, theme, language)
    client.sign_in("steward")
    faults += _faults(client, "/me/usage/?scope=interfaces")
    faults += _faults(client, "/store/interfaces/site_workers/usage/")
    faults += _faults(client, "/receipts/subject/")
    client.page.fill("[name=subject]", "11010519491231002X")
    client.page.fill("[name=reason]", "check")
    client.page.click("main form button.pri")
    client.page.locator("p.note").wait_for()
    assert "11010519491231002X" not in client.page.content()
    assert faults == []


def test_a_key_is_added_and_revoked(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "light", "en-GB")
    window.sign_in("developer")
    window.open("/me/clients/")
    window.page.locator("[name=label]").first.fill("of the test")
    window.page.locator("form[action$='/keys/'] button").first.click()
    assert len(window.page.locator("#secret").inner_text()) > 30
    row = window.page.locator("tr", has_text="of the test")
    row.locator("form[action$='/revoke/'] button").click()
    row.locator("[name=reason]").fill("leaked")
    row.locator("button.pri").click()
    window.page.locator("tr", has_text="of the test").locator(".tag.bad").wait_for()
