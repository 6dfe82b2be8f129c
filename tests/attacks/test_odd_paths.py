"""Path confusion, header injection, formulas: spellings that two programs may read in two ways."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
import random
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from attacks import worlds
from attacks.parties import Actor, Cast, build
from attacks.wire import Answer, Ask, Wire
from duokua.lang.contract import Kind
from duokua.lang.interface import Shape
from engines import Row
from gateway.world import Gateway, Home
from ledgers import EFFORT

CELLS = 2_000 * EFFORT
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
SECRET = "secret_page"  # nobody was granted it
pytestmark = [pytest.mark.xdist_group("attacks_odd_paths")]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with something of every kind, and texts that a spreadsheet would run."""
    home = Home(tmp_path_factory.mktemp("odd"))
    build(home)
    home.serve(_TEXTS, worlds.PLAIN, _texts())
    started = Gateway(home).start()
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def actors(gateway: Gateway) -> dict[str, Actor]:
    """Everybody who knocks."""
    return {actor.name: actor for actor in Cast(gateway).actors()}


def spellings() -> list[str]:
    """Return more than a hundred ways to write one protected address."""
    whole = f"/data/{SECRET}"
    before = ("", "/", "//", "/.", "/..", "/x/..", "/%2e", "/%2e%2e", "/static/..", "/store/..",
              "/;", "/data/..", "/data/.", "/data/open_page/..", "/%2f", "/healthz/..")  # fmt: skip
    after = ("", "/", "//", "/.", "%20", "%09", ";", ";a=b", ".json", "?", "%00", "%2f", "#")
    found = [f"{one}{whole}{other}" for one, other in itertools.product(before, after)]
    found += [
        whole.upper(), whole.title(), "/data/" + quote(SECRET.replace("_", "%5f")),
        "/data/" + "".join(f"%{ord(c):02x}" for c in SECRET), "/data%2f" + SECRET,
        "/%64ata/" + SECRET, "\\data\\" + SECRET, "/data\\" + SECRET, f"/data/{SECRET}@1",
        f"/data/{SECRET}%401", f"/data/open_page@{SECRET}", f"/data/open_page/{SECRET}",
        f"/data/open_page/../{SECRET}", f"/data/open_page%2f..%2f{SECRET}", f"/data/ {SECRET}",
        f"http://district.example/data/{SECRET}", f"/data/%c0%ae{SECRET}", f"/ｄａｔａ/{SECRET}",
    ]  # fmt: skip
    return [f"{path}{'&' if '?' in path else '?'}limit=1" for path in found]


# What a proxy in front might be told, and the gateway must not believe.
HEADERS = (
    {"X-Original-URL": f"/data/{SECRET}"}, {"X-Rewrite-URL": f"/data/{SECRET}"},
    {"X-HTTP-Method-Override": "GET"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"},
    {"Duokua-Grant": "holder-page"}, {"X-Forwarded-Prefix": "/data"}, {"Via": "1.1 gateway"},
    {"Authorization": "Bearer"}, {"Cookie": "duokua_try="}, {"X-Client-Id": "x_holder"},
)  # fmt: skip


async def _send(gateway: Gateway, asks: list[Ask]) -> list[Answer | None]:
    wire, told = Wire(gateway.port), []
    for ask in asks:
        try:
            told.append(await wire.send(ask, None))
        except (OSError, asyncio.IncompleteReadError):  # hung up on: that is an answer as well
            await wire.close()
            told.append(None)
    await wire.close()
    return told


@pytest.mark.parametrize("name", ["anonymous", "stranger", "holder"])
def test_no_spelling_opens_what_was_not_granted(
    gateway: Gateway, actors: dict[str, Actor], name: str
) -> None:
    """There is no portal behind this gateway: what is handed on to it answers 503."""
    actor, paths = actors[name], spellings()
    assert len(set(paths)) > 100
    answers = asyncio.run(_send(gateway, [Ask("GET", path, actor.headers) for path in paths]))
    for path, answer in zip(paths, answers, strict=True):
        if answer is None:
            continue
        assert worlds.MARK.encode() not in answer.whole(), path
        assert "duokua-receipt" not in dict(answer.headers) or "open_page" in path, path


def test_no_header_opens_what_was_not_granted(gateway: Gateway, actors: dict[str, Actor]) -> None:
    stranger = actors["stranger"].headers
    asks = [
        Ask("GET", f"/data/{thing}?limit=1", {**stranger, **more})
        for thing in (SECRET, "mine_page", "absent_page")
        for more in HEADERS
    ]
    answers = asyncio.run(_send(gateway, asks))
    assert {answer.status for answer in answers if answer} <= {401, 403, 404}


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "%0d%0a", "%0a", "%e5%98%8a"])
def test_no_value_becomes_a_header(gateway: Gateway, actors: dict[str, Actor], break_: str) -> None:
    """Whatever comes in a parameter or a header goes out in none."""
    told = f"x{break_ if '%' in break_ else quote(break_)}X-Injected: yes"
    holder = actors["holder"].headers
    asks = [
        Ask("GET", f"/data/mine_page?{told}=1&area_eq={told}&format={told}&cursor={told}", holder),
        Ask("GET", f"/data/mine_page/{told}", holder),
        Ask("GET", f"/data/{told}", holder),
        Ask("GET", f"/data/?q={told}&after={told}", {**holder, "Accept-Language": "x"}),
        Ask("GET", "/data/mine_page?limit=1", {**holder, "Duokua-Purpose": told, "Host": told}),
    ]
    for answer in asyncio.run(_send(gateway, asks)):
        assert answer is None or "x-injected" not in dict(answer.headers)


_TEXTS = worlds.interface("texts", Shape.PAGE, dataset="plain", columns=("id", "name", "remark"))


def _texts() -> list[Row]:
    """Return rows whose texts begin as a formula does, or nearly so."""
    rng = random.Random(7)
    ends = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("x")', '"', "\n=1", ",=1", "", "'")
    starts = (*FORMULA, "", " ", "'", '"', "a", "\n", "\u00a0", "\ufeff", "０")
    return [
        {**row, "id": at, "name": rng.choice(starts) + rng.choice(starts) + rng.choice(ends),
         "remark": rng.choice(FORMULA) + rng.choice(ends)}
        for at, row in enumerate(itertools.islice(itertools.cycle(worlds.rows(1)), CELLS // 2))
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["limit=all", "limit=900"])
def test_no_cell_of_a_csv_is_a_formula(gateway: Gateway, query: str) -> None:
    """Of the small and of the streamed answer; JSON keeps the text as it is."""
    _, token = gateway.granted(_TEXTS, columns=("id", "name", "remark"))
    body = gateway.ask(f"/data/texts?{query}&format=csv", token=token).body.decode()
    head, *rows = csv.reader(io.StringIO(body, newline=""))
    assert head == ["id", "name", "remark"]
    sent = {int(str(row["id"])): row for row in _texts()}
    assert len(rows) == min(len(sent), 900 if "900" in query else len(sent))
    for id_, *texts in rows:
        for name, text in zip(head[1:], texts, strict=True):
            assert not text.startswith(FORMULA), (name, text)
            plain = str(sent[int(id_)][name])
            assert text == (f"'{plain}" if plain.startswith(FORMULA) else plain)
    assert {c.kind for c in worlds.COLUMNS if c.name in head[1:]} == {Kind.STRING}
