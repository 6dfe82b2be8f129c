"""How text is cut for searching (检索分词): Chinese into single and double characters, with their sounds.

A Chinese run is kept as its characters and its pairs of neighbours, so that any word of it is found
without a dictionary; and as pinyin and initials from each character on, so that ``yimiao`` and ``ym``
find 疫苗 wherever it stands. Latin words are kept whole, by their parts, and without usual endings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_RUN = re.compile(r"[㐀-䶿一-鿿]+|[a-z0-9_]+")
_SYLLABLE = re.compile(r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])[aeiouv]*(?:ng|n(?![aeiouv]))?")
_MOST_SYLLABLES = 6
_LONGEST_SOUND = 40  # characters
_LONGEST_RUN = 24  # characters of a Chinese run of a question
_MOST_TERMS = 8  # of a question
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("s", ""))
_LEAST_STEM = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: Chinese runs and Latin words, each of which is to be found."""

    runs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is looked for."""
        return not self.runs and not self.words


def plain(text: str) -> str:
    """Return text as it is compared: full-width and capital letters are none."""
    return unicodedata.normalize("NFKC", text).lower()


def is_chinese(run: str) -> bool:
    """Tell whether a run is of Chinese characters."""
    return run[0] >= "㐀"


def asked(text: str) -> Asked:
    """Read what somebody typed; what is beyond some terms is left out."""
    found = list(dict.fromkeys(_RUN.findall(plain(text))))[:_MOST_TERMS]
    return Asked(
        tuple(run[:_LONGEST_RUN] for run in found if is_chinese(run)),
        tuple(word[:_LONGEST_SOUND] for word in found if not is_chinese(word)),
    )


def pairs(run: str) -> tuple[str, ...]:
    """Return the neighbouring pairs of a Chinese run; a single character stands for itself."""
    return tuple(run[at : at + 2] for at in range(len(run) - 1)) or (run,)


def terms(texts: Iterable[str]) -> Iterator[str]:
    """Return by what texts are found, with repetitions, as these count for relevance."""
    for text in texts:
        for run in _RUN.findall(plain(text)):
            yield from _of_run(run)


def _of_run(run: str) -> Iterator[str]:
    if is_chinese(run):
        yield from run
        if len(run) > 1:
            yield from pairs(run)
        return
    parts = [run, *(part for part in run.split("_") if part and part != run)]
    for part in dict.fromkeys(parts):
        yield part
        if (short := stem(part)) != part:
            yield short


def stem(word: str) -> str:
    """Return an English word without a usual ending."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)] + instead if not word.endswith("ss") else word
    return word


def syllables(text: str) -> list[str]:
    """Return how Chinese text sounds (拼音), without tones; what is not Chinese stays as it is."""
    # Its dictionaries take a third of a second to read: most processes never ask.
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)


def cut_syllables(word: str) -> str:
    """Return a pattern for pinyin of which some syllables are typed by their first letter only.

    ``hjrkou`` gives a pattern that ``hujirenkou`` fits; empty where a word is no such mixture.
    """
    parts = _SYLLABLE.findall(word)
    mixed = any(len(part) == 1 for part in parts) and any(len(part) > 1 for part in parts)
    if "".join(parts) != word or not mixed or len(parts) > _MOST_SYLLABLES:
        return ""
    return "[a-z]*".join(parts)


def sounds(texts: Iterable[str]) -> Iterator[str]:
    """Return pinyin and initials of Chinese runs, from each of their characters on."""
    for text in texts:
        for run in _RUN.findall(plain(text)):
            if is_chinese(run):
                yield from _sounds(run)


@lru_cache(maxsize=50_000)
def _sounds(run: str) -> tuple[str, ...]:
    said = [syllable for syllable in syllables(run) if syllable]
    first = [syllable[0] for syllable in said]
    found = []
    for at in range(len(said)):
        found += ["".join(said[at:])[:_LONGEST_SOUND], "".join(first[at:])[:_LONGEST_SOUND]]
    return tuple(dict.fromkeys(found))
