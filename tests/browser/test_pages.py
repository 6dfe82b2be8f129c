"""Every page in both themes, on a desk and on a phone: readable, nothing cut, nothing refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser
EFFORT = int(os.environ.get("EFFORT", "1"))
WAYS = [("desktop", "light"), ("phone", "dark")]
WAYS += [("desktop", "dark"), ("phone", "light")] if EFFORT > 1 else []
PAGES = (
    "/",
    "/search/?q=site",
    "/store/datasets/",
    "/store/datasets/site_worker/",
    "/store/interfaces/",
    "/store/interfaces/site_workers/",
    "/receipts/",
    "/me/",
    "/me/clients/",
    "/me/delegations/",
    "/me/password/",
    "/me/sign-ins/",
    "/me/usage/",
    "/departments/",
    "/messages/",
)
STEWARD = (
    "/store/bring-in/",
    "/store/datasets/site_worker/",
    "/store/datasets/site_worker/bring-in/",
    "/store/datasets/site_worker/lineage/",
    "/store/datasets/site_worker/matches/",
    "/store/datasets/site_worker/quality/",
    "/store/datasets/site_worker/quarantine/",
    "/store/datasets/site_worker/sources/",
    "/store/erasures/",
    "/store/interfaces/define/",
    "/store/interfaces/site_workers/",
    "/store/interfaces/site_workers/usage/",
    "/store/interfaces/site_workers/grants/open/",
    "/receipts/subject/",
    "/tasks/",
)


def _findings(visit: Any) -> list[str]:
    """Return what axe finds, each with the place."""
    found = Axe().run(visit.page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def _overflow(visit: Any) -> int:
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(visit.page.evaluate(script))


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_large_letters_fit_the_smallest_phone(visit: Callable[..., Any], language: str) -> None:
    window = visit("small", "light", language)
    window.sign_in("developer")
    window.page.context.add_cookies(
        [{"name": "duokua_elder", "value": "on", "url": window.page.url}]
    )
    wide = {}
    for path in (*PAGES, "/notices/", "/store/search/", "/store/requests/", "/me/resources/"):
        assert window.open(path) == 200
        assert window.page.locator("html[data-elder]").count() == 1
        if over := _overflow(window):
            wide[path] = over
    assert wide == {}


@pytest.mark.parametrize(("size", "theme"), WAYS)
def test_every_page_is_accessible(visit: Callable[..., Any], size: str, theme: str) -> None:
    window = visit(size, theme, "en-GB" if theme == "dark" else "zh-CN")
    window.open("/sign-in/")
    findings = _findings(window)
    window.sign_in("developer")
    for path in PAGES:
        assert window.open(path) == 200
        assert _overflow(window) == 0, path
        findings += [f"{path} {one}" for one in _findings(window)]
    window.open("/store/interfaces/site_workers/")
    window.page.click("[data-try] button.pri")
    receipt = window.page.locator("[data-receipt]")
    receipt.wait_for()
    findings += [f"answer {one}" for one in _findings(window)]
    receipt.click()
    window.page.locator("code.link").wait_for()
    assert _overflow(window) == 0
    findings += [f"receipt {one}" for one in _findings(window)]
    assert findings == []


@pytest.mark.parametrize(
    ("size", "theme"), [("small", "light"), *([("desktop", "dark")] if EFFORT > 1 else [])]
)
def test_every_page_of_a_steward_is_accessible(
    visit: Callable[..., Any], size: str, theme: str
) -> None:
    window = visit(size, theme, "en-GB" if size == "small" else "zh-CN")
    window.sign_in("steward")
    findings: list[str] = []
    for path in STEWARD:
        assert window.open(path) == 200
        assert _overflow(window) == 0, path
        findings += [f"{path} {one}" for one in _findings(window)]
    assert findings == []


@pytest.mark.parametrize(
    ("size", "language"),
    [
        ("small", "en-GB"),
        ("tablet", "zh-CN"),
        *([("small", "zh-CN"), ("tablet", "en-GB")] if EFFORT > 1 else []),
    ],
)
def test_nothing_is_cut(visit: Callable[..., Any], size: str, language: str) -> None:
    window = visit(size, "light", language)
    window.open("/sign-in/")
    cut = {"/sign-in/": _overflow(window)}
    window.sign_in("steward")
    for path in PAGES:
        window.open(path)
        cut[path] = _overflow(window)
    assert {path: pixels for path, pixels in cut.items() if pixels} == {}
