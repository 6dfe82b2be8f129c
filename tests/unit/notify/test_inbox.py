"""The inbox: one open message for each cause, read by those it is for, and letters by real SMTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from duokua.cli.app import app
from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.channels.webhook import Webhook
from duokua.notify.facade import Note, Weight
from platforms import free_port

NOW = datetime(2026, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def person(name: str, department: str = "water", role: Role = Role.STEWARD) -> Person:
    return Person(name, Text(name, name), department, Text("局", "bureau"), role)


LI, WANG = person("li"), person("wang")
DEVELOPER, OTHER = person("dev", role=Role.DEVELOPER), person("x", "health")


def note(cause: str = "c", said: str = "s", **more: Any) -> Note:
    told = {"department": "water", "role": Role.STEWARD} | more
    return Note(cause=cause, title=Text(said, said), **told)


def test_a_post_reads_it_and_nobody_else() -> None:
    notify.tell(note(), now=NOW)
    notify.tell(note("own", department="", role="", person="x"), now=NOW)
    assert [len(notify.inbox(each)) for each in (LI, WANG, DEVELOPER, OTHER)] == [1, 1, 0, 1]
    assert notify.mark_read(LI, now=NOW) == 1
    assert [notify.unread(each) for each in (LI, WANG)] == [0, 1]
    assert notify.mark_read(LI, [notify.inbox(OTHER)[0].id], now=NOW) == 0
    assert notify.unread(OTHER) == 1


def test_a_cause_is_told_once_until_it_is_cleared() -> None:
    first = notify.tell(note(said="one"), now=NOW)
    assert notify.tell(note(said="two"), now=NOW + DAY) == first
    (shown,) = notify.inbox(LI)
    assert (shown.title.zh, shown.times, shown.open) == ("two", 2, True)
    assert notify.clear("c", now=NOW + DAY) == 1
    assert notify.clear("c", now=NOW + DAY) == 0
    assert notify.unread(LI) == 0
    assert notify.tell(note(said="anew"), now=NOW + 2 * DAY) > first
    assert [each.open for each in notify.inbox(LI)] == [True, False]


def test_old_ones_go_but_never_one_that_is_open() -> None:
    for cause, weight in (("open", Weight.WARNING), ("cleared", Weight.ALARM), ("n", Weight.NOTE)):
        notify.tell(note(cause, weight=weight), now=NOW)
    notify.clear("cleared", now=NOW)
    assert notify.forget_old(now=NOW + 89 * DAY) == 0
    assert notify.forget_old(now=NOW + 91 * DAY) == 2
    assert [each.cause for each in notify.inbox(LI)] == ["open"]


class TestLaw(TestCase):
    """Whatever is told and cleared in whatever order: at most one message of a cause is open."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=20))
    def test_one_is_open(self, acts: list[tuple[bool, str]]) -> None:
        wanted: set[str] = set()
        for at, (telling, cause) in enumerate(acts):
            now = NOW + at * DAY
            if telling:
                notify.tell(note(cause), now=now)
                wanted.add(cause)
            else:
                assert notify.clear(cause, now=now) == (cause in wanted)
                wanted.discard(cause)
        told = [each.cause for each in notify.inbox(LI) if each.open]
        assert sorted(told) == sorted(wanted)


class Taken(Handler):
    """Keeps what a real SMTP server on the loopback has taken."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []

    def handle_message(self, message: Mail) -> None:
        self.mails.append(message)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Taken]:
    taken, port = Taken(), free_port()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("DUOKUA_MAIL", f"smtp://127.0.0.1:{port}?from=duokua@district.example")
    yield taken
    controller.stop()


def subscribe() -> None:
    identity.ensure_department("water", "水务局", "Water")
    line = ["notify", "address", "water", "li@water.example", "--json"]
    done = CliRunner().invoke(app, line)
    assert '"place": "li@water.example"' in done.output, done.output


def test_letters_go_out_once(server: Taken) -> None:
    subscribe()
    notify.tell(note(said="隔离", weight=Weight.ALARM, link="/store/"), now=NOW)
    notify.tell(note(said="again"), now=NOW)
    notify.tell(note("mere", weight=Weight.NOTE), now=NOW)
    notify.tell(note("theirs", department="health"), now=NOW)
    assert {job.kind for job in jobs.jobs()} == {"notify.send"}
    assert notify.send_letters(now=NOW) == (1, 0)
    assert notify.send_letters(now=NOW) == (0, 0)
    (mail,) = server.mails
    assert (mail["To"], mail["From"]) == ("li@water.example", "duokua@district.example")


def test_letters_lead_to_where_the_portal_is_reached(
    server: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUOKUA_URL", "https://data.district.example/")
    subscribe()
    notify.tell(note(weight=Weight.ALARM, link="/store/inbox/"), now=NOW)
    assert notify.send_letters(now=NOW) == (1, 0)
    (mail,) = server.mails
    assert str(mail.get_payload()).strip().endswith("https://data.district.example/store/inbox/")


def test_a_department_is_told_by_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    identity.ensure_department("water", "水务局", "Water")
    place = "https://93.184.215.14/hook"
    done = CliRunner().invoke(
        app, ["notify", "address", "water", place, "--channel", "webhook", "--json"]
    )
    assert json.loads(done.output) == [
        {"department": "water", "role": "steward", "channel": "webhook", "place": place}
    ]
    told = CliRunner().invoke(app, ["notify", "key", place, "--json"])
    assert json.loads(told.output)["key"] == notify.signing_key(place)
    sent: list[str] = []
    monkeypatch.setattr(Webhook, "send", lambda self, place, letter: sent.append(letter.link))
    notify.tell(note(weight=Weight.ALARM, link="/store/inbox/"), now=NOW)
    assert notify.send_letters(now=NOW) == (1, 0)
    assert sent == ["http://127.0.0.1:8000/store/inbox/"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["nowhere", "a@b.example"], "department"),
        (["water", "not an address"], "place"),
        (["water", "http://127.0.0.1:9/x", "--channel", "webhook"], "DUOKUA_PRIVATE_HOSTS"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(line: list[str], told: str) -> None:
    identity.ensure_department("water", "水务局", "Water")
    done = CliRunner().invoke(app, ["notify", "address", *line])
    assert done.exit_code != 0 and told in done.output


def test_nothing_goes_out_where_no_server_is_named() -> None:
    subscribe()
    notify.tell(note(), now=NOW)
    assert notify.send_letters(now=NOW) == (0, 0)
    assert jobs.jobs() == []


def test_a_server_that_does_not_answer_is_tried_again_and_in_the_end_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DUOKUA_MAIL", f"smtp://127.0.0.1:{free_port()}")
    subscribe()
    notify.tell(note(), now=NOW)
    told = [notify.send_letters(now=NOW) for _ in range(9)]
    assert told == [(0, 1)] * 7 + [(0, 0)] * 2


def test_an_address_is_one() -> None:
    identity.ensure_department("water", "水务局", "Water")
    for place in ("li", "a@b\nBcc: x@y", "<a@b>", ""):
        with pytest.raises(Invalid):
            notify.set_address("water", channel="mail", place=place, by="op", now=NOW)
    for department, channel in (("water", "pigeon"), ("nobody", "mail")):
        with pytest.raises(Invalid):
            notify.set_address(department, channel=channel, place="a@b", by="op", now=NOW)
