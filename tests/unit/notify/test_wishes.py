"""What reaches a person by their own wish: at once, once a day, or never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.channels import registry
from duokua.notify.channels.port import Outgoing, Undeliverable
from duokua.notify.facade import Note, Weight
from duokua.notify.models import Letter

NOW = datetime(2026, 5, 6, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Box:
    """A channel that keeps what it carries."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Outgoing]] = []
        self.shut = False

    def on(self) -> bool:
        return True

    def reaches(self, place: str) -> bool:
        return "@" in place

    def send(self, place: str, letter: Outgoing) -> None:
        if self.shut:
            raise Undeliverable("shut")
        self.got.append((place, letter))


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    box = Box()
    monkeypatch.setattr(registry, "channels", lambda: {"mail": box, "chat": box})
    return box


@pytest.fixture
def li() -> Person:
    identity.ensure_department("water", "水务局", "Water")
    identity.ensure_person("li", "a long password here", "李", "Li", "water", "steward")
    return identity.stewards("water")[0]


def note(cause: str, weight: Weight = Weight.WARNING) -> Note:
    text = Text(f"事项{cause}", f"matter {cause}")
    return Note(cause, text, department="water", role="steward", weight=weight)


def test_at_once_goes_at_once(box: Box, li: Person) -> None:
    notify.wish(li, "mail", "li@example.org", {"warning": "at_once"}, now=NOW)
    notify.tell(note("a"), now=NOW)
    notify.tell(note("b", Weight.NOTE), now=NOW)
    assert notify.send_letters(now=NOW) == (1, 0)
    assert [(place, letter.title.en) for place, letter in box.got] == [
        ("li@example.org", "matter a")
    ]
    notify.tell(note("a"), now=NOW)  # the same, told again
    assert notify.send_letters(now=NOW) == (0, 0)


def test_daily_gathers(box: Box, li: Person) -> None:
    notify.wish(li, "mail", "li@example.org", {"warning": "daily", "note": "daily"}, now=NOW)
    for cause in ("a", "b", "c"):
        notify.tell(note(cause), now=NOW)
    notify.tell(note("d", Weight.NOTE), now=NOW)
    notify.clear("b", now=NOW)
    assert notify.send_letters(now=NOW) == (0, 0)
    box.shut = True
    assert notify.send_digests(now=NOW) == 0
    box.shut = False
    assert notify.send_digests(now=NOW) == 1
    ((_, letter),) = box.got
    assert letter.title.en == "3 messages of today"
    assert "matter b" not in letter.body.en and "matter d" in letter.body.en
    assert notify.send_digests(now=NOW + timedelta(days=1)) == 0


def test_an_empty_place_ends_it(box: Box, li: Person) -> None:
    notify.wish(li, "mail", "li@example.org", {"warning": "at_once"}, now=NOW)
    assert notify.wishes(li)["mail"].modes["warning"] == "at_once"
    notify.wish(li, "mail", " ", {"warning": "at_once"}, now=NOW)
    assert notify.wishes(li)["mail"].place == ""
    notify.tell(note("a"), now=NOW)
    assert Letter.objects.count() == 0


@pytest.mark.parametrize(("channel", "place"), [("mail", "nobody"), ("webhook", "a@b"), ("x", "")])
def test_a_wrong_place_is_refused(box: Box, li: Person, channel: str, place: str) -> None:
    with pytest.raises(Invalid):
        notify.wish(li, channel, place, {"warning": "at_once"}, now=NOW)
