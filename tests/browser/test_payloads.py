"""What an attacker may write anywhere is shown as text: no page of any role runs a bit of it.

The fields are found by following the links of every role and reading the forms there, so a new form
is covered without a word here. Every field is written with a mark of its own; only one whose mark a
page shows afterwards counts as written. Everything is written and read over plain HTTP; the browser
then opens the pages on which marks stand. EFFORT=10 sends every kind of payload into every field.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from forms_found import Found
from listed_dataset import LISTED
from payload_crawl import MARK, PAYLOADS, Crawl, Pen, file_name
from plain_visit import PlainVisit

pytestmark = pytest.mark.browser
EFFORT = int(os.environ.get("EFFORT", "1"))
LANGUAGES = ("zh-CN", "en-GB")
WORD = "one walks through the door"
LISTING = "/store/listings/site_worker/"
PATIENCE_S = 60
PLACED = {90001, 90002, 90003, 90004}  # name of a file, cells, a head, names of people
FIELDS, SHOWN, PAGES = 54, 44, 36  # measured: 56, 46, 38
WRITERS = ("developer", "steward", "bureau", "admin_p", "head_p")
READERS = ("security_p", "bureau_p", "auditor", *(("head_o",) if EFFORT >= 10 else ()))
ENGLISH = ("head_p", "security_p", "steward")  # a title in English stands on their pages only
POSTS = {
    "admin_p": ("housing_construction", "admin"),
    "security_p": ("data_bureau", "security"),
    "bureau_p": ("data_bureau", "bureau"),
    "head_p": ("emergency", "head"),
    "head_o": ("housing_construction", "head"),
}
NAMED = """
import json, sys
import django; django.setup()
from duokua.identity import facade as identity
from duokua.identity.facade import Role
texts, posts, word = json.loads(sys.argv[1])
for name, (department, role) in posts.items():
    identity.ensure_person(name, word, name, name, department, Role(role))
for number, text in enumerate(texts):
    identity.ensure_department(f"payload_{number}", text[:60], text[:60])
    identity.ensure_person(f"payload_{number}", "a long password here", text[:60], text[:60],
                           "housing_construction", Role.DEVELOPER)
"""


@pytest.fixture(scope="module")
def platform(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a platform of this test's own: what it leaves behind is no place for journeys."""
    with start(tmp_path_factory.mktemp("payloads")) as started:
        yield started


def _ask(crawl: Crawl) -> str:
    """Ask for a dataset with payloads in every field of the wizard; return the request's page."""
    add = next(each for each in Found(crawl.visit.get(LISTING)[1]).forms
               if each.action == "/store/cart/add/")  # fmt: skip
    told = [("csrfmiddlewaretoken", dict(add.kept)["csrfmiddlewaretoken"]),
            ("listing", "site_worker"), ("product", "site_workers"), ("act", "ask")]  # fmt: skip
    status, place = crawl.visit.post(LISTING, "/store/cart/add/", told)
    assert status == 302, status
    page = place.removesuffix("product/")
    crawl.press(f"{page}product/", "propose", question="list", new_client="")
    crawl.press(f"{page}product/", "next", option="site_workers:masked", client="safety_watch",
                new_client="")  # fmt: skip
    for step in ("purpose", "basis"):
        crawl.press(f"{page}{step}/", "next")
    for step in ("fields", "rows", "period"):
        crawl.press(f"{page}{step}/", "next")
    crawl.press(f"{page}duty/", "attach")
    crawl.press(f"{page}duty/", "next", duty="on")
    crawl.press(f"{page}check/", "submit")
    return page


def _dispute(crawls: dict[str, Crawl], page: str) -> str:
    """Refuse a request and dispute that, each with payloads; return the dispute's page."""
    for name in ("head_p", "bureau"):
        crawls[name].press(page, "agree")
    form = crawls["steward"].visit.form(page, "refuse")
    crawls["steward"].press(page, "refuse", ground=form.offers["ground"])
    asker = crawls["developer"]
    claim = next(each for each in Found(asker.visit.get(page)[1]).forms if "dispute" in each.action)
    place = asker.send(page, claim.action, claim, ("", ""))
    assert place
    return place


def _use(crawls: dict[str, Crawl], page: str) -> str:
    """Agree to a request at every post and wait until it is in use: who uses may rate."""
    for name in ("head_p", "bureau", "steward", "security_p", "bureau_p"):
        crawls[name].press(page, "agree")
    asker, until = crawls["developer"], time.monotonic() + PATIENCE_S
    while 'value="rate"' not in asker.visit.get(LISTING)[1]:
        assert time.monotonic() < until, "nobody may rate what is in use"
        time.sleep(0.2)
    asker.press(LISTING, "rate")
    return page


def _define(crawl: Crawl) -> str:
    """Define an interface and open a grant of it, with payloads; return its page."""
    made = crawl.press("/store/interfaces/define/site_worker/", "publish",
                       id=f"kq_workers_{secrets.token_hex(3)}")  # fmt: skip
    crawl.press(f"{made}grants/open/", "open", client="safety_watch")
    return made


def _list(crawl: Crawl, dataset: str) -> str:
    """List a dataset with payloads in every field; hand it in; return its form."""
    form = next(each for each in Found(crawl.visit.get("/store/listings/new/")[1]).forms)
    told = [("csrfmiddlewaretoken", dict(form.kept)["csrfmiddlewaretoken"]), ("dataset", dataset)]
    status, place = crawl.visit.post("/store/listings/mine/", "/store/listings/new/", told)
    assert status == 302, status
    needed = {"level": "L3", "phone": "0571-0000"}
    needed["domain"] = crawl.visit.form(place, "save").offers["domain"]
    crawl.press(place, "save", **needed)
    crawl.press(place, "submit", **needed)
    return place


