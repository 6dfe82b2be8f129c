"""What is asked survives being kept as JSON and being shown in forms; steps may come in any order."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from duokua.exchange.forms.filters import read_filter
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.grant import Quota
from duokua.lang.mask import ByKind, Hide, Keep, Mask, Pseudonym
from duokua.lang.mask_kinds import MaskKind
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix
from duokua.store.forms.asking import typed_filter
from duokua.store.values.request import Ask, ask_from_json, ask_to_json
from duokua.store.values.steps import WizardStep, after, before, step_of

_T = Text("列", "column")
CONTRACT = Contract(
    "data", "1.0.0", _T, _T, "dept", Level.L3,
    (Column("number", Kind.INTEGER, _T, required=True), Column("words", Kind.STRING, _T),
     Column("day", Kind.DATE, _T), Column("holds", Kind.BOOLEAN, _T)),
    ("number",),
)  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"],
                              exclude_characters=",，"), min_size=1, max_size=9)  # fmt: skip
DAYS = st.dates().map(lambda day: day.isoformat())
SIMPLE: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(Compare, st.just("number"), st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
              st.integers(-(2**40), 2**40)),
    st.builds(Compare, st.just("words"), st.sampled_from(["eq", "ne"]), WORDS),
    st.builds(Compare, st.just("day"), st.sampled_from(["lt", "ge"]), DAYS),
    st.builds(Compare, st.just("holds"), st.just("eq"), st.booleans()),
    st.builds(In, st.just("words"), st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(Prefix, st.just("words"), WORDS),
    st.builds(IsNull, st.sampled_from(["words", "day"])),
    st.builds(IsNull, st.just("words")).map(Not),
)  # fmt: skip
FILTERS = st.one_of(
    st.none(),
    SIMPLE,
    st.lists(SIMPLE, min_size=2, max_size=4).map(tuple).flatmap(
        lambda parts: st.sampled_from([And(parts), Or(parts)])
    ),
)  # fmt: skip
MASKS: st.SearchStrategy[Mask] = st.sampled_from(
    [Hide(), Keep(3, 4), Pseudonym(), ByKind(MaskKind.NAME)]
)
LIMIT = st.none() | st.integers(1, 10**9)
INSTANTS = st.none() | st.integers(10**9, 4 * 10**9).map(
    lambda told: datetime.fromtimestamp(told, UTC)
)
ASKS = st.builds(
    Ask,
    **dict.fromkeys(
        ("purpose", "explanation", "basis", "scenario", "without", "disposal", "more"), st.text()
    ),
    columns=st.lists(st.sampled_from(list(CONTRACT.by_name)), unique=True).map(tuple),
    masks=st.lists(st.tuples(st.just("words"), MASKS), max_size=1).map(tuple),
    plain=st.sampled_from([(), ("number",)]),
    row_filter=FILTERS,
    quota=st.builds(Quota, LIMIT, LIMIT, LIMIT, LIMIT, LIMIT),
    row_cap=st.integers(1, 10**7),
    valid_from=INSTANTS,
    valid_until=INSTANTS,
    duty=st.booleans(),
    question=st.sampled_from(["", "fact", "list"]),
)


@given(ASKS)
def test_what_is_asked_survives_json(ask: Ask) -> None:
    assert ask_from_json(ask_to_json(ask), CONTRACT.by_name) == ask


@given(ASKS)
def test_one_kept_before_a_field_was_added_is_read(ask: Ask) -> None:
    told = ask_to_json(replace(ask, question="", more=""))
    del told["question"], told["more"]
    assert ask_from_json(told, CONTRACT.by_name) == replace(ask, question="", more="")


@given(FILTERS)
def test_a_row_filter_is_shown_in_lines_that_say_it(told: Predicate | None) -> None:
    faults = Faults()
    assert read_filter(typed_filter(told), CONTRACT, faults) == told
    assert not faults.found


def test_every_page_has_the_next_and_each_field_a_page() -> None:
    here, seen = WizardStep.PRODUCT, [WizardStep.PRODUCT]
    while (there := after(here)) is not here:
        assert before(there) is here
        here = there
        seen.append(here)
    assert seen == list(WizardStep)
    nowhere = {"columns", "masks", "plain"}
    for field in fields(Ask):
        where = step_of(field.name)
        assert where is not WizardStep.CHECK, field.name
        assert (field.name in nowhere) == (where is WizardStep.FIELDS)
