"""When a page of the browser stands still: all that it asked for has come, and is drawn."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, Request

_PATIENCE_S, _PAUSE_MS = 30.0, 10
_TWO_FRAMES = "new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
_under_way: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()


def watch(page: Page) -> None:
    """Note from now on which requests of a page are under way."""
    asked = _under_way[page] = set()
    # Not the methods themselves: a handler has to be a function that Playwright can mark.
    page.on("request", lambda request: asked.add(request))
    page.on("requestfinished", lambda request: asked.discard(request))
    page.on("requestfailed", lambda request: asked.discard(request))


def settle(page: Page) -> None:
    """Wait until a watched page stands; go on after half a minute even if it does not."""
    page.wait_for_load_state("load")
    until = time.monotonic() + _PATIENCE_S
    # A script that begins at the load event has asked when two frames are drawn.
    page.evaluate(_TWO_FRAMES)
    while _under_way[page] and time.monotonic() < until:
        page.wait_for_timeout(_PAUSE_MS)
        page.evaluate(_TWO_FRAMES)
