"""The index of what the store offers (检索索引), on Tantivy: words, sounds, facets, in one file set.

It is made of what the database says and can be made again at any time. A generation is a folder of
its own; ``current`` names the one that is read, so that a new one is made beside it and put in its
place at once. A commit is whole or not there; readers are never kept waiting.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Index, Query, TextAnalyzerBuilder, Tokenizer

from duokua.engine.finding_query import (
    BEGINNING,
    EVERYBODY,
    FACETS,
    PREFIXED,
    SCHEMA,
    Wanted,
    homophone,
    loose,
    narrowed,
    strict,
)
from duokua.engine.lock import exclusive
from duokua.lang.terms import (
    is_chinese,
    sounds,
    terms,
)

_FORM = "2"  # of the index; another one is made anew
_POINTER = "current"
_HEAP = 30_000_000  # bytes
_MOST_FACETS = 200
DEEPEST = 1_000  # hits; whoever has to go on narrows the question


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found."""

    id: str
    titles: tuple[str, ...]
    name: str  # by which lists are sorted
    words: tuple[str, ...] = ()  # keywords and other names
    owners: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    facets: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None  # the department that alone may see it; None: everybody
    weight: float = 0.0  # ≥ 0: quality, use and freshness
    published: int = 0  # seconds since 1970
    heat: int = 0
    quality: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """The hits, best first; ``loose`` when nothing fits but something is like it."""

    ids: tuple[str, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    loose: bool = False


_CUT = TextAnalyzerBuilder(Tokenizer.whitespace()).build()


def _document(entry: Entry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("id", entry.id)
    document.add_text("seen", entry.only or EVERYBODY)
    told = {
        "title": entry.titles,
        "words": (*entry.words, entry.id),
        "owners": entry.owners,
        "columns": entry.columns,
        "summary": entry.summary,
    }
    for name, texts in told.items():
        document.add_text(name, " ".join(terms(texts)))
    spoken = dict.fromkeys(sounds((*entry.titles, *entry.words, *entry.owners)))
    document.add_text("sound", " ".join(spoken))
    begun = (*spoken, *(term for name in PREFIXED for term in terms(told[name])))
    document.add_text("starts", " ".join(_beginnings(begun)))
    for name in FACETS:
        document.add_text(name, entry.facets.get(name, ""))
    document.add_text("name", entry.name)
    document.add_float("weight", max(0.0, entry.weight))
    document.add_float("quality", entry.quality)
    document.add_integer("published", entry.published)
    document.add_integer("heat", entry.heat)
    return document


def _beginnings(words: Iterable[str]) -> dict[str, None]:
    latin = (word for word in words if not is_chinese(word))
    return dict.fromkeys(word[:size] for word in latin for size in range(1, BEGINNING + 1))


# Writing


def rebuild(folder: Path, entries: Iterable[Entry]) -> int:
    """Make the whole index anew beside the old one; return how many entries it has."""
    with exclusive(folder / "lock"):
        generation = folder / f"{_FORM}-{uuid.uuid4().hex}"
        generation.mkdir(parents=True)
        count = 0
        with _writer(generation) as writer:
            for entry in entries:
                writer.add_document(_document(entry))
                count += 1
        fresh = folder / f".{_POINTER}.{uuid.uuid4().hex}"
        fresh.write_text(generation.name)
        fresh.replace(folder / _POINTER)
        for old in folder.iterdir():
            if old.is_dir() and old != generation:
                shutil.rmtree(old, ignore_errors=True)  # who reads it has its files open
    return count


def put(folder: Path, entries: Iterable[Entry], gone: Iterable[str] = ()) -> bool:
    """Bring entries up to date and take others out, at once; ``False``: there is no index yet."""
    with exclusive(folder / "lock"):
        generation = _generation(folder)
        if generation is None:
            return False
        with _writer(generation) as writer:
            for name in gone:
                writer.delete_documents_by_term("id", name)
            for entry in entries:
                writer.delete_documents_by_term("id", entry.id)
                writer.add_document(_document(entry))
    return True


@contextmanager
def _writer(generation: Path) -> Iterator[tantivy.IndexWriter]:
    index = _index(generation)
    writer = index.writer(_HEAP, 1)
    try:
        yield writer
        writer.commit()
    finally:
        writer.wait_merging_threads()


def _index(generation: Path) -> Index:
    index = Index(SCHEMA, str(generation))
    index.register_tokenizer("cut", _CUT)
    return index


def _generation(folder: Path) -> Path | None:
    with suppress(FileNotFoundError):
        name = (folder / _POINTER).read_text()
        if name.startswith(f"{_FORM}-") and (folder / name / "meta.json").exists():
            return folder / name
    return None


def exists(folder: Path) -> bool:
    """Tell whether there is an index of the present form."""
    return _generation(folder) is not None


# Reading


class _Open:
    """The index that this process has open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known: dict[Path, tuple[Path, Index]] = {}

    def searcher(self, folder: Path) -> tantivy.Searcher | None:
        generation = _generation(folder)
        if generation is None:
            return None
        with self.lock:
            known = self.known.get(folder)
            if known is None or known[0] != generation:
                known = generation, _index(generation)
                self.known[folder] = known
            known[1].reload()
            return known[1].searcher()


_OPEN = _Open()


def find(folder: Path, wanted: Wanted) -> Found:
    """Return what fits a question; where nothing does, what is like it."""
    searcher = _OPEN.searcher(folder)
    if searcher is None:
        return Found((), 0, {})
    found = _found(searcher, wanted, strict(wanted))
    if found.total or wanted.asked.empty:
        return found
    for query in (homophone(wanted), loose(wanted, every=True), loose(wanted, every=False)):
        like = _found(searcher, wanted, query)
        if like.total:
            return Found(like.ids, like.total, like.facets, loose=True)
    return found


def _found(searcher: tantivy.Searcher, wanted: Wanted, query: Query) -> Found:
    whole = narrowed(query, wanted, wanted.filters)
    sort = {"newest": "published", "used": "heat", "quality": "quality", "name": "name"}
    told: dict[str, Any] = {"limit": wanted.limit, "offset": min(wanted.offset, DEEPEST)}
    if wanted.sort in sort:
        told["order_by_field"] = sort[wanted.sort]
        told["order"] = tantivy.Order.Asc if wanted.sort == "name" else tantivy.Order.Desc
    elif wanted.asked.empty:
        told |= {"order_by_field": "weight", "order": tantivy.Order.Desc}
    else:
        told["weight_by_field"] = "weight"
    result = searcher.search(whole, count=True, **told)
    ids = tuple(str(searcher.doc(address)["id"][0]) for _, address in result.hits)
    total = int(result.count or 0)  # type: ignore[attr-defined] # its stub lacks it
    return Found(ids, total, _facets(searcher, wanted, query, whole) if wanted.counts else {})


def _facets(
    searcher: tantivy.Searcher, wanted: Wanted, query: Query, whole: Query
) -> dict[str, dict[str, int]]:
    """Count each facet under the other facets' filters, so that a choice shows its alternatives."""
    chosen = [name for name in FACETS if wanted.filters.get(name)]
    counted = _counts(searcher, whole, [name for name in FACETS if name not in chosen])
    for name in chosen:
        rest = {key: values for key, values in wanted.filters.items() if key != name}
        counted |= _counts(searcher, narrowed(query, wanted, rest), [name])
    return counted


def _counts(
    searcher: tantivy.Searcher, query: Query, names: list[str]
) -> dict[str, dict[str, int]]:
    if not names:
        return {}
    asked = {name: {"terms": {"field": name, "size": _MOST_FACETS}} for name in names}
    told = searcher.aggregate(query, asked)
    return {
        name: {
            bucket["key"]: bucket["doc_count"] for bucket in told[name]["buckets"] if bucket["key"]
        }
        for name in names
    }
