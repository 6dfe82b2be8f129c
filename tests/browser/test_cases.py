"""Cases from their alert to their end, by whoever has to act, on a phone and at a desk.

A rule of a small scenario runs and opens them. Pictures are kept where DUOKUA_PICTURES says.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from looking import look
from settling import settle

# One worker for all: the district of these journeys takes long to make.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser_cases")]
EXPECTED = ("ERR_INTERNET_DISCONNECTED", "409 (Conflict)", "422 (Unprocessable Entity)")
POSTS = {
    "dust_one": ("ecology", "handler"),
    "dust_two": ("ecology", "handler"),
    "build_one": ("housing_construction", "handler"),
    "build_two": ("housing_construction", "handler"),
    "street_one": ("urban_management", "handler"),
    "eco_head": ("ecology", "head"),
    "commander": ("district_office", "command"),
}
PLACES = """
import django; django.setup()
from duokua.identity import facade as identity
for code in {codes!r}:
    if not identity.department_exists(code):
        identity.ensure_department(code, code + "局", code + " bureau")
"""
SET_UP = """
import django; django.setup()
import sys; sys.path.insert(0, {folder!r})
import spots_pack
from duokua.kernel import clock
from duokua.loop.facade import rules
from duokua.loop.models import Case, Ruleset, Task
now = clock.now()
if not Ruleset.objects.filter(pack="spots").exists():
    rules.adopt(spots_pack.files(now), client="safety_watch", owner="ecology", by="system", now=now)
    rules.evaluate("spots", whole=True, now=now)
taken = Task.objects.exclude(claimed_by="").values("case")
rows = Case.objects.filter(pack="spots", state="dispatched").exclude(id__in=taken).order_by("id")
import json; print(json.dumps([[row.number, row.level] for row in rows]))
"""
LATE = """
import django; django.setup()
from datetime import timedelta
from duokua.kernel import clock
from duokua.kernel.clock import from_iso, iso
from duokua.loop.models import Clock
for row in Clock.objects.filter(case__number={number!r}, kind="accept"):
    row.timer["started"] = iso(from_iso(row.timer["started"]) - timedelta(hours=1))
    row.next_at = clock.now()
    row.save()
from duokua.loop.facade import acting
print(acting.care(clock.now()))
"""


def inside(platform: Any, script: str) -> str:
    """Run a script beside the running platform."""
    env = {**os.environ, "DUOKUA_HOME": str(platform.home),
           "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, check=True, timeout=180, capture_output=True,
        text=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def waiting(platform: Any) -> list[tuple[str, str]]:
    """Let the rule run; return the cases that nobody has accepted, with their levels."""
    inside(platform, PLACES.format(codes=sorted({place for place, _role in POSTS.values()})))
    for name, (department, role) in POSTS.items():
        platform.employ(name, department, role)
    told = inside(platform, SET_UP.format(folder=str(Path(__file__).parent)))
    return [(number, level) for number, level in json.loads(told.splitlines()[-1])]


def take(waiting: list[tuple[str, str]], level: str) -> str:
    """Take a case of a level that no other journey has."""
    found = next(each for each in waiting if each[1] == level)
    waiting.remove(found)
    return found[0]


@pytest.fixture
def enter(visit: Callable[..., Any]) -> Iterator[Callable[..., Page]]:
    """Return a function by which somebody signs in; what they were shown is judged and kept."""

    opened: list[Any] = []

    def by(name: str, size: str = "desktop", **more: str) -> Page:
        window = visit(size, **more)
        opened.append(window)
        window.sign_in(name)
        page: Page = window.page
        return page

    yield by
    for window in opened:  # what journeys without a connection, and of who comes second, expect
        window.wrong[:] = [e for e in window.wrong if not any(each in e for each in EXPECTED)]


def go(page: Page, path: str) -> None:
    page.goto(re.sub(r"^(https?://[^/]+).*", r"\1", page.url) + path)
    settle(page)


def do(page: Page, verb: str, **fields: str) -> None:
    """Do a verb on the case's page: one tap, or its form."""
    form = page.locator(f"form:has(input[name=verb][value={verb}])").first
    if not form.is_visible():
        summary = page.locator(f"details:has(> form input[name=verb][value={verb}]) > summary")
        if not summary.first.is_visible():
            page.locator("section[aria-labelledby=next-title] > details > summary").click()
        summary.first.click()
    for name, value in fields.items():
        if not form.locator(f"[name={name}]").is_visible():
            form.locator("summary").click()
        form.locator(f"[name={name}]").fill(value)
    with page.expect_navigation():
        form.locator("button").click()
    settle(page)
    assert not page.locator("[role=alert]").count(), page.locator("[role=alert]").inner_text()


