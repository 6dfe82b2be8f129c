"""From the door to the receipt, as a person goes it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("size", "language", "rows"), [("desktop", "zh-CN", "行"), ("phone", "en-GB", "rows")]
)
def test_sign_in_dataset_interface_try_receipt(
    visit: Callable[..., Any], size: str, language: str, rows: str
) -> None:
    window = visit(size, "light", language)
    window.sign_in("developer")
    page = window.page
    window.open("/store/datasets/?q=worker")
    page.click("a[href='/store/datasets/site_worker/']")
    page.click("a[href='/store/interfaces/site_workers/']")
    page.fill("#try-limit", "7")
    page.click("[data-try] button.pri")
    answer = page.locator("[data-answer]")
    expect(answer.locator(".ansbar")).to_contain_text(f"7 {rows}")
    expect(answer.locator("tbody tr")).to_have_count(7)
    names = answer.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert all(re.fullmatch(r"\S\*{4}", name) for name in names)
    receipt = answer.locator("[data-receipt]").inner_text()
    page.click("[data-receipt]")
    expect(page.locator("h1")).to_contain_text(receipt)
    expect(page.locator("main")).to_contain_text("developer")
    expect(page.locator("code.link")).to_have_text(re.compile("[0-9a-f]{64}"))


def test_a_problem_is_told_in_words(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "light", "en-GB")
    window.sign_in("developer")
    page = window.page
    window.open("/store/interfaces/site_worker_by_id/")
    page.fill("#p-worker_id", "no number")
    page.click("[data-try] button.pri")
    told = page.locator("[data-answer] .problem")
    expect(told).to_contain_text("422")
    expect(told).to_contain_text("worker_id")
    refusals = [text for text in window.wrong if "422" in text]
    assert len(refusals) == 1  # the browser itself notes the status
    window.wrong.clear()


def test_the_example_works_as_it_is_copied(
    visit: Callable[..., Any], platform: Any, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    window = visit()
    window.sign_in("developer")
    window.open("/store/interfaces/site_workers/")
    example = window.page.inner_text("#ex-curl")
    env = {**os.environ, "DUOKUA_CLIENT_SECRET": platform.secrets["safety_watch"]}
    line = ["bash", "-c", example]
    ran = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, check=True)
    first = json.loads(ran.stdout.splitlines()[0])
    assert first["rows"]
    whole = pq.read_table(tmp_path / "rows.parquet").num_rows
    assert pq.read_table(tmp_path / "export.parquet").num_rows == whole >= len(first["rows"])


def test_anybody_may_call_what_is_open(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "dark", "zh-CN")
    window.sign_in("auditor")
    page = window.page
    window.open("/store/interfaces/air_quality/")
    page.click("[data-try] button.pri")
    expect(page.locator("[data-answer] tbody tr")).to_have_count(10)
    first = page.locator("[data-answer] tbody tr").first.locator("td").first
    expect(first).to_have_text("长河街道")  # a code stands in the reader's words
    page.click("[data-answer] .ansbar button")
    expect(page.locator("[data-answer] tbody tr")).to_have_count(10)


def test_keys_lead_everywhere(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "light", "zh-CN")
    window.sign_in("steward")
    page = window.page
    window.open("/store/datasets/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-row-link]").nth(0)).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("工地")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=**")
    expect(page.locator(".rows a").first).to_be_visible()


def test_a_list_filters_without_a_reload_and_keeps_its_address(
    visit: Callable[..., Any],
) -> None:
    window = visit()
    window.sign_in("steward")
    page = window.page
    window.open("/store/datasets/")
    page.evaluate("document.body.dataset.same = 'yes'")
    page.fill("main input[type=search]", "air")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    page.wait_for_url("**q=air**")
    assert page.evaluate("document.body.dataset.same") == "yes"


def test_the_menu_of_the_person_leads_out(visit: Callable[..., Any]) -> None:
    window = visit("phone", "light", "zh-CN")
    window.sign_in("bureau")
    page = window.page
    page.click("button.me")
    expect(page.locator(".dropdown-menu")).to_be_visible()
    page.click(".dropdown-menu form button")
    page.wait_for_url("**/sign-in/")
    window.open("/me/")
    assert "/sign-in/?next=" in page.url


def test_theme_and_language_stay(visit: Callable[..., Any]) -> None:
    window = visit("desktop", "light", "zh-CN")
    window.sign_in("steward")
    page = window.page
    page.click("[data-theme-switch] button")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
