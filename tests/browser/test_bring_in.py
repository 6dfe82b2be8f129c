"""The wizard in a real browser: a steward's file becomes a dataset, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser
FILE = "编号,工种,年龄\n" + "".join(
    f"T{at:03},{'电工焊工'[at % 2 * 2 :][:2]},{20 + at}\n" for at in range(30)
)


def _trouble(window: Any) -> list[str]:
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = int(window.page.evaluate(script))
    found = Axe().run(window.page).response["violations"]
    told = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
    return told + ([f"{wide} pixels too wide"] if wide else [])


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_a_file_becomes_a_dataset(visit: Callable[..., Any], size: str, theme: str) -> None:
    window = visit(size, theme, "zh-CN")
    window.sign_in("steward")
    assert window.open("/store/bring-in/") == 200
    assert _trouble(window) == []
    page = window.page
    file = {"name": "trades.csv", "mimeType": "text/csv", "buffer": FILE.encode("gb18030")}
    page.set_input_files("#file", file)
    page.click("form.card2 button")
    page.locator("#dataset").wait_for()
    assert _trouble(window) == []
    page.fill("#dataset", f"trades_{size}")
    page.fill("input[name=title_en_2]", "Trade")
    page.click("button[value=accept]")
    page.wait_for_url(f"**/store/datasets/trades_{size}/")
    assert "30" in page.locator(".kpi strong").first.inner_text()