def give(page: Page, ask: str, fill: Callable[[Any], None]) -> None:
    """Give a piece of evidence that a task asks for."""
    form = page.locator(f"form:has(input[name=ask][value={ask}])").first
    fill(form)
    with page.expect_navigation():
        form.locator("button").click()
    settle(page)


def picture(folder: Path) -> str:
    path = folder / "scene.jpg"
    Image.new("RGB", (1600, 1200), "olive").save(path, "JPEG")
    return str(path)


def test_three_departments_from_the_alert_to_the_end(
    enter: Callable[..., Page], waiting: list[tuple[str, str]], tmp_path: Path
) -> None:
    number = take(waiting, "orange")
    path = f"/cases/{number}/"
    phone = enter("dust_one", "phone")
    go(phone, "/cases/?scope=team")
    look(phone, "desk-phone")
    go(phone, path)
    do(phone, "accept")
    do(phone, "control")
    look(phone, "case-phone")
    give(
        phone, "photo", lambda form: form.locator("[type=file]").set_input_files(picture(tmp_path))
    )
    shot = phone.locator(".shots img").first
    expect(shot).to_be_visible()
    assert shot.evaluate("each => each.complete && each.naturalWidth") > 0
    do(phone, "dispose", text="已降尘")
    build = enter("build_one", language="en-GB")
    go(build, path)
    do(build, "accept")
    do(build, "control")

    def notice(form: Any) -> None:
        form.locator("[type=date]").fill("2026-12-01")
        form.locator("select").select_option("spray")

    give(build, "notice", notice)
    look(build, "joint-case-en")
    do(build, "dispose")
    street = enter("street_one", "small", theme="dark")
    go(street, path)
    do(street, "accept")
    give(street, "said", lambda form: form.locator("textarea").fill("道路已清洗"))
    look(street, "case-small-dark")
    do(street, "dispose")
    verifier = enter("dust_two")
    go(verifier, "/cases/?scope=verify")
    verifier.click(f"a[href='{path}']")
    do(verifier, "verify", text="现场复核")
    signer = enter("build_two")  # whoever disposed does not sign
    go(signer, path)
    do(signer, "sign")
    go(verifier, path)
    do(verifier, "close")
    expect(verifier.locator("main header .tag.brandy")).to_have_text("结案")
    look(verifier, "case-closed")
    with verifier.expect_download() as got:
        verifier.click("a[href$='dossier.pdf']")
    assert Path(got.value.path()).read_bytes().startswith(b"%PDF-")


def test_nobody_accepts_so_the_command_is_told(
    enter: Callable[..., Page], waiting: list[tuple[str, str]], platform: Any
) -> None:
    number = take(waiting, "red")
    inside(platform, LATE.format(number=number))
    page = enter("commander")
    go(page, "/messages/")
    expect(page.locator("main")).to_contain_text("扬尘")
    go(page, "/cases/board/")
    look(page, "board")
    row = page.locator(f"#escalated a[href^='/cases/{number}/']").first
    with page.expect_navigation():
        row.click()
    settle(page)
    look(page, "escalated-case")
    do(page, "acknowledge")
    expect(page.locator("main")).to_contain_text("commander")


def test_a_desk_is_worked_by_keys_alone(
    enter: Callable[..., Page], waiting: list[tuple[str, str]]
) -> None:
    two = {take(waiting, "orange"), take(waiting, "orange")}
    page = enter("dust_one")
    go(page, "/cases/?scope=team&sort=level")
    look(page, "desk")
    left = set(two)
    for _ in range(30):
        page.keyboard.press("j")
        here = page.evaluate("document.activeElement.closest('[data-case]').dataset.case")
        if here in left:
            page.keyboard.press("x")
            left.discard(here)
        if not left:
            break
    expect(page.locator("[data-chosen]")).to_have_text("2")
    with page.expect_navigation():
        page.click("button[name=verb][value=claim]")
    expect(page.locator("[data-done]")).to_contain_text("2")
    go(page, "/cases/?scope=mine")
    for number in two:
        expect(page.locator(f"a[href='/cases/{number}/']")).to_be_visible()
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/cases/SPOTS-" in page.url


def test_what_a_phone_gives_without_a_connection_is_sent_later(
    enter: Callable[..., Page], waiting: list[tuple[str, str]], tmp_path: Path
) -> None:
    number = take(waiting, "orange")
    phone = enter("dust_one", "phone")
    go(phone, f"/cases/{number}/")
    do(phone, "accept")
    phone.evaluate("navigator.serviceWorker.ready.then(() => null)")
    phone.context.set_offline(True)
    form = phone.locator("form:has(input[name=ask][value=photo])").first
    form.locator("[type=file]").set_input_files(picture(tmp_path))
    form.locator("button:enabled").click()
    box = phone.locator("[data-queue-box]")
    expect(box.locator("[data-queue-count]")).to_have_text("1")
    do_offline = phone.locator("form:has(input[name=verb][value=control])").first
    do_offline.locator("button").click()
    expect(box.locator("[data-queue-count]")).to_have_text("2")
    look(phone, "queue-phone")
    phone.context.set_offline(False)
    expect(box).to_be_hidden()
    expect(phone.locator(".shots img").first).to_be_visible()
    expect(phone.locator("input[name=verb][value=control]")).to_have_count(0)  # it is done


