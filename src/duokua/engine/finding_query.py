"""What is asked of the index of the store (检索语句): strictly first, then what is like it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import tantivy
from tantivy import Occur, Query, SchemaBuilder

from duokua.lang.terms import Asked, cut_syllables, is_chinese, pairs, stem, syllables

FACETS = ("kind", "owner", "share", "level", "domain", "cycle", "open")
SORTS = ("relevance", "newest", "used", "quality", "name")
TEXTS = {"title": 8.0, "words": 5.0, "owners": 4.0, "columns": 3.0, "summary": 2.0}
PREFIXED = ("title", "words", "columns")
EVERYBODY = "*"
_TIE = 0.1  # what a hit in a second field adds
_LEAST_FUZZY = 4  # letters
BEGINNING = 3  # letters that begin a word or its sounds: so few would match too many terms


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, for somebody of department ``viewer`` (``None``: somebody of none)."""

    asked: Asked = field(default_factory=Asked)
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # other words for a run
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the same, if it is mistyped
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    viewer: str | None = None
    sort: str = "relevance"
    offset: int = 0
    limit: int = 20
    counts: bool = True  # of each facet


def _schema() -> tantivy.Schema:
    build = SchemaBuilder()
    build.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    build.add_text_field("seen", tokenizer_name="raw", index_option="basic")
    for name in ("sound", "starts"):
        build.add_text_field(name, tokenizer_name="cut", index_option="basic")
    for name in TEXTS:
        build.add_text_field(name, tokenizer_name="cut", index_option="freq")
    for name in (*FACETS, "name"):
        build.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    build.add_float_field("weight", fast=True)
    build.add_float_field("quality", fast=True)
    build.add_integer_field("published", fast=True)
    build.add_integer_field("heat", fast=True)
    return build.build()


SCHEMA = _schema()


def narrowed(query: Query, wanted: Wanted, filters: Mapping[str, tuple[str, ...]]) -> Query:
    """Narrow a query to what its asker may see and has chosen; neither counts for the rank."""
    seen = [EVERYBODY, *([wanted.viewer] if wanted.viewer else [])]
    parts = [(Occur.Must, query), (Occur.Must, _silent(_any("seen", seen)))]
    parts += [
        (Occur.Must, _silent(_any(name, values))) for name, values in filters.items() if values
    ]
    return Query.boolean_query(parts)


def _silent(query: Query) -> Query:
    return _evenly(query, 0.0)


def _evenly(query: Query, score: float) -> Query:
    return Query.const_score_query(query, score)


def _any(name: str, values: Iterable[str]) -> Query:
    return Query.term_set_query(SCHEMA, name, list(values))


def strict(wanted: Wanted) -> Query:
    """Return a query for what has every term, or another word that means the same."""
    asked = wanted.asked
    if asked.empty:
        return Query.all_query()
    clauses = [_named(run, wanted) for run in asked.runs] + [
        _spelt(word, wanted) for word in asked.words
    ]
    return Query.boolean_query([(Occur.Must, clause) for clause in clauses])


def _named(run: str, wanted: Wanted) -> Query:
    """Return a query for a run, or for another word that means the same."""
    same = _same(wanted.others.get(run, ()), len(pairs(run)))
    return Query.disjunction_max_query([_run(run, _most(run)), *same])


def _spelt(word: str, wanted: Wanted) -> Query:
    """Return a query for a Latin word, or for what it sounds like or means."""
    same = _same(wanted.others.get(word, ()), 1)
    return Query.disjunction_max_query([_word(word), *same]) if same else _word(word)


def _same(others: Iterable[str], length: int) -> list[Query]:
    """Return queries for words that mean the same.

    Each has to be there whole, and counts a quarter of what was typed, however long or rare it is.
    """
    found = []
    for other in others:
        if not is_chinese(other):
            found.append(Query.boost_query(_in_texts(other), 0.25))
            continue
        count = len(pairs(other))
        found.append(Query.boost_query(_run(other, count), 0.25 * length / count))
    return found


def _most(run: str) -> int:
    """Return how many pairs of a run have to be there: those that join two words may be missing."""
    count = len(pairs(run))
    return count if count <= 2 else -(-count * 3 // 5)


def _run(run: str, least: int) -> Query:
    clauses = [(Occur.Should, _in_texts(pair)) for pair in pairs(run)]
    return Query.boolean_query(clauses, minimum_number_should_match=least)


def _in_texts(term: str) -> Query:
    return Query.disjunction_max_query(
        [
            Query.boost_query(Query.term_query(SCHEMA, name, term, "freq"), boost)
            for name, boost in TEXTS.items()
        ],
        _TIE,
    )


def _word(word: str) -> Query:
    ways = [_in_texts(word)]
    if (short := stem(word)) != word:
        ways.append(_in_texts(short))
    if len(word) <= BEGINNING:
        begun = Query.term_query(SCHEMA, "starts", word, "basic")
        return Query.disjunction_max_query([*ways, _evenly(begun, 2.0)], _TIE)
    start = f"{word}.*"
    ways += [
        Query.boost_query(Query.regex_query(SCHEMA, name, start), 0.6 * TEXTS[name])
        for name in PREFIXED
    ]
    ways.append(Query.boost_query(Query.regex_query(SCHEMA, "sound", start), 2.0))
    return Query.disjunction_max_query(ways, _TIE)


def loose(wanted: Wanted, *, every: bool) -> Query:
    """Return a query for what is like it: a pair or a letter may be wrong, then a term missing."""
    asked = wanted.asked
    clauses = [_alike(run) for run in asked.runs]
    clauses += [_like(word, wanted.near.get(word, ())) for word in asked.words]
    return Query.boolean_query([(Occur.Must if every else Occur.Should, each) for each in clauses])


def homophone(wanted: Wanted) -> Query:
    """Return a query for what sounds exactly as it was typed: the usual slip of an input method."""
    asked = wanted.asked
    clauses = [
        Query.disjunction_max_query(
            [_run(run, _most(run)), _sounding(run), *_same(wanted.near.get(run, ()), 1)]
        )
        for run in asked.runs
    ]
    clauses += [_like(word, wanted.near.get(word, ())) for word in asked.words]
    return Query.boolean_query([(Occur.Must, each) for each in clauses])


def _sounding(run: str) -> Query:
    return Query.regex_query(SCHEMA, "sound", f"{''.join(syllables(run))}.*")


def _alike(run: str) -> Query:
    """Return a query for a run in which a character is wrong."""
    ways = [_run(run, max(1, len(pairs(run)) // 3))]
    said = "".join(syllables(run))
    if len(run) > 1 and len(said) >= _LEAST_FUZZY:
        ways.append(Query.fuzzy_term_query(SCHEMA, "sound", said, 1, True, True))
    return Query.disjunction_max_query(ways)


def _like(word: str, near: tuple[str, ...]) -> Query:
    """Return a query for a Latin word with a letter wrong, or whose syllables are cut short."""
    if len(word) < _LEAST_FUZZY:
        return _word(word)
    names = (*PREFIXED, "owners", "sound")
    ways = [Query.fuzzy_term_query(SCHEMA, name, word, 1, True, True) for name in names]
    if short := cut_syllables(word):
        ways.append(Query.regex_query(SCHEMA, "sound", f"{short}.*"))
    return Query.disjunction_max_query([*ways, *_same(near, 1)])
