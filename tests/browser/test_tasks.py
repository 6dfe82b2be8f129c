"""The page of background tasks on a desk and on a phone: readable, nothing cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_tasks_are_accessible(visit: Callable[..., Any], size: str) -> None:
    window = visit(size, "light" if size == "phone" else "dark", "zh-CN")
    window.sign_in("steward")
    window.open("/store/datasets/")
    window.page.click("a[href='/tasks/']")
    window.page.wait_for_url("**/tasks/")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert window.page.evaluate(overflow) == 0
    assert window.page.locator("tbody tr").count() > 0
    assert Axe().run(window.page).response["violations"] == []
