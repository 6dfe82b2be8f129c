"""HTTP JSON page by page, from a server on the loopback that behaves and misbehaves."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from duokua.engine import pages
from duokua.engine.pages import Asked, Fetched, fetch_pages
from duokua.kernel.errors import Invalid, Unavailable
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.source import Paging, PagingKind, Source, SourceKind

COLUMNS = (
    Column("number", Kind.INTEGER, Text("号", "n"), source_name="id"),
    Column("value", Kind.NUMBER, Text("值", "v")),
)
Answer = Callable[[web.Request], web.Response]


@dataclass(slots=True)
class Server:
    """A server whose next answers are programmed; it remembers what it was asked."""

    base: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Give the next answer; the last one for ever."""
        self.asked.append((request.path_qs, request.headers.get("X-Api-Key")))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run the server on its own thread."""
    made, loop = Server(), asyncio.new_event_loop()

    async def begin() -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_get("/{tail:.*}", made.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, runner.addresses[0][1]

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner, port = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
    made.base = f"http://127.0.0.1:{port}"
    yield made
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def told(body: Any, status: int = 200, **headers: str) -> Answer:
    """Return an answer."""
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda request: web.Response(text=text, status=status, headers=headers)


def page(*numbers: int, **more: Any) -> Answer:
    """Return a page of rows."""
    return told({"data": [{"id": n, "value": n / 2, "other": 1} for n in numbers], **more})


class Fetching:
    """Fetches into a file."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.source = Source(
            "pull", "reading", SourceKind.HTTP, "append",
            url=f"{server.base}/list", items="/data", secret_header="X-Api-Key",
        )  # fmt: skip
        self.file, self.slept, self.rows = folder / "rows.parquet", list[float](), list[int]()

    async def sleep(self, seconds: float) -> None:
        """Note how long would have been slept."""
        self.slept.append(seconds)

    def run(self, above: str = "", **changed: Any) -> Fetched:
        """Fetch all pages."""
        asked = Asked(replace(self.source, **changed), "k3y", COLUMNS, above)
        return fetch_pages(asked, self.file, lambda done, _: self.rows.append(done), self.sleep)

    def written(self) -> list[tuple[str | None, ...]]:
        """Return the rows of the file."""
        return [tuple(row.values()) for row in pq.read_table(self.file).to_pylist()]


@pytest.fixture
def fetching(server: Server, tmp_path: Path) -> Fetching:
    """A source at the server."""
    return Fetching(server, tmp_path)


def test_one_page(server: Server, fetching: Fetching) -> None:
    server.answers = [page(1, 2)]
    assert fetching.run() == Fetched(2, "")
    assert fetching.written() == [("1", "0.5"), ("2", "1.0")]
    assert server.asked == [("/list", "k3y")]


def test_links_are_followed_on_the_same_server(server: Server, fetching: Fetching) -> None:
    server.answers = [page(1, next="/list?p=2"), page(2, next="list?p=3"), page(3, next=None)]
    fetching.run(paging=Paging(PagingKind.LINK, "/next"))
    assert [path for path, _ in server.asked] == ["/list", "/list?p=2", "/list?p=3"]
    assert [row[0] for row in fetching.written()] == ["1", "2", "3"]
    assert fetching.rows == [1, 2, 3]


@pytest.mark.parametrize("elsewhere", ["http://localhost:1/", "https://127.0.0.1/", "//evil/"])
def test_the_secret_goes_to_no_other_server(
    server: Server, fetching: Fetching, elsewhere: str
) -> None:
    server.answers = [page(1, next=elsewhere)]
    with pytest.raises(Invalid):
        fetching.run(paging=Paging(PagingKind.LINK, "/next"))


def test_a_redirect_is_not_followed(server: Server, fetching: Fetching) -> None:
    server.answers = [told("", 302, Location="http://localhost:1/")]
    with pytest.raises(Invalid):
        fetching.run()


