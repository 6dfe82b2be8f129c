"""Evidence: what is taken, what is kept of it, and who sees it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.playbook import Asked
from duokua.loop.actions import evidence as kept
from duokua.loop.actions.cases import Act, follow, perform
from duokua.loop.actions.evidence import keeping
from duokua.loop.facade import cases, evidence
from duokua.loop.models import Ruleset, Task
from duokua.loop.values.acting import Upload
from duokua.loop.values.case import EvidenceInfo
from loop_world import (
    ALONE,
    NOW,
    PACK,
    adopt,
    answers,
    case_of,
    found,
    person,
    settle,
    with_playbook,
)

pytestmark = pytest.mark.django_db
ASKS = (
    Asked("photo", Text("照片", "Photo"), "photo", least=2),
    Asked("depth", Text("深度", "Depth"), "form", form="depth"),
    Asked("meter", Text("读数", "Reading"), "reading"),
    Asked("sheet", Text("报告", "Report"), "document"),
)


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    settle()
    book = replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=ASKS),))
    pack = replace(with_playbook(book), manifest=replace(PACK.manifest, version="1.1.0"))
    Ruleset.objects.update(active=False)
    adopt(pack)
    follow([found()], pack=pack, now=NOW)
    act("accept")


def act(verb: str, who: str = "fixer", **told: Any) -> None:
    case = case_of()
    told.setdefault("task", Task.objects.get(case=case).id)
    perform(case.number, Act(verb, **told), person(who), ask=answers(Level.NONE), now=NOW)


def photo(color: str = "red", **exif: Any) -> bytes:
    """A photo, as a phone sends it."""
    image = Image.new("RGB", (640, 480), color)
    told = image.getexif()
    told[0x0110] = "PHONE-MODEL-X"  # who made it
    inner = told.get_ifd(0x8769)
    inner[36867] = "2026:05:06 09:58:30"
    place = told.get_ifd(0x8825)
    place.update({1: "N", 2: (30.0, 15.0, 0.0), 3: "E", 4: (120.0, 9.0, 36.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=told)
    return out.getvalue()


def give(body: bytes | None = None, *, name: str = "a.jpg", ask: str = "photo", who: str = "fixer",
         **told: Any) -> EvidenceInfo:  # fmt: skip
    case = case_of()
    upload = Upload(name, [body]) if body is not None else None
    task = Task.objects.get(case=case).id
    return evidence.give(
        case.number, task, ask=ask, upload=upload, body=told, person=person(who), now=NOW
    )


def test_a_photo_is_written_anew_and_its_time_and_place_are_read_first() -> None:
    info = give(photo())
    assert info.kind == "photo" and info.media == "image/jpeg" and info.picture
    assert info.taken_at == datetime(2026, 5, 6, 1, 58, 30, tzinfo=UTC)
    assert (info.lon, info.lat) == (pytest.approx(120.16), pytest.approx(30.25))
    media, body = evidence.content(info.id, person("owner"))
    assert media == "image/jpeg" and b"PHONE-MODEL-X" not in body and b"Exif" not in body
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (640, 480) and not image.getexif()
        strip, above = image.getpixel((320, 479)), image.getpixel((320, 200))
        assert isinstance(strip, tuple) and isinstance(above, tuple)
        assert above[0] > 200 > strip[0]  # the mark's dark ground
    small, thumb = evidence.thumbnail(info.id, person("owner"))
    assert small == "image/jpeg"
    with Image.open(io.BytesIO(thumb)) as image:
        assert max(image.size) == 320


def test_a_case_is_disposed_of_only_with_all_that_is_asked_for() -> None:
    for step in (
        lambda: give(photo("red")),
        lambda: give(photo("blue")),
        lambda: give(ask="depth", depth=3.5),
        lambda: give(ask="meter", value="0.4", unit="m"),
        lambda: give(b"%PDF-1.7\n", name="r.pdf", ask="sheet"),
    ):
        with pytest.raises(Invalid) as error:
            act("dispose")
        assert error.value.faults[0].where == "evidence"
        step()
    act("dispose")
    assert case_of().state == "disposed"
    with pytest.raises(Conflict):
        give(photo("green"))


def test_the_same_photo_counts_once() -> None:
    give(photo())
    with pytest.raises(Invalid):
        give(photo())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.jpg", b""),
        ("a.jpg", b"not a picture"),
        ("a.jpg", photo()[:200]),
        ("a.jpg", b"%PDF-1.7\n"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("a.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
    ],
)
def test_what_is_no_photo_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(Invalid):
        give(body, name=name)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(Invalid):
        give(out.getvalue(), name="a.png")


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 1000)
    with pytest.raises(Invalid):
        give(photo())


@pytest.mark.parametrize(
    ("name", "body"),
    [("r.pdf", b"<html>"), ("r.docx", b"%PDF-1.7"), ("r.exe", b"MZ"), ("r.html", b"<html>")],
)
def test_what_is_no_document_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(Invalid):
        give(body, name=name, ask="sheet")


def test_a_document_with_macros_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("word/document.xml", "<w/>")
        box.writestr("word/vbaProject.bin", "x")
    with pytest.raises(Invalid):
        give(out.getvalue(), name="r.docx", ask="sheet")


@pytest.mark.parametrize("told", [{}, {"depth": -1}, {"depth": "deep"}, {"depth": 1, "more": 2}])
def test_a_form_is_held_against_its_schema(told: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        give(ask="depth", **told)


@pytest.mark.parametrize("value", ["", "x", "nan", "inf", None])
def test_a_reading_is_a_number(value: object) -> None:
    with pytest.raises(Invalid):
        give(ask="meter", value=value)


def test_only_whoever_has_the_task_gives_and_whoever_sees_the_case_reads() -> None:
    info = give(photo())
    for who in ("fixer_2", "owner", "auditor"):
        with pytest.raises((NotAllowed, Conflict)):
            give(photo("blue"), who=who)
    with pytest.raises(NotFound):
        give(photo("blue"), who="stranger")
    for who in ("owner", "chief", "auditor", "fixer_2"):
        assert evidence.content(info.id, person(who))[1]
    for who in ("stranger", "stranger_head", "steward", "helper"):
        for ask in (evidence.content, evidence.thumbnail):
            with pytest.raises(NotFound):
                ask(info.id, person(who))


def test_bytes_that_were_changed_are_not_shown() -> None:
    info = give(photo())
    path = keeping.place(info.digest)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(NotFound):
        evidence.content(info.id, person("owner"))


def test_where_and_when_come_from_the_phone_where_the_file_tells_none() -> None:
    told = {"taken_at": "2026-05-06T09:50:00+08:00", "lon": "120.1", "lat": "30.1"}
    info = give(ask="meter", value=1, **told)
    assert info.taken_at == datetime(2026, 5, 6, 1, 50, tzinfo=UTC)
    assert (info.lon, info.lat) == (120.1, 30.1) and info.body == {"value": 1.0, "unit": ""}
    later = (NOW + timedelta(days=1)).isoformat()
    assert give(ask="meter", value=2, taken_at=later, lon="x", lat=9).taken_at is None


def test_the_timeline_tells_of_it() -> None:
    give(photo())
    info = cases.case(case_of().number, person("owner"), now=NOW)
    assert [event.verb for event in info.timeline][-1] == "evidence"
    assert info.tasks[0].asks[0].given == 1 and info.tasks[0].asks[0].missing == 1
    assert kept.folder().is_dir()
