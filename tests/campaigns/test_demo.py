"""The whole demonstration, built once: what its interfaces answer, its requests, every link of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.urls import Resolver404, resolve

import demo_answers as answers
from chromium import launched
from duokua.lang.contract import Contract
from duokua.project.demo.declared import catalogue
from duokua.project.demo.rows import World
from duokua.store.states.request import RequestState
from easy import THEME, WAYS, WIDTHS, findings
from gateway.world import Gateway, Home
from plain_visit import PlainVisit
from platforms import running_platform

EFFORT = int(os.environ.get("EFFORT", "1"))
DUOKUA = str(Path(sys.executable).parent / "duokua")
PROMISED, JOINED = 522, 60
MOST_OF_A_KIND = 2 + 2 * EFFORT  # pages of one kind that a reader opens
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
_PAGE = 10_000
_HALF_WAY = 70  # datasets in the lake when the first build is killed
# One worker builds the district once.
pytestmark = [pytest.mark.campaign, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the whole district in a home of its own; in a long run killed half way, taken up again."""
    home = tmp_path_factory.mktemp("whole")
    env = {**os.environ, "DUOKUA_HOME": str(home)}
    build = [DUOKUA, "demo", "build", "--scale", "full", "--json"]
    if EFFORT > 1:
        _killed_half_way(build, env, home)
    subprocess.run(build, env=env, check=True, capture_output=True, timeout=500)
    return home


def _killed_half_way(build: list[str], env: dict[str, str], home: Path) -> None:
    with subprocess.Popen(build, env=env, stdout=subprocess.DEVNULL) as killed:
        while killed.poll() is None and len(list(home.glob("lake/*"))) < _HALF_WAY:
            time.sleep(0.05)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL


@pytest.fixture
def gateway(home: Path) -> Iterator[Gateway]:
    """A real gateway on that home, gone before the whole platform takes it over."""
    started = Gateway(cast(Home, SimpleNamespace(path=home))).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def known() -> dict[str, Contract]:
    return answers.contracts()


@pytest.fixture(scope="module")
def documents(known: dict[str, Contract]) -> dict[str, dict[str, Any]]:
    return answers.documents(known)


def test_all_are_different(documents: dict[str, dict[str, Any]]) -> None:
    """No two have the same dataset, shape, parameters and columns."""
    told = {
        json.dumps(
            [each["dataset"], each["shape"], each.get("parameters"), each.get("columns"),
             each.get("key"), each.get("claims"), each.get("cube")]
        )
        for each in documents.values()
    }  # fmt: skip
    assert len(documents) == len(told) == PROMISED


def test_sixty_join_two_departments(
    documents: dict[str, dict[str, Any]], known: dict[str, Contract]
) -> None:
    joins = catalogue().joins
    for told in joins.values():
        owners = {known[told.left].owner, known[told.right].owner}
        assert len(owners) == 2, told.id
        assert known[told.id].owner == known[told.left].owner
    joined = [each for each in documents.values() if each["dataset"] in joins]
    assert len(joined) >= JOINED


def test_datasets_differ(known: dict[str, Contract]) -> None:
    columns = {tuple(contract.by_name) for contract in known.values()}
    assert len(columns) == len(known) >= 130
    for contract in known.values():
        assert all(column.title.zh and column.title.en for column in contract.columns)
        assert "演示数据" in contract.description.zh


def test_joins_give_rows() -> None:
    world = World()
    empty = [name for name in world.declared.joins if not world.rows(name)]
    assert empty == []


def test_every_interface_answers_what_was_drawn(
    home: Path,
    gateway: Gateway,
    documents: dict[str, dict[str, Any]],
    known: dict[str, Contract],
) -> None:
    demo = json.loads((home / "demo.json").read_text())
    assert demo["counts"]["interfaces"] == PROMISED
    tokens = {
        name: gateway.token(client["client_id"], client["client_secret"], purpose=client["purpose"])
        for client in demo["clients"]
        for name in client["interfaces"]
    }
    world, wrong = World(), []
    for name, document in documents.items():
        contract = known[document["dataset"]]
        rows = answers.rows_of(world, contract.id)
        for asked in answers.asked(document, contract, rows):
            token = None if document.get("open") else tokens[name]
            got = _answer(gateway, name, document["shape"], asked, token)
            if told := _differs(document, contract, asked, got):
                wrong.append(f"{name} {asked.query}: {told}")
    assert not wrong, "\n".join(wrong[:20])


