"""Masks that nobody named: they are added as a grant is opened, and stay with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from duokua.exchange import orders
from duokua.exchange.values import GrantOrder
from duokua.kernel.errors import Invalid
from duokua.lang.grant_file import load_grant
from duokua.lang.interface import Shape
from duokua.lang.mask import ByKind, Hide, Keep
from duokua.lang.mask_kinds import MaskKind
from gateway import district

NOW = datetime(2026, 5, 6, tzinfo=UTC)
CONTRACT, PAGE, LOOKUP = district.contract(), district.page(), district.lookup()
ORDER = GrantOrder(
    client="app", interface="residents", purpose="inspection", basis="Regulation 12",
    valid_until=NOW + timedelta(1), columns=("id", "name", "phone", "department"),
)  # fmt: skip
FILE = """\
client: app
interface: residents
purpose: inspection
basis: Regulation 12
valid_until: 2027-12-31T00:00:00+08:00
columns: [id, name, phone]
masks: {name: {hide: true}, phone: none}
"""


def test_what_an_order_does_not_name_is_masked_by_kind() -> None:
    done = orders.complete(ORDER, PAGE, CONTRACT)
    assert dict(done.masks) == {"name": ByKind(MaskKind.NAME), "phone": ByKind(MaskKind.PHONE)}
    orders.check(done, PAGE, CONTRACT, NOW)


def test_what_an_order_names_stays() -> None:
    told = replace(ORDER, masks=(("phone", Keep(3, 2)),), plain=("name",))
    done = orders.complete(told, PAGE, CONTRACT)
    assert (done.masks, done.plain) == (told.masks, ("name",))


def test_an_empty_order_gets_every_column() -> None:
    done = orders.complete(replace(ORDER, columns=()), PAGE, CONTRACT)
    assert done.columns == PAGE.columns
    personal = {name for name in PAGE.columns if CONTRACT.by_name[name].personal}
    assert {name for name, _ in done.masks} == personal


def test_a_key_that_the_caller_gives_is_not_masked() -> None:
    keyed = replace(
        LOOKUP, parameters=(replace(LOOKUP.parameters[0], name="phone", column="phone"),)
    )
    done = orders.complete(ORDER, keyed, CONTRACT)
    assert dict(done.masks) == {"name": ByKind(MaskKind.NAME)}


def test_pages_ordered_by_a_person_need_a_word() -> None:
    by_phone = replace(PAGE, order=("phone", "id"))
    with pytest.raises(Invalid) as caught:
        orders.check(orders.complete(ORDER, by_phone, CONTRACT), by_phone, CONTRACT, NOW)
    assert [fault.where for fault in caught.value.faults] == ["masks/phone"]
    told = orders.complete(replace(ORDER, plain=("phone",)), by_phone, CONTRACT)
    orders.check(told, by_phone, CONTRACT, NOW)


def test_a_verification_is_of_the_values_themselves() -> None:
    assert orders.complete(ORDER, replace(PAGE, shape=Shape.VERIFY), CONTRACT).masks == ()


@pytest.mark.parametrize(
    "changes", [{"plain": ("born",)}, {"plain": ("phone",), "masks": (("phone", Hide()),)}]
)
def test_a_none_that_means_nothing_is_refused(changes: dict[str, object]) -> None:
    told = replace(ORDER, **changes)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        orders.check(orders.complete(told, PAGE, CONTRACT), PAGE, CONTRACT, NOW)


def test_a_file_says_none() -> None:
    read = load_grant(FILE, source="g.yaml", contract=CONTRACT)
    assert (read.masks, read.plain) == ((("name", Hide()),), ("phone",))
    done = orders.complete(GrantOrder.of_file(read), PAGE, CONTRACT)
    assert dict(done.masks) == {"name": Hide()}
