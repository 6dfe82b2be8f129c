"""Least disclosure: less is never more, and the proposals keep their order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import ByKind, Hide, Keep, Mask, Pseudonym, fits
from duokua.lang.mask_kinds import MaskKind
from duokua.store.values.disclosure import (
    SERVES,
    Form,
    Question,
    masks_shown,
    needed,
    options,
    score,
)

_TITLE = Text("列", "column")
_PERSONAL = st.sampled_from([None, None, "name", "phone", "resident_id", "free_text", "other"])
_MASKS: tuple[Mask, ...] = (
    Hide(), Keep(1, 0), Pseudonym(), ByKind(MaskKind.NAME), ByKind(MaskKind.FREE_TEXT),
)  # fmt: skip


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    count = draw(st.integers(2, 7))
    columns = tuple(
        Column(
            f"c{at}",
            draw(st.sampled_from([Kind.STRING, Kind.INTEGER, Kind.DATE])),
            _TITLE,
            required=True,
            level=draw(st.sampled_from(Level)),
            personal=draw(_PERSONAL),
        )
        for at in range(count)
    )
    subject = draw(st.sampled_from([None, "c0"]))
    return Contract(
        "data", "1.0.0", _TITLE, _TITLE, "dept", Level.L3, columns, ("c0",), subject=subject
    )


def product(contract: Contract, shape: Shape) -> Interface:
    names = tuple(contract.by_name)
    return Interface(
        id=f"by_{shape}", version="1.0.0", title=_TITLE, description=_TITLE, dataset="data",
        owner="dept", shape=shape, columns=names,
        parameters=(Parameter("c0", "c0"),) if shape is Shape.LOOKUP else (),
        order=() if shape is Shape.VERIFY else ("c0",), key=("c0",) if shape is Shape.VERIFY else (),
    )  # fmt: skip


SHAPES = st.sampled_from(Shape)


@given(contracts(), SHAPES, st.data())
def test_fewer_columns_a_mask_or_a_filter_never_score_higher(
    contract: Contract, shape: Shape, data: st.DataObject
) -> None:
    shown = [(column, None) for column in contract.columns]
    before = score(shape, shown, filtered=False)
    some = data.draw(st.lists(st.sampled_from(shown), unique=True))
    assert score(shape, some, filtered=False) <= before
    assert score(shape, shown, filtered=True) <= before
    at = data.draw(st.integers(0, len(shown) - 1))
    mask = data.draw(st.sampled_from([m for m in _MASKS if fits(m, contract.columns[at])]))
    masked = [(c, mask if i == at else m) for i, (c, m) in enumerate(shown)]
    assert score(shape, masked, filtered=False) <= before
    assert score(shape, masked, filtered=True) <= score(shape, masked, filtered=False)


@given(contracts())
def test_the_same_columns_tell_least_by_verification_then_figures_then_rows(
    contract: Contract,
) -> None:
    shown = [(column, None) for column in contract.columns]
    told = [score(shape, shown, filtered=False) for shape in
            (Shape.VERIFY, Shape.AGGREGATE, Shape.LOOKUP, Shape.PAGE, Shape.CHANGES)]  # fmt: skip
    assert told == sorted(told)


@given(contracts(), st.sampled_from(Question))
def test_proposals_serve_the_question_and_come_in_order(
    contract: Contract, question: Question
) -> None:
    products = {shape: product(contract, shape) for shape in Shape}
    found = options(question, ((each, contract) for each in products.values()))
    points = [each.points for each in found]
    assert points == sorted(points)
    assert {each.interface for each in found} <= {f"by_{shape}" for shape in SERVES[question]}
    assert len({each.id for each in found}) == len(found)
    for each in found:
        interface = next(p for p in products.values() if p.id == each.interface)
        assert set(each.plain) <= set(each.columns) <= set(interface.columns)
        if interface.shape in (Shape.PAGE, Shape.CHANGES, Shape.AGGREGATE):
            assert set(needed(interface)) <= set(each.columns)
        again = masks_shown(interface, contract, each.columns, plain=each.plain)
        assert score(interface.shape, again, filtered=False) == each.points
    for interface_id in {each.interface for each in found}:
        own = {each.form: each.points for each in found if each.interface == interface_id}
        ordered = [own[form] for form in (Form.FEWER, Form.MASKED, Form.PLAIN) if form in own]
        assert ordered[-2:] == sorted(ordered[-2:])  # masked before plain
        assert Form.PLAIN not in own or max(own.values()) == own[Form.PLAIN]


@given(contracts())
def test_a_list_of_things_names_nobody(contract: Contract) -> None:
    found = options(Question.THINGS, [(product(contract, Shape.PAGE), contract)])
    for each in found:
        assert not any(contract.by_name[name].personal for name in each.columns)
