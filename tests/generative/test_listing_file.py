"""A listing written as a file reads to the same; a file says where each fault stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.store.states.listing import ShareClass
from duokua.store.values import sharing
from duokua.store.values.listing import ItemShare, ListingBody, body_from_json, body_to_json
from duokua.store.values.listing_file import dump_listing, load_listing
from duokua.store.values.vocabulary import CYCLES, DOMAINS, WAYS

_TITLE = Text("水位", "Water level")
LEVELS = [Level.L1, Level.L2, Level.L3]


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    columns = tuple(
        Column(
            f"column_{at}", Kind.STRING, _TITLE, required=at == 0,
            level=draw(st.sampled_from(LEVELS)), personal=draw(st.sampled_from([None, "phone"])),
        )
        for at in range(draw(st.integers(1, 5)))
    )  # fmt: skip
    return Contract(
        "level", "1.0.0", _TITLE, _TITLE, "water", max(c.level for c in columns), columns,
        ("column_0",), refresh_h=draw(st.sampled_from([None, 1, 24, 9000])),
    )  # fmt: skip


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=30
)
words = words.map(str.strip).filter(bool).filter(lambda text: "\ufeff" not in text)
words |= st.sampled_from(
    ["yes", "null", "1e5", "0571", "1.0", "~", "- a", "a: b", "#x", "'", '"', "*a"]
)
texts = st.builds(Text, words, words)


@st.composite
def bodies(draw: st.DrawFn, contract: Contract) -> ListingBody:
    items = []
    for column in contract.columns:
        least = sharing.strictness(sharing.floor(contract, column))
        share = draw(st.sampled_from(sharing.STRICTNESS[least:]))
        items.append(_item(draw, column.name, share))
    whole = sharing.whole_class(items)
    said = _item(draw, "", whole)
    return ListingBody(
        title=draw(texts), summary=draw(texts), share_class=whole.value,
        level=draw(st.sampled_from([x for x in LEVELS if x >= sharing.least_level(contract)])).value,
        domain=draw(st.sampled_from(["", *DOMAINS])),
        keywords=tuple(draw(st.lists(words, max_size=4, unique=True))),
        condition=said.condition, reason=said.reason, law=said.law,
        cycle=draw(st.sampled_from(list(CYCLES))),
        ways=("query", *draw(st.lists(st.sampled_from([w for w in WAYS if w != "query"]), unique=True))),
        contact=draw(texts), phone=draw(words), items=tuple(items),
    )  # fmt: skip


def _item(draw: st.DrawFn, name: str, share: ShareClass) -> ItemShare:
    if share == ShareClass.CONDITIONAL:
        return ItemShare(name, share.value, condition=draw(texts))
    if share == ShareClass.REFUSED:
        return ItemShare(name, share.value, reason=draw(texts), law=draw(words))
    return ItemShare(name, share.value)


@given(st.data())
def test_what_is_written_reads_to_the_same(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    body = data.draw(bodies(contract))
    assert sharing.check(body, contract) == []
    text = dump_listing("level", body)
    assert load_listing(text, source="level.yaml", contract=contract) == body
    assert body_from_json(body_to_json(body)) == body


@given(contracts())
def test_what_a_contract_proposes_lacks_only_the_office(contract: Contract) -> None:
    faults = sharing.check(sharing.proposed(contract), contract)
    assert {fault.where for fault in faults} == {"contact"}


@given(st.data())
def test_no_item_is_ever_shared_more_freely_than_its_floor(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    body = data.draw(bodies(contract))
    column = data.draw(st.sampled_from(contract.columns))
    share = data.draw(st.sampled_from(list(ShareClass)))
    loose = tuple(
        ItemShare(item.name, share.value, _TITLE, _TITLE, "x") if item.name == column.name else item
        for item in body.items
    )
    changed = body_from_json({**body_to_json(body), "items": body_to_json(
        ListingBody(_TITLE, _TITLE, "conditional", "L1", items=loose))["items"]})  # fmt: skip
    too_free = sharing.strictness(share) < sharing.strictness(sharing.floor(contract, column))
    told = {fault.where for fault in sharing.check(changed, contract)}
    assert (f"items/{column.name}/share_class" in told) == too_free


FILE = """\
listing: level
title: {zh: 水位}
colour: red
share: conditional
items:
  column_0: {share: secret}
  nobody: refused
"""


def test_each_fault_stands_at_its_line() -> None:
    column = Column("column_0", Kind.STRING, _TITLE, required=True)
    contract = Contract(
        "level", "1.0.0", _TITLE, _TITLE, "water", Level.L1, (column,), ("column_0",)
    )
    with pytest.raises(Invalid) as told:
        load_listing(FILE, source="level.yaml", contract=contract)
    assert [fault.where for fault in told.value.faults] == ["level.yaml:3 colour"]
    with pytest.raises(Invalid) as told:
        load_listing(FILE.replace("colour: red\n", ""), source="level.yaml", contract=contract)
    assert [fault.where for fault in told.value.faults] == [
        "level.yaml:5 items/column_0", "level.yaml:6 items/nobody",
    ]  # fmt: skip
