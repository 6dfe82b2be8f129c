"""axe on every page of the portal, both themes, on a desk and on a phone; nothing is allowed for.

With EFFORT=10 each page is judged in all four ways, else in one of two in turn.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from easy import THEME, WAYS, WIDTHS, findings
from web.test_pages import GUARDED, PAGES

pytestmark = pytest.mark.browser
EFFORT = int(os.environ.get("EFFORT", "1"))
PARTS = ("interfaces_of", "consumers_of")  # of a page, judged with it


def here(path: str) -> str:
    """Return the address of a page of the web tests in the demonstration district."""
    path = path.replace("worker_by_id", "site_workers")
    return re.sub(r"/worker/", "/site_worker/", path)


def judged(window: Any, paths: dict[str, str]) -> list[str]:
    """Open each page and judge it in each way."""
    wrong: list[str] = []
    for at, (name, path) in enumerate(paths.items()):
        status = window.open(here(path))
        if status != 200:
            wrong.append(f"{name} {here(path)} answers {status}")
            continue
        # In a plain run one way for each page in turn, else every one.
        for size, theme in WAYS if EFFORT > 1 else [WAYS[at % len(WAYS)]]:
            width, height = WIDTHS[size]
            window.page.set_viewport_size({"width": width, "height": height})
            window.page.evaluate(THEME, theme)
            wrong += findings(window.page, f"{name} {size} {theme}")
    return wrong


def guarded(person: str) -> dict[str, str]:
    """Return the pages of some roles that a person of the web tests may open."""
    return {name: path for name, (path, who) in GUARDED.items() if person in who}


def test_pages_of_a_visitor(visit: Callable[..., Any]) -> None:
    public = {"home": "/", "sign_in": "/sign-in/", "domain": "/domains/society/"}
    assert judged(visit(), public | {"bulletins": "/notices/"}) == []


def test_pages_of_a_steward(visit: Callable[..., Any]) -> None:
    window = visit()
    window.sign_in("steward")
    pages = PAGES | guarded("steward_a")
    assert judged(window, {name: pages[name] for name in pages if name not in PARTS}) == []


def test_pages_of_the_bureau(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "light", "en-GB")
    window.sign_in("bureau")
    mine = {name: path for name, path in guarded("bureau_a").items() if name != "cart"}
    assert judged(window, mine | {"home": "/", "inbox": "/store/inbox/"}) == []


def test_the_command_dialog_works_by_keys_alone(visit: Callable[..., Any]) -> None:
    window = visit()
    window.sign_in("steward")
    page = window.page
    window.open("/me/")
    page.keyboard.press("?")
    page.locator("#keys[open]").wait_for()
    wrong = findings(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette[open]").wait_for()
    wrong += findings(page, "palette")
    page.keyboard.type("/departments")
    field = page.locator("#palette [role=combobox]")
    chosen = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("data-url") == "/departments/"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/departments/")
    assert wrong == []


def test_large_letters(visit: Callable[..., Any]) -> None:
    """No letter below 18 pixels, nothing cut: also on a phone, and at twice the size on a desk."""
    window = visit()
    window.sign_in("steward")
    page = window.page
    page.context.add_cookies([{"name": "duokua_elder", "value": "on", "url": window.platform.url}])
    small = """() => [...document.querySelectorAll('body *')].filter(each =>
        [...each.childNodes].some(one => one.nodeType === 3 && one.textContent.trim())
        && each.getClientRects().length && !each.closest('svg, .visually-hidden')
        && parseFloat(getComputedStyle(each).fontSize) < 18).map(each => each.outerHTML.slice(0, 120))"""
    wrong: list[str] = []
    for path in ("/", "/store/datasets/", "/store/requests/", "/me/"):
        assert window.open(path) == 200
        for width, height in ((1440, 900), (720, 450), (360, 640)):
            page.set_viewport_size({"width": width, "height": height})
            wrong += findings(page, f"{path} large {width}")
        wrong += [f"{path} small: {one}" for one in page.evaluate(small)]
    assert wrong == []
