"""Whether a page is easy to use (无障碍): what axe finds of it, and what is cut, in each way to look."""

from __future__ import annotations

import os
from typing import Any

from axe_playwright_python.sync_playwright import Axe

EFFORT = int(os.environ.get("EFFORT", "1"))
WIDTHS = {"desktop": (1440, 900), "phone": (360, 640)}
WAYS = [("desktop", "light"), ("phone", "dark")]
WAYS += [("desktop", "dark"), ("phone", "light")] if EFFORT >= 10 else []
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
THEME = "name => { const at = document.documentElement.dataset; at.theme = at.bsTheme = name; }"


def findings(page: Any, told: str) -> list[str]:
    """Return what axe finds and what is cut, each with the place."""
    found = Axe().run(page, options=RULES).response["violations"]
    wrong = [f"{told} {one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
    cut = page.evaluate(OVERFLOW)
    return wrong + ([f"{told} is cut by {cut} pixels"] if cut else [])
