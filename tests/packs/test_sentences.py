"""The sentences of every scenario pack that comes with the platform, each as a test of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from duokua.lang.law_pack import GROUNDS
from duokua.lang.scenario.pack import Pack, Sentence
from duokua.lang.scenario.reading import read_pack
from duokua.loop.facade import rules
from duokua.loop.facade.rules import SentenceResult
from duokua.pack.folder import files_of

PACKS = Path(__file__).resolve().parents[2] / "packs"


@cache
def read(folder: Path) -> Pack:
    """Return a pack."""
    return read_pack(files_of(folder), folder=folder.name)


@cache
def results(folder: Path) -> dict[tuple[str, int], SentenceResult]:
    """Return how the sentences of a pack came out, by file and line; they share one session."""
    return {(each.file, each.line): each for each in rules.check_sentences(read(folder))}


def sentences() -> Iterator[object]:
    """Yield every sentence of every scenario pack."""
    for manifest in sorted(PACKS.glob("*/pack.yaml")):
        if not (manifest.parent / GROUNDS).is_file():
            for each in read(manifest.parent).sentences:
                yield pytest.param(manifest.parent, each, id=f"{manifest.parent.name}: {each.name}")


@pytest.mark.parametrize(("folder", "sentence"), list(sentences()))
def test_it_holds(folder: Path, sentence: Sentence) -> None:
    found = results(folder)[sentence.file, sentence.line]
    assert found.passed, (found.missing, found.besides, found.error)
