"""Looking at a page (查看页面): what is wrong with it, and a picture where DUOKUA_PICTURES says."""

from __future__ import annotations

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from settling import settle

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(page: Page, name: str) -> None:
    """Judge a page by axe, and that nothing is cut; keep a picture of it where asked for."""
    settle(page)
    found = Axe().run(page, options=RULES).response["violations"]
    wrong = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
    assert not wrong, f"{name}: {wrong}"
    assert page.evaluate(OVERFLOW) == 0, f"{name} is cut"
    folder = os.environ.get("DUOKUA_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
