"""Law of narrowing: what is decided lies within what is asked, in whatever order it is narrowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.grant import Quota
from duokua.lang.mask import Hide, Keep, Mask
from duokua.lang.predicate import And, Compare
from duokua.store.values.narrowing import (
    LIMITS,
    Narrowing,
    apply,
    narrowing_from_json,
    narrowing_to_json,
    widened,
)
from duokua.store.values.request import Ask

NAMES = ("a", "b", "c", "d")
COLUMNS = {name: Column(name, Kind.STRING, Text(name, name)) for name in NAMES}
NOW = datetime(2026, 5, 6, tzinfo=UTC)
FEW = st.none() | st.integers(1, 9)
QUOTAS = st.builds(Quota, **{name: FEW for name in LIMITS})
COMPARES = st.builds(Compare, st.sampled_from(NAMES), st.just("eq"), st.sampled_from(("x", "y")))
FILTERS = st.none() | COMPARES | st.builds(
    And, st.lists(COMPARES, min_size=2, max_size=3, unique=True).map(tuple)
)  # fmt: skip
DAYS = st.none() | st.integers(1, 20).map(lambda days: NOW + timedelta(days=days))
MASKS: st.SearchStrategy[Mask] = st.sampled_from((Hide(), Keep(1, 1)))


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """What may be asked."""
    columns = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple))
    masked = draw(st.sets(st.sampled_from(columns)))
    return Ask(
        columns=columns,
        masks=tuple((name, draw(MASKS)) for name in columns if name in masked),
        plain=tuple(n for n in draw(st.sets(st.sampled_from(columns))) if n not in masked),
        row_filter=draw(FILTERS),
        quota=draw(QUOTAS),
        row_cap=draw(st.integers(1, 9)),
        valid_until=draw(DAYS),
    )


NARROWINGS = st.builds(
    Narrowing,
    without=st.frozensets(st.sampled_from(NAMES)),
    masked=st.frozensets(st.sampled_from(NAMES)),
    only=FILTERS,
    quota=QUOTAS,
    row_cap=FEW,
    valid_until=DAYS,
)


@given(asks(), NARROWINGS)
def test_what_is_left_lies_within_what_is_asked(ask: Ask, narrowing: Narrowing) -> None:
    left = apply(narrowing, ask)
    assert widened(left, ask) == ()
    assert set(left.columns) <= set(ask.columns)
    assert left.row_cap <= ask.row_cap
    for name in LIMITS:
        asked, given_ = getattr(ask.quota, name), getattr(left.quota, name)
        assert asked is None or (given_ is not None and given_ <= asked)


@given(asks(), NARROWINGS, NARROWINGS)
def test_the_order_of_approvers_does_not_matter(ask: Ask, one: Narrowing, two: Narrowing) -> None:
    there, back = apply(two, apply(one, ask)), apply(one, apply(two, ask))
    assert widened(there, back) == () == widened(back, there)


@given(asks(), NARROWINGS)
def test_narrowing_again_changes_nothing(ask: Ask, narrowing: Narrowing) -> None:
    once = apply(narrowing, ask)
    assert apply(narrowing, once) == once
    assert narrowing_from_json(narrowing_to_json(narrowing), COLUMNS) == narrowing


@given(asks(), asks())
def test_within_means_no_column_row_or_call_more(less: Ask, more: Ask) -> None:
    wider = widened(less, more)
    assert ("columns" in wider) == bool(set(less.columns) - set(more.columns))
    assert ("row_cap" in wider) == (less.row_cap > more.row_cap)
    if wider == ():
        assert set(less.plain) <= set(more.plain)
    assert widened(less, less) == ()


@given(asks(), asks(), asks())
def test_within_is_transitive(one: Ask, two: Ask, three: Ask) -> None:
    if not widened(one, two) and not widened(two, three):
        assert not widened(one, three)
