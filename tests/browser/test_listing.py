"""A steward lists a dataset; security officer, head and data bureau agree; others find it there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from settling import settle

pytestmark = pytest.mark.browser
XSS = "\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
ANSWERS = {"state_secret": "no", "personal": "yes", "important": "no", "level_right": "yes"}


CREWS = """
import django; django.setup()
import dataclasses
from importlib.resources import files
from duokua.exchange import facade as exchange
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.odcs import dump_contract
told = dataclasses.replace(lake.contract("site_worker"), id="site_crew", title=Text("工地班组", "Crews"))
lake.register(dump_contract(told), by="steward", now=clock.now())
text = files("duokua.project.demo").joinpath("interfaces", "site_workers.yaml").read_text("utf-8")
text = text.replace("site_workers", "site_crews").replace("dataset: site_worker", "dataset: site_crew")
exchange.publish_interface(text, source="site_crews.yaml", by="steward", now=clock.now())
"""


def bring_in_crews(platform: Any) -> None:
    """Register a dataset that no other journey on the same platform lists, with an interface."""
    env = {**os.environ, "DUOKUA_HOME": str(platform.home),
           "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}  # fmt: skip
    subprocess.run([sys.executable, "-c", CREWS], env=env, check=True, timeout=120)


def _trouble(window: Any, name: str) -> list[str]:
    """Return what is wrong with a page: axe, too wide, or a script that somebody wrote ran."""
    settle(window.page)
    if folder := os.environ.get("DUOKUA_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        window.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = int(window.page.evaluate(script))
    found = Axe().run(window.page).response["violations"]
    told = [f"{name} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
    if window.page.title().startswith("owned"):
        told.append(f"{name}: a script ran")
    return told + ([f"{name}: {wide} pixels too wide"] if wide else [])


@pytest.mark.parametrize(
    ("size", "theme", "language", "dataset"),
    [("desktop", "light", "zh-CN", "site_crew"), ("small", "dark", "en-GB", "construction_site")],
)
def test_list_a_dataset(
    visit: Callable[..., Any], size: str, theme: str, language: str, dataset: str
) -> None:
    window = visit(size, theme, language)
    if dataset == "site_crew":
        bring_in_crews(window.platform)
    window.platform.employ("head", "housing_construction", "head")
    window.platform.employ("security", "data_bureau", "security")
    shot = f"{size}-{theme}"
    wrong = _write(window, dataset, shot)
    for name in ("security", "head", "bureau"):
        wrong += _agree(visit(size, theme, language), name, dataset, shot)
    reader = visit(size, theme, language)
    reader.sign_in("developer")
    assert reader.open(f"/store/listings/{dataset}/") == 200
    wrong += _trouble(reader, f"{shot}-page")
    reader.page.click(f"form[action='/store/listings/{dataset}/say/'] button[value=follow]")
    expect(reader.page.locator("button[value=unfollow]")).to_be_visible()
    reader.page.fill("#question", XSS)
    reader.page.click("button[value=ask]")
    expect(reader.page.locator("#questions article").first).to_contain_text("<script>")
    wrong += _trouble(reader, f"{shot}-asked")
    reader.page.locator(".side form[action='/store/cart/add/'] button").last.click()
    reader.page.wait_for_url("**/store/cart/")
    wrong += _withdraw(window, dataset, shot)
    assert wrong == []


def _write(window: Any, dataset: str, shot: str) -> list[str]:
    page = window.page
    window.sign_in("steward")
    window.open("/store/listings/mine/")
    wrong = _trouble(window, f"{shot}-mine")
    page.locator(f"form:has(input[value={dataset}]) button").click()
    page.wait_for_url(f"**/store/listings/{dataset}/edit/")
    page.click("button[value=submit]")
    expect(page.locator("#errors")).to_be_visible()
    wrong += _trouble(window, f"{shot}-errors")
    window.wrong.clear()  # the browser itself notes the status 422
    page.fill("#contact_zh", "工程监管科")
    page.fill("#contact_en", "Works office")
    page.fill("#phone", "0571-0000")
    page.fill("#summary_en", XSS)
    page.select_option("#domain", "government")
    with page.expect_navigation():
        page.click("button[value=save]")
    wrong += _trouble(window, f"{shot}-edit")
    page.click("button[value=submit]")
    page.wait_for_url("**/store/listings/mine/")
    return wrong


def _agree(window: Any, name: str, dataset: str, shot: str) -> list[str]:
    page = window.page
    window.sign_in(name)
    window.open("/store/review/")
    wrong = _trouble(window, f"{shot}-reviews-{name}")
    page.click(f"a[href='/store/review/{dataset}/']")
    page.wait_for_url(f"**/store/review/{dataset}/")
    if name == "security":
        for question, answer in ANSWERS.items():
            page.check(f"input[name={question}][value={answer}]")
        page.select_option("#audience", "departments")
    page.fill("#comment", XSS)
    wrong += _trouble(window, f"{shot}-review-{name}")
    page.click("button[value=agree]")
    page.wait_for_url(re.compile(r"/store/review/$"))
    return wrong


def _withdraw(window: Any, dataset: str, shot: str) -> list[str]:
    page = window.page
    window.open(f"/store/listings/{dataset}/withdraw/")
    wrong = _trouble(window, f"{shot}-withdraw")
    page.fill("#reason", XSS)
    page.click("button[value=announce]")
    page.wait_for_url(f"**/store/listings/{dataset}/")
    wrong += _trouble(window, f"{shot}-notice")
    window.open(f"/store/listings/{dataset}/withdraw/")
    page.click("button[value=keep]")
    page.wait_for_url(f"**/store/listings/{dataset}/")
    return wrong
