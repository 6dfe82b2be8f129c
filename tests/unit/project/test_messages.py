"""Every sentence of the portal exists in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db.models import TextChoices
from django.utils import translation

from duokua.lake.states import Leaving
from duokua.notify.states import MessageState
from duokua.project import messages as project_messages
from duokua.shell import messages
from duokua.store.states.listing import ListingState
from duokua.store.states.request import DisputeState, RequestState

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_no_message_lacks_chinese() -> None:
    assert project_messages.missing() == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RequestState.WITHDRAWN, "已撤回"), (RequestState.REFUSED, "不同意"),
        (DisputeState.DISMISSED, "维持原决定"), (DisputeState.WITHDRAWN, "已撤回"),
        (ListingState.WITHDRAWN, "已下架"), (MessageState.OPEN, "未消除"),
        (Leaving.WITHDRAWN, "随批次撤回"), (Leaving.DISMISSED, "不再处理"),
    ],
)  # fmt: skip
def test_states_that_share_an_english_word_have_their_own_in_chinese(
    state: TextChoices, words: str
) -> None:
    with translation.override("zh-hans"):
        assert state.label == words


def test_every_id_is_english() -> None:
    """The id is what an English page shows."""
    found = messages.collect(project_messages.PACKAGE)
    assert len(found) > 100
    ids = [part for key in found for part in ([key] if isinstance(key, str) else key)]
    assert [part for part in ids if CHINESE.search(part)] == []


def test_places_of_a_translation_are_those_of_its_id() -> None:
    """A translation that loses a ``%(name)s`` would break its page."""
    from babel.messages.pofile import read_po

    place = re.compile(r"%\(\w+\)[sd]")
    with project_messages.CATALOGUE.open("rb") as text:
        for message in read_po(text):
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            for string in strings:
                assert set(place.findall(string)) == set(place.findall(ids[-1])), ids


def test_no_template_holds_a_sentence_outside_the_catalogue() -> None:
    """Text between tags is either a message or no sentence."""
    words = re.compile(r">([^<>{}]*[A-Za-z\u4e00-\u9fff]{3}[^<>{}]*)<")
    block = r"{% blocktranslate.*?endblocktranslate %}"
    allowed = {"简体中文", "English", "curl", "Python", "Ctrl K", "duokua receipts verify"}
    allowed |= {"· Asia/Shanghai", "OpenAPI", "application/problem+json"}
    allowed |= {"truefalse", "YAML", "CSV", "JSON"}  # values and names of formats
    for path in project_messages.PACKAGE.rglob("*.html"):
        text = re.sub(block, "", path.read_text(), flags=re.S)
        text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
        # Neither code nor the names of keys are sentences.
        text = re.sub(r"<(code|pre|kbd)\b.*?</\1>", r"<\1></\1>", text, flags=re.S)
        found = {match.strip() for match in words.findall(text)} - allowed
        assert not {one for one in found if not one.startswith("GET /data/")}, (path, found)


def test_stale_messages_are_compiled_and_fresh_ones_left(tmp_path: Path) -> None:
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    assert messages.compile_stale(tmp_path) == [source.with_suffix(".mo")]
    assert messages.compile_stale(tmp_path) == []


@pytest.mark.parametrize("path", sorted(project_messages.PACKAGE.rglob("*.html")), ids=str)
def test_no_template_carries_script_or_style(path: Path) -> None:
    """The content security policy would refuse them in the browser."""
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    inside = re.sub(r"{%.*?%}", "", text, flags=re.S)  # `with one=…` is no attribute
    assert not re.search(r"\sstyle=|<style|\son\w+=", inside)