def test_what_a_phone_is_refused_is_told_at_the_form(
    enter: Callable[..., Page], waiting: list[tuple[str, str]]
) -> None:
    number = take(waiting, "orange")
    phone = enter("dust_one", "phone")
    go(phone, f"/cases/{number}/")
    do(phone, "accept")
    form = phone.locator("form:has(input[name=verb][value=dispose])").first
    form.locator("button").last.click()
    expect(form.locator("[data-refused]")).to_contain_text("照片")
    expect(phone.locator("[data-queue-box]")).to_be_hidden()  # nothing waits to be sent
    look(phone, "refused-phone")
    go(phone, f"/cases/{number}/")
    expect(phone.locator("[data-queue-box]")).to_be_hidden()


def test_who_comes_second_on_a_phone_is_told_so(
    enter: Callable[..., Page], waiting: list[tuple[str, str]]
) -> None:
    number = take(waiting, "orange")
    first, second = enter("dust_one", "phone"), enter("dust_two")
    go(first, f"/cases/{number}/")
    first.context.set_offline(True)
    first.locator("form:has(input[name=verb][value=accept])").first.locator("button").click()
    expect(first.locator("[data-queue-count]")).to_have_text("1")
    go(second, f"/cases/{number}/")
    do(second, "accept")
    first.context.set_offline(False)
    expect(first.locator("[data-queue-list]")).to_contain_text("dust_two")
    first.locator("[data-queue-list] button").click()
    expect(first.locator("[data-queue-box]")).to_be_hidden()


def test_pages_of_a_scenario(
    enter: Callable[..., Page], waiting: list[tuple[str, str]], tmp_path: Path
) -> None:
    page = enter("dust_two", language="en-GB")
    go(page, "/s/spots/")
    expect(page.locator("main .unknown")).to_have_count(0)
    for kind in ("plan", "chart", "gauge"):
        expect(page.locator(f"svg.drawn.{kind}").first).to_be_visible()
    look(page, "scenario-en")
    table = page.locator("#listed")
    with page.expect_navigation():  # by the keyboard alone
        table.locator("th a", has_text="Dust").first.focus()
        page.keyboard.press("Enter")
    settle(page)
    expect(table.locator("th[aria-sort]")).to_have_count(1)
    with page.expect_navigation():
        table.locator("a[href*='listed.page=2']").first.click()
    settle(page)
    with page.expect_download() as got:
        page.locator("#listed a[href*='.csv']").click()
    assert len(Path(got.value.path()).read_text("utf-8-sig").splitlines()) == 13
    with page.expect_navigation():
        table.locator("tbody a").first.click()
    settle(page)
    expect(page.locator("#about")).to_contain_text("点位")
    look(page, "scenario-entity-en")
    phone = enter("dust_one", "small", theme="dark")
    go(phone, "/s/spots/")
    look(phone, "scenario-small-dark")
    go(phone, "/s/spots/indicators/")
    look(phone, "scenario-indicators-small-dark")
    phone.click("a[href='/s/spots/indicators/within/']")
    settle(phone)
    look(phone, "scenario-indicator-small-dark")
    expect(phone.locator("main header")).to_contain_text("0 %")


def test_a_head_sets_quiet_hours(
    enter: Callable[..., Page], waiting: list[tuple[str, str]]
) -> None:
    page = enter("eco_head", "phone")
    go(page, "/cases/board/")
    page.click("a[href='/cases/quiet/']")
    look(page, "quiet-hours-phone")
    form = page.locator("form:has(input[value=handler])")
    form.locator("[name=begins]").fill("22:30")
    form.locator("[name=least]").select_option("orange")
    with page.expect_navigation():
        form.locator("button[value=set]").click()
    expect(page.locator("section:has(input[value=handler])")).to_contain_text("22:30–07:00")
    handler = enter("dust_one", theme="dark", language="en-GB")
    go(handler, "/cases/quiet/")
    look(handler, "quiet-hours-handler-en-dark")
    expect(handler.locator("main")).to_contain_text("Told nevertheless from Orange on.")
    with page.expect_navigation():
        form.locator("button[value=end]").click()
    expect(page.locator("section:has(input[value=handler])")).to_contain_text("随时通知")
