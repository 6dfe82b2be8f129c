"""Server time, first paint and bytes of the portal's pages: ``python -m bench.portal_pages``.

Builds a demonstration district (``--scale``) or takes one (``--home``), starts the platform and
asks for each page of a steward ``--rounds`` times over HTTP through the gateway; then Chromium
paints some of them as an old phone does (four times slower, 1.6 Mbit/s, 150 ms), with nothing
cached. The figures are printed and kept in ``bench/results/portal-pages.json``.
"""

from __future__ import annotations

import argparse
import gzip
import http.cookiejar
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from bench.servers import free_port, running

RESULTS = Path(__file__).parent / "results" / "portal-pages.json"
DUOKUA = str(Path(sys.executable).parent / "duokua")
GOALS = {"server_p95_ms": 150, "first_paint_ms": 1200, "page_kb": 120}
PAGES = (
    "/",
    "/domains/society/",
    "/notices/",
    "/style/",
    "/search/?q=site",
    "/store/datasets/",
    "/store/datasets/site_worker/",
    "/store/interfaces/",
    "/store/interfaces/site_workers/",
    "/store/listings/mine/",
    "/store/cart/",
    "/store/requests/",
    "/store/inbox/",
    "/me/resources/",
    "/receipts/",
    "/me/",
    "/me/usage/",
    "/messages/",
    "/me/notices/",
)
PAINTED = ("/", "/store/datasets/", "/store/interfaces/site_workers/")
PHONE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 200_000,
    "uploadThroughput": 93_750,
}


def main() -> None:
    """Read the command line, measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--home", type=Path, help="a built demonstration; else one is built")
    parser.add_argument("--scale", choices=("full", "small", "none"), default="full")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--no-paint", action="store_true")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duokua-portal-") as folder:
        home = told.home or _built(Path(folder), told.scale)
        found = measure(home, told.rounds, paint=not told.no_paint)
    found["scale"] = "given" if told.home else told.scale
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(found, ensure_ascii=False) if told.json else table(found))


def _built(home: Path, scale: str) -> Path:
    env = {**os.environ, "DUOKUA_HOME": str(home)}
    subprocess.run(
        [DUOKUA, "demo", "build", "--scale", scale], env=env, check=True, stdout=sys.stderr
    )
    return home


def measure(home: Path, rounds: int, *, paint: bool) -> dict[str, Any]:
    """Return the figures of every page."""
    port = free_port()
    env = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port)}
    demo = json.loads((home / "demo.json").read_text())
    password = next(one["password"] for one in demo["accounts"] if one["username"] == "steward")
    with running([DUOKUA, "run"], port, "/sign-in/", env):
        url = f"http://127.0.0.1:{port}"
        _ready(url)
        browser = _signed_in(url, password)
        pages = {path: _asked(browser, url + path, rounds) for path in PAGES}
        painted = _painted(url, password) if paint and shutil.which("chromium") else {}
    return {
        "goals": GOALS,
        "rounds": rounds,
        "worst_p95_ms": max(each["p95_ms"] for each in pages.values()),
        "pages": pages,
        "first_paint_ms": painted,
    }


def _ready(url: str) -> None:
    """Wait until the portal behind the gateway answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/sign-in/", timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the portal does not answer")


def _signed_in(url: str, password: str) -> urllib.request.OpenerDirector:
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    page = browser.open(f"{url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, "the sign-in page has no form"
    fields = {
        "csrfmiddlewaretoken": token.group(1),
        "username": "steward",
        "password": password,
    }
    sent = urllib.request.Request(
        f"{url}/sign-in/", urllib.parse.urlencode(fields).encode(), {"Referer": f"{url}/sign-in/"}
    )
    browser.open(sent).read()
    return browser


def _asked(browser: urllib.request.OpenerDirector, url: str, rounds: int) -> dict[str, Any]:
    """Ask for a page; the first time, which loads what a process keeps, is told apart."""
    took: list[float] = []
    body = b""
    for _ in range(rounds + 1):
        sent = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        begun = time.perf_counter()
        with browser.open(sent) as answer:
            body = answer.read()
            packed = answer.headers.get("Content-Encoding") == "gzip"
        took.append(1000 * (time.perf_counter() - begun))
    later = sorted(took[1:])
    return {
        "first_ms": round(took[0], 1),
        "median_ms": round(statistics.median(later), 1),
        "p95_ms": round(later[max(0, -(-95 * len(later) // 100) - 1)], 1),
        "html_kb": round(len(gzip.decompress(body) if packed else body) / 1024, 1),
        "sent_kb": round(len(body) / 1024, 1),
    }


def _painted(url: str, password: str) -> dict[str, dict[str, float]]:
    """Return when each page paints first, and its bytes with nothing cached; median of three."""
    from playwright.sync_api import sync_playwright

    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        window = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
        page = window.new_page()
        page.goto(f"{url}/sign-in/")
        page.fill("[name=username]", "steward")
        page.fill("[name=password]", password)
        with page.expect_navigation():
            page.click(".door-form button.pri")
        slow = window.new_cdp_session(page)
        slow.send("Network.enable")
        slow.send("Network.setCacheDisabled", {"cacheDisabled": True})
        slow.send("Network.emulateNetworkConditions", PHONE)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        found = {path: _paints(page, url + path) for path in PAINTED}
        chromium.close()
    return found


def _paints(page: Any, url: str) -> dict[str, float]:
    script = """() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,
        [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]
            .reduce((sum, each) => sum + each.transferSize, 0)]"""
    seen = []
    for _ in range(3):
        page.goto(url, wait_until="networkidle")
        seen.append(page.evaluate(script))
    return {
        "first_paint_ms": round(statistics.median(each[0] for each in seen)),
        "all_kb": round(statistics.median(each[1] for each in seen) / 1024, 1),
    }


def table(found: dict[str, Any]) -> str:
    """Write the figures for people."""
    lines = [f"{'page':36}{'first':>8}{'median':>8}{'p95 ms':>8}{'sent KB':>9}"]
    for path, each in found["pages"].items():
        told = f"{each['first_ms']:8}{each['median_ms']:8}{each['p95_ms']:8}{each['sent_kb']:9}"
        lines.append(f"{path:36}{told}")
    for path, each in found["first_paint_ms"].items():
        lines.append(f"{path:36} first paint {each['first_paint_ms']} ms, {each['all_kb']} KB")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