def _answer(
    gateway: Gateway, name: str, shape: str, asked: answers.Asked, token: str | None
) -> list[dict[str, Any]] | str:
    """Return all rows of a call, page after page, or the problem that came instead."""
    found: list[dict[str, Any]] = []
    reply: Any
    more: dict[str, str] = {} if shape == "lookup" else {"limit": str(_PAGE)}
    while True:
        path = f"/data/{name}?{urllib.parse.urlencode(asked.query | more)}"
        if asked.body is not None:
            reply = gateway.ask(
                f"/data/{name}", token=token, method="POST", body=json.dumps(asked.body).encode()
            )
        else:
            reply = gateway.ask(path, token=token)
        if reply.status == 429:  # anonymous callers are limited: waits as it is told to
            time.sleep(float(reply.headers["retry-after"]))
            continue
        if reply.status != 200:
            return str(reply.body.decode()[:300])
        found += reply.json["rows"]
        if reply.json.get("next") is None:
            return found
        more["since" if shape == "changes" else "cursor"] = reply.json["next"]


def _differs(
    document: dict[str, Any], contract: Contract, asked: answers.Asked, got: Any
) -> str | None:
    if isinstance(got, str):
        return got
    columns = [name for name in asked.rows[0] if name in contract.by_name] if asked.rows else []
    open_key = document["shape"] in ("verify", "aggregate")
    key = contract.key if document["shape"] == "lookup" else ()
    masked = [
        name
        for name in columns
        if not open_key and not document.get("open") and name not in key
        and answers.hidden(contract, name)
    ]  # fmt: skip
    means = [each["name"] for each in document.get("cube", {}).get("measures", ())
             if each["fn"] == "avg"]  # fmt: skip
    shown = asked.rows[0] if asked.rows else ()
    plain = [name for name in shown if name not in (*masked, *means)]
    if answers.digest(got, plain) != answers.digest(asked.rows, plain):
        return f"{len(got)} rows, {len(asked.rows)} drawn, first {got[:1]} and {asked.rows[:1]}"
    if answers.means_differ(document, got, asked.rows):
        return "another mean"
    for name in ("resident_id", "name", "phone", "address"):
        if name in masked and {row[name] for row in got} & {row[name] for row in asked.rows}:
            return f"{name} is shown as it is"
    return None


METERED = """
import django; django.setup()
import json
from duokua.identity.facade import people_with
from duokua.kernel import clock
from duokua.store.facade import using
bureau = people_with("bureau", "data_bureau", clock.now())[0]
found = using.every_resource(bureau, {}, owned=True, now=clock.now())
print(json.dumps([[each.request.state, each.trend.total] for each in found]))
"""


def test_what_came_into_use_was_called_and_what_failed_never(home: Path) -> None:
    told = _told(home, METERED)
    assert sum(calls == 0 for state, calls in told if state == "in_use") == 1  # the idle one
    assert [calls for state, calls in told if state in ("failed", "provisioning")] == [0, 0]


NOTICES = """
import django; django.setup()
import json
from duokua.kernel import clock
from duokua.notify import facade as notify
print(json.dumps([each.title.zh for each in notify.bulletins(now=clock.now(), limit=9)]))
"""


def test_there_are_public_notices(home: Path) -> None:
    told = _told(home, NOTICES)
    assert len(told) == 4 and any("演示" in title for title in told)


STATES = """
import django; django.setup()
import json
from duokua.store.models import Probe, Request
rows = Request.objects.filter(state__in=("failed", "expired")).order_by("state")
probes = [[row.state, Probe.objects.filter(request=row).latest("id").passed] for row in rows]
print(json.dumps([sorted(set(Request.objects.values_list("state", flat=True))), probes]))
"""