def test_numbered_pages_end_with_an_empty_one(server: Server, fetching: Fetching) -> None:
    server.answers = [page(1), page(2), page()]
    fetching.run(paging=Paging(PagingKind.PAGE, "", "p", 0, "n", 1))
    assert [path for path, _ in server.asked] == [f"/list?p={n}&n=1" for n in range(3)]


def test_a_cursor_asks_for_the_next_page(server: Server, fetching: Fetching) -> None:
    server.answers = [page(1, meta={"next": "a b"}), page(2, meta={})]
    fetching.run(paging=Paging(PagingKind.CURSOR, "/meta/next", "after"))
    assert server.asked[1][0] == "/list?after=a+b"


def test_only_what_is_new_is_kept(server: Server, fetching: Fetching) -> None:
    server.answers = [page(9, 10, 11, 2)]
    assert fetching.run("9", cursor="id", since_parameter="since") == Fetched(2, "11")
    assert server.asked[0][0] == "/list?since=9"
    assert [row[0] for row in fetching.written()] == ["10", "11"]


def test_what_passes_is_asked_again_with_growing_pauses(server: Server, fetching: Fetching) -> None:
    server.answers = [told("", 503), told("", 500), told("", 429, **{"Retry-After": "7"}), page(1)]
    assert fetching.run().rows == 1
    first, second, third = fetching.slept
    assert 0.3 < first < 0.7 and 0.7 < second < 1.3 and third == 7


def test_what_does_not_pass_is_told(server: Server, fetching: Fetching) -> None:
    server.answers = [told("k3y", 503)]
    with pytest.raises(Unavailable, match="HTTP 503") as caught:
        fetching.run()
    assert len(server.asked) == 5
    assert "k3y" not in repr(caught.value.what)


def test_nobody_there(fetching: Fetching) -> None:
    with pytest.raises(Unavailable):
        fetching.run(url="http://127.0.0.1:1/list")
    assert len(fetching.slept) == 4


@pytest.mark.parametrize(
    "answer",
    [
        told("not json"),
        told({"rows": []}),
        told({"data": [1, 2]}),
        told({"data": {"id": 1}}),
        told("[" * 100_000),
        told("", 401),
        told("", 404),
    ],
)
def test_an_answer_that_was_not_declared(
    server: Server, fetching: Fetching, answer: Answer
) -> None:
    server.answers = [answer]
    with pytest.raises(Invalid):
        fetching.run()
    assert len(server.asked) == 1


def test_a_page_that_is_too_large(
    server: Server, fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_MOST_PAGE_BYTES", 1000)
    server.answers = [page(*range(100))]
    with pytest.raises(Invalid):
        fetching.run()


def test_all_pages_that_are_too_large(
    server: Server, fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_MOST_BYTES", 1000)
    server.answers = [page(*range(10))]
    with pytest.raises(Invalid):
        fetching.run(paging=Paging(PagingKind.PAGE, "", "p"))


def test_pages_that_go_in_a_circle_are_noticed(server: Server, fetching: Fetching) -> None:
    server.answers = [page(1, next="a")]
    with pytest.raises(Invalid):
        fetching.run(paging=Paging(PagingKind.CURSOR, "/next", "after"))


def test_values_keep_their_digits_and_their_shape(server: Server, fetching: Fetching) -> None:
    body = '{"data": [{"id": 12345678901234567890, "value": 1.10}, {"id": true, "value": '
    body += '{"a": [1.50, "x", null]}}, {"id": null}, {"id": "文", "value": 1e400}]}'
    server.answers = [told(body)]
    fetching.run()
    assert fetching.written() == [
        ("12345678901234567890", "1.10"),
        ("true", '{"a": [1.50, "x", null]}'),
        (None, None),
        ("文", "1e400"),
    ]


def test_cursors_with_and_without_fractions_are_ordered_by_value(
    server: Server, fetching: Fetching
) -> None:
    server.answers = [told('{"data": [{"id": 9.5}, {"id": 10}, {"id": 9}, {"id": 10.25}]}')]
    assert fetching.run("9.5", cursor="id") == Fetched(2, "10.25")
