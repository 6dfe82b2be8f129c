"""The whole platform on a free port, and Debian's Chromium that may reach nothing else."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

import settling
from chromium import launched

DUOKUA = str(Path(sys.executable).parent / "duokua")
SIZES = {"desktop": (1440, 900), "phone": (390, 844), "small": (360, 640), "tablet": (768, 1024)}


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    """Remember that a test failed: its windows then tell what they show."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@dataclass(frozen=True)
class Platform:
    """A running platform with its demonstration accounts."""

    url: str
    passwords: dict[str, str]
    secrets: dict[str, str]
    home: Path

    def employ(self, name: str, department: str, role: str) -> None:
        """Let somebody work in a department, so that a journey finds them at their post."""
        if name not in self.passwords:
            word = f"{name} walks through the door"
            env = {**os.environ, "DUOKUA_HOME": str(self.home), "DUOKUA_PERSON_PASSWORD": word}
            told = ["person", "add", name, "--zh", name, "--en", name, "--department", department]
            subprocess.run(
                [DUOKUA, *told, "--role", role],
                env=env,
                check=True,
                capture_output=True,
                timeout=60,
            )
            self.passwords[name] = word


@dataclass
class Visit:
    """A page of the browser and everything that went wrong in it."""

    page: Page
    platform: Platform
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every request that is under way, and everything that goes wrong."""
        page, wrong = self.page, self.wrong
        settling.watch(page)
        page.on("request", self._stays_inside)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "console",
            lambda told: wrong.append(told.text) if told.type in ("error", "warning") else None,
        )

    def _stays_inside(self, request: Request) -> None:
        if not request.url.startswith((self.platform.url + "/", "data:", "blob:")):
            self.wrong.append(f"outside: {request.url}")

    def open(self, path: str) -> int:
        """Open a page; return its status."""
        answer = self.page.goto(self.platform.url + path)
        settling.settle(self.page)
        return answer.status if answer else 0

    def sign_in(self, name: str) -> None:
        """Sign in through the door, as a person does."""
        self.open("/sign-in/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", self.platform.passwords[name])
        with self.page.expect_navigation():
            self.page.click(".door-form button.pri")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _started(home: Path) -> Iterator[Platform]:
    """Build a small demonstration district and start everything."""
    port = _free_port()
    env = {**os.environ, "DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port)}
    build = [DUOKUA, "demo", "build", "--scale", "small"]
    subprocess.run(build, env=env, check=True, capture_output=True, timeout=120)
    with subprocess.Popen(
        [DUOKUA, "run", "--json"], env=env, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            for line in running.stdout:  # ends when the platform is up, or is gone
                if line.startswith("{") and "ready" in json.loads(line):
                    break
            else:
                pytest.fail(f"the platform did not start: {running.wait()}")
            demo = json.loads((home / "demo.json").read_text())
            yield Platform(
                f"http://127.0.0.1:{port}",
                {one["username"]: one["password"] for one in demo["accounts"]},
                {one["client_id"]: one["client_secret"] for one in demo["clients"]},
                home,
            )
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=30)


@pytest.fixture(scope="session")
def start() -> Callable[[Path], AbstractContextManager[Platform]]:
    """Return a function that starts a platform: for tests that leave one as no other wants it."""
    return _started


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start the platform that the journeys share."""
    with _started(tmp_path_factory.mktemp("platform")) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser for one module; its event loop may not outlive it."""
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(
    chromium: Browser, platform: Platform, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a fresh browser window; whatever goes wrong in one fails."""
    opened: list[Visit] = []

    def window(size: str = "desktop", theme: str = "light", language: str = "zh-CN") -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale=language,
            reduced_motion="reduce",
        )
        made = Visit(context.new_page(), platform)
        context.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " event => console.error('policy: ' + event.violatedDirective))"
        )
        made.watch()
        opened.append(made)
        return made

    yield window
    for one in opened:
        if request.node.stash.get(FAILED, False):
            print(f"\n{one.page.url}\n{one.page.inner_text('body')[:3000]}")
        one.page.context.close()
    assert [text for one in opened for text in one.wrong] == []
