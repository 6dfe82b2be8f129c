"""The inbox in the portal: a badge on each page, messages that lead to the thing."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.facade import Note

Hands = Callable[..., Client]


@pytest.fixture
def cause(db: None) -> str:
    name = uuid.uuid4().hex
    title = Text(f"隔离区有行 {name}", f"Rows stand aside {name}")
    note = Note(name, title, department="dept_a", role="steward", link="/store/datasets/worker/")
    notify.tell(note, now=clock.now())
    return name


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "隔离区有行"), ("en", "Rows stand")])
def test_a_steward_sees_reads_and_follows_it(
    sign_in: Hands, cause: str, language: str, said: str
) -> None:
    hand = sign_in("steward_a", language)
    text = hand.get("/messages/").content.decode()
    assert f"{said}" in text
    assert cause in text
    unread = "1 条未读" if language == "zh-hans" else "1 unread"
    assert unread in hand.get("/").content.decode()
    number = text.rpartition('name="message" value="')[2].partition('"')[0]
    answer = hand.post("/messages/", {"message": number})
    assert answer.headers["Location"] == "/store/datasets/worker/"
    assert unread not in hand.get("/").content.decode()


def test_others_do_not(sign_in: Hands, cause: str) -> None:
    for name in ("developer_b", "bureau_a"):
        assert cause not in sign_in(name).get("/messages/").content.decode()


def test_all_are_marked_at_once(sign_in: Hands, cause: str) -> None:
    hand = sign_in("steward_a")
    assert hand.post("/messages/").status_code == 302
    assert "0 条未读" in hand.get("/messages/").content.decode()


def test_a_link_never_leads_elsewhere(sign_in: Hands, db: None) -> None:
    title = Text("甲", "a")
    note = Note("x", title, department="dept_a", role="steward", link="//evil.example/")
    number = notify.tell(note, now=clock.now())
    answer = sign_in("steward_a").post("/messages/", {"message": str(number)})
    assert answer.headers["Location"] == "/messages/"


def test_a_number_that_no_message_has_changes_nothing(sign_in: Hands, cause: str) -> None:
    hand = sign_in("steward_a")
    for told in ("9" * 30, "9" * 5000, "²", "x"):
        assert hand.post("/messages/", {"message": told}).headers["Location"] == "/messages/"
        assert hand.get("/messages/", {"before": told}).status_code == 200
    assert "0 条未读" not in hand.get("/messages/").content.decode()
