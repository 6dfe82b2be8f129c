"""Headers of files as titles in both languages, column names and UCUM units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from duokua.kernel.text import Text
from duokua.lake.proposal_terms import ENGLISH, UCUM
from duokua.lang.terms import syllables

_LONGEST = max(map(len, ENGLISH))
_BRACKETED = re.compile(
    r"^(?P<title>.+?)\s*[(\[（【](?:单位[::]?\s*)?(?P<unit>[^()（）\[\]【】]{1,16})[)\]）】]\s*$"
)
_SLASHED = re.compile(
    r"^(?P<title>.*[\u4e00-\u9fa5].*?)[/_](?P<unit>[^/_\u4e00-\u9fa5]{1,8}|万?元|平方米|米)$"
)
_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z](?=[a-z])")
_MOST_NAME = 60
_LATIN = re.compile(r"[A-Za-z0-9.#%]+(?:[ _-][A-Za-z0-9.]+)*")


@dataclass(frozen=True, slots=True)
class Heading:
    """A header read: its title, whether English words were found, and its unit."""

    title: Text
    translated: bool
    unit: str | None


def read_heading(header: str) -> Heading:
    """Read one header cell."""
    even = unicodedata.normalize("NFKC", header).strip()
    title, unit = even, None
    match = _BRACKETED.match(even) or _SLASHED.match(even)
    if match and (code := UCUM.get(match["unit"].strip())):
        title, unit = match["title"].strip(), code
    english = _english(title)
    return Heading(Text(title, english or title), english is not None, unit)


def _english(title: str) -> str | None:
    """Translate word by word, the longest known word first; ``None`` if any part is unknown."""
    words: list[str] = []
    at = 0
    while at < len(title):
        if latin := _LATIN.match(title, at):
            words.append(_spaced(latin[0]))
            at = latin.end()
            continue
        if not ("\u4e00" <= title[at] <= "\u9fa5"):
            at += 1
            continue
        known = next(
            (size for size in range(_LONGEST, 0, -1) if title[at : at + size] in ENGLISH), 0
        )
        if not known:
            return None
        words.append(ENGLISH[title[at : at + known]])
        at += known
    told = " ".join(each for each in words if each)
    return told[:1].upper() + told[1:] if told else None


def _pinyin(title: str) -> str:
    return "_".join(syllables(title))


def _spaced(word: str) -> str:
    """Write ``stationCode`` and ``station_code`` as ``station code``."""
    return _HUMP.sub(lambda hump: f" {hump[0].lower()}", word).replace("_", " ").strip()


def column_name(heading: Heading, header: str, at: int, taken: Collection[str]) -> str:
    """Return a free column name in lower case ASCII for the ``at``-th column, from 1.

    English words where they are known, else pinyin (拼音), else a number.
    """
    source = heading.title.en if heading.translated else _pinyin(heading.title.zh or header)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", source)
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_MOST_NAME].rstrip("_")
    if not re.fullmatch(r"[a-z][a-z0-9_]+", name):
        name = f"c_{name}" if name else f"column_{at}"
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