def test_requests_stand_in_every_state(home: Path) -> None:
    states, probes = _told(home, STATES)
    assert states == sorted(RequestState.values)
    assert probes == [["expired", True], ["failed", False]]  # each found by a real probe


def _told(home: Path, code: str) -> Any:
    """Run a piece of Python on the home; return what it prints."""
    env = {**os.environ, "DUOKUA_HOME": str(home),
           "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, capture_output=True, timeout=60
    )
    return json.loads(told.stdout)


READERS = ("citizen", "clerk", "developer", "steward", "head", "security", "bureau", "auditor",
           "admin", "command", "dust_handler", "district_head")  # fmt: skip


@pytest.fixture(scope="module")
def platform(home: Path) -> Iterator[str]:
    """The whole platform on that home."""
    with running_platform({**os.environ, "DUOKUA_HOME": str(home)}) as url:
        yield url


@dataclass
class Walk:
    """What a reader came to by links alone: every page, and what was refused, with where it stood."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)  # the last of a kind that is a whole page
    refused: list[tuple[int, str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def walked(home: Path, platform: str) -> Callable[[str], Walk]:
    """Return a function that lets a reader follow links from the home page, once."""

    @cache
    def walk(name: str) -> Walk:
        visit = PlainVisit(platform, name, _password(home, name), ("zh-CN", "en")[len(name) % 2])
        found, todo, done = Walk(), deque([("/", "")]), set()
        while todo:
            path, page = todo.popleft()
            kind = _kind(path)
            of_kind = found.pages.setdefault(kind, [])
            if path in done or kind in ("", "sign_out") or len(of_kind) >= MOST_OF_A_KIND:
                continue
            done.add(path)
            of_kind.append(path)
            status, text = visit.get(path)
            if status not in (200, 204, 302, 304):
                found.refused.append((status, path, page))
            if '<header class="top"' in text:
                found.whole[kind] = path
            todo.extend((unescape(link), path) for link in LINK.findall(text))
        return found

    return walk


def _password(home: Path, name: str) -> str:
    told = json.loads((home / "demo.json").read_text(encoding="utf-8"))["accounts"]
    return str(next(each["password"] for each in told if each["username"] == name))


@pytest.mark.parametrize("name", READERS)
def test_no_link_leads_to_a_refusal(walked: Callable[[str], Walk], name: str) -> None:
    """Whoever follows what a page shows them is not told that it is not for them, or not there."""
    found = walked(name)
    assert found.refused == []
    assert len(found.pages) > (15 if name != "citizen" else 6), sorted(found.pages)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["developer", "steward", "auditor"])
def test_pages_full_of_data_are_as_easy_to_use(
    home: Path, platform: str, walked: Callable[[str], Walk], name: str
) -> None:
    """What a page holds decides how close its links stand: axe judges the filled ones, too."""
    pages = walked(name).whole
    kinds = sorted(pages)[:: 1 if EFFORT > 1 else 4]
    with launched() as browser:
        window = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        window.goto(f"{platform}/sign-in/")
        window.fill("[name=username]", name)
        window.fill("[name=password]", _password(home, name))
        with window.expect_navigation():
            window.click(".door-form button.pri")
        wrong = []
        for kind in kinds:
            window.goto(platform + pages[kind], wait_until="load")
            for size, theme in WAYS:
                width, height = WIDTHS[size]
                window.set_viewport_size({"width": width, "height": height})
                window.evaluate(THEME, theme)
                wrong += findings(window, f"{pages[kind]} {size} {theme}")
    assert wrong == []


def _kind(path: str) -> str:
    """Return which page an address names; empty for what is none, as a picture or a style sheet."""
    try:
        return resolve(path.partition("?")[0]).url_name or ""
    except Resolver404:
        return "nothing" if not path.startswith(("/static/", "/data/", "/oauth/")) else ""