def _bring_in(crawl: Crawl, **titles: str) -> str:
    """Upload a file with payloads in its name, head and cells; make a dataset of it."""
    place, cells = "/store/bring-in/", [one.replace("MARK", "kq90002z") for one in PAYLOADS]
    rows = "".join(f'N{at:03},"{cells[at % len(cells)].replace(chr(34), chr(34) * 2)}"\n'
                   for at in range(24))  # fmt: skip
    form = next(each for each in Found(crawl.visit.get(place)[1]).forms if "file" in each.files)
    content = f"编号,kq90003z<svg onload=__hit=1>\n{rows}".encode()
    status, draft = crawl.visit.post(place, place, form.filled(),
                                     [("file", file_name(), content)])  # fmt: skip
    assert status == 302, status
    told = {"dataset": f"kq_cells_{secrets.token_hex(3)}", "name_1": "number", "name_2": "words",
            "null_words": ""}  # fmt: skip
    crawl.read(draft, "draft")
    return crawl.press(draft, "accept", **told, **titles)


def _look(window: Any, pages: list[str]) -> tuple[int, list[str]]:
    """Show pages in the browser; return on how many a payload stands as text, and what ran."""
    shown, ran = 0, []
    for path in pages:
        window.page.goto(window.platform.url + path, wait_until="load")
        window.page.evaluate("new Promise(done => setTimeout(done, 0))")
        if window.page.evaluate("window.__hit"):
            ran.append(path)
        shown += bool(MARK.search(window.page.content()))
    return shown, ran


def _enter(platform: Any) -> None:
    """Fill the posts, name others and departments by payloads, take the listing over."""
    env = {
        **os.environ,
        "DUOKUA_HOME": str(platform.home),
        "DJANGO_SETTINGS_MODULE": "duokua.project.settings",
    }
    texts = [one.replace("MARK", "kq90004z") for one in PAYLOADS]
    posts = {name: post for name, post in POSTS.items() if name not in platform.passwords}
    told = json.dumps([texts, posts, WORD])
    # One start of the platform's own code for all of it: a start is what takes long.
    subprocess.run([sys.executable, "-c", NAMED + LISTED, told], env=env, check=True, timeout=120)
    platform.passwords.update(dict.fromkeys(posts, WORD))


def _written(platform: Any, pen: Pen) -> dict[str, Crawl]:
    """Write at every post, then read everything at every post again."""
    visits = {
        name: PlainVisit(platform.url, name, platform.passwords[name], LANGUAGES[name in ENGLISH])
        for name in (*WRITERS, *READERS)
    }
    writing = {name: Crawl(each, pen) for name, each in visits.items()}
    asker, owner = writing["developer"], writing["steward"]
    page, made = _ask(asker), _bring_in(owner)
    plain = _bring_in(owner, **{f"title_zh{end}": f"名单{end}" for end in ("", "_1", "_2")})
    refused = _ask(asker)
    starts = (page, refused, _dispute(writing, refused), _use(writing, _ask(asker)), LISTING,
              made, _list(owner, plain.split("/")[-2]), _define(owner))  # fmt: skip
    for name in WRITERS:
        writing[name].walk(write=True, starts=starts)
    after = {name: Crawl(visit, pen) for name, visit in visits.items()}
    for name, crawl in after.items():
        crawl.walk(write=False, starts=(*starts, f"{page}check/"))
        crawl.broken += writing[name].broken
        crawl.marks |= writing[name].marks
        crawl.taken |= writing[name].taken
    return after


def _watched(visit: Callable[..., Any], crawl: Crawl, canary: list[str]) -> Any:
    """Open a window for the person of a crawl; what a payload would do is noted."""
    window = visit(language=LANGUAGES[crawl.visit.name in ENGLISH])
    window.page.on("dialog", lambda told: (canary.append(told.message), told.dismiss()))
    window.page.on(
        "request", lambda asked: canary.append(asked.url) if "canary-hit" in asked.url else None
    )
    url = window.platform.url
    jar = [{"name": one.name, "value": one.value or "", "url": url} for one in crawl.visit.jar]
    window.page.context.add_cookies(jar)
    return window


@pytest.mark.parametrize("shift", range(len(PAYLOADS) + 1 if EFFORT >= 10 else 1))
def test_what_is_written_anywhere_runs_nowhere(
    visit: Callable[..., Any], platform: Any, shift: int
) -> None:
    _enter(platform)
    pen = Pen(shift)
    crawls = _written(platform, pen).values()
    shown, opened, ran, canary = 0, 0, [], []
    looked: Counter[str] = Counter()
    for crawl in crawls:
        pages = [path for kind, path in crawl.marked.items() if looked[kind] < EFFORT]
        looked.update(crawl.marked.keys())
        on, hit = _look(_watched(visit, crawl, canary), pages)
        shown, opened = shown + on, opened + len(pages)
        ran += [f"{crawl.visit.name} {path}" for path in hit]
    broken = [each for crawl in crawls for each in crawl.broken]
    # A page that reports a breach of its policy makes `visit` fail besides.
    assert (ran, canary, broken) == ([], [], [])
    read = set().union(*(crawl.marks for crawl in crawls))
    fields = pen.named(read)
    written = fields | set().union(*(crawl.taken for crawl in crawls))
    told = f"{len(written)} of {len(pen.marks)} fields taken, {len(fields)} shown"
    told += f", {shown} of {opened} pages with marks, left: {sorted(set(pen.marks) - written)}"
    print(told)
    assert read >= PLACED, told
    assert len(written) >= FIELDS, told
    assert len(fields) >= SHOWN, told
    assert shown >= PAGES, told
