"""Masks and row filters in words: both languages, every kind."""

from __future__ import annotations

import pytest

from duokua.exchange.words import filter_words, mask_words
from duokua.lang.mask import ByKind, Grid, Hide, Keep, Mask, Pseudonym, Round, Truncate
from duokua.lang.mask_kinds import MaskKind
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Prefix

MASKS: list[Mask | None] = [
    None, Hide(), Keep(3, 4), Keep(3, 0), Keep(0, 4), Truncate("year"), Truncate("month"),
    Truncate("decade"), Round(10), Pseudonym(), Grid(100), *map(ByKind, MaskKind),
]  # fmt: skip


@pytest.mark.parametrize("mask", MASKS, ids=str)
def test_each_mask_has_words_of_its_own(mask: Mask | None) -> None:
    words = mask_words(mask)
    assert words.zh and words.en
    assert sum(mask_words(other) == words for other in MASKS) == 1


def test_a_filter_reads_like_a_sentence() -> None:
    predicate = And((Or((Compare("a", "ge", 3), IsNull("b"))), Not(In("c", ("x", "y")))))
    assert filter_words(predicate).en == "((a ≥ 3) or (b = ∅)) and (not (c ∈ {x, y}))"
    assert filter_words(Prefix("street", "西")).zh == "street = 西…"
    assert filter_words(None).en == "all rows"
