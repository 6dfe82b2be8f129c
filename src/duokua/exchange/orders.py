"""Checking what is to be granted (授权校验): every fault at once, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from duokua.exchange.values import GrantOrder
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant, hidden_places
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import fits
from duokua.lang.mask_default import default_mask
from duokua.lang.predicate import columns_of

_PURPOSE = 120  # characters, as the database has room for
_BASIS = 200


def complete(order: GrantOrder, interface: Interface, contract: Contract) -> GrantOrder:
    """Return an order with all its columns, and the default mask for each it says nothing of.

    What a caller gives as a key is known to them, and a verification shows no values: neither is
    masked. The masks are kept with the grant, so that a later default does not change it.
    """
    columns = order.columns or interface.columns
    settled = {name for name, _ in order.masks} | set(order.plain)
    if interface.shape is Shape.LOOKUP:
        settled |= {parameter.column for parameter in interface.parameters}
    if interface.shape is Shape.VERIFY:
        settled |= set(columns)
    masks = {
        name: mask
        for name in columns
        if name not in settled and name in contract.by_name
        if (mask := default_mask(contract.by_name[name])) is not None
    }
    return replace(order, columns=columns, masks=(*order.masks, *masks.items()))


def check(order: GrantOrder, interface: Interface, contract: Contract, now: datetime) -> None:
    """Check an order against the interface and its contract.

    :raises Invalid: naming every fault.
    """
    faults = Faults()
    columns = order.columns or interface.columns
    _check_words(order, faults)
    _check_period(order, now, faults)
    for name in columns:
        if name not in interface.columns:
            faults.add(f"columns/{name}", f"接口不提供字段 {name}", f"the interface has no column {name}",
                       "请从接口字段中选择", "choose from the interface's columns")  # fmt: skip
    _check_masks(order, columns, contract, faults)
    _check_order(order, columns, interface, faults)
    if order.row_filter is not None:
        is_cube = interface.shape is Shape.AGGREGATE
        known = interface.columns if is_cube else contract.by_name
        for name in columns_of(order.row_filter):
            if name not in known:
                faults.add(f"row_filter/{name}", f"数据集没有字段 {name}", f"no column {name}",
                           "请从契约字段中选择", "choose from the contract's columns")  # fmt: skip
    faults.raise_if_any(Text("授权内容有误", "the grant is wrong"))


def check_grants(interface: Interface, grants: Iterable[Grant]) -> None:
    """Check that the grants of an interface still hide under ``interface`` what they hide.

    :raises Invalid: naming every grant that does not.
    """
    faults = Faults()
    for grant in grants:
        for name in hidden_places(interface, grant):
            faults.add(f"{grant.id}: {name}", f"字段 {name} 用于定位或排序，而该授权不显示其原值",
                       f"{name} would find or order the rows, and this grant does not show it",
                       "请先撤销该授权，或不以它定位、排序",
                       "revoke the grant first, or do not find or order by it")  # fmt: skip
    faults.raise_if_any(Text("现有授权与新版本不符", "grants do not fit the new version"))


def check_one_cube(interface: Interface, cubes: Iterable[Interface]) -> None:
    """Check that a dataset has no second cube, whose sums could be held against the first one's.

    ``cubes`` are the interfaces that go on beside it, an older version of itself among them.

    :raises Invalid: one of them groups or leaves out otherwise.
    """
    if interface.cube is None:
        return
    faults = Faults()
    told = replace(interface.cube, budget=0, measures=())
    for other in cubes:
        if other.cube is None:
            continue
        noisy = other.cube.noise is not None
        if noisy or replace(other.cube, budget=0, measures=()) != told:
            faults.add(f"cube/{other.id}", f"数据集已有立方体接口 {other.id}",
                       f"the dataset has the cube {other.id} already",
                       "请改写该接口，两个不同的立方体可相减推知个人",
                       "change that one: two cubes could be subtracted to learn of people")  # fmt: skip
    faults.raise_if_any(Text("一个数据集只能有一个立方体", "a dataset has one cube"))


def _check_words(order: GrantOrder, faults: Faults) -> None:
    for name, zh, value, most in (
        ("purpose", "用途", order.purpose, _PURPOSE),
        ("basis", "法律依据", order.basis, _BASIS),
    ):
        if not value.strip() or len(value) > most or "\0" in value:
            faults.add(name, f"缺少{zh}或过长", f"the {name} is missing or too long",
                       f"请填写{zh}，不超过 {most} 字", f"state the {name} in {most} characters")  # fmt: skip
    if order.row_cap < 1:
        faults.add("row_cap", "行数上限应为正整数", "the row cap is at least 1",
                   "请改为正整数", "give a positive whole number")  # fmt: skip
    quota = order.quota
    for name in quota.__slots__:
        limit = getattr(quota, name)
        if limit is not None and limit < 1:
            faults.add(f"quota/{name}", "配额应为正整数", "a quota is at least 1",
                       "请改为正整数，或留空表示不限", "give a positive number, or none")  # fmt: skip


def _check_period(order: GrantOrder, now: datetime, faults: Faults) -> None:
    begin = order.valid_from or now
    if order.valid_until <= begin or order.valid_until <= now:
        faults.add("valid_until", "有效期已过或早于开始时间", "the grant would end before it begins",
                   "请填写将来的时间", "give an instant in the future")  # fmt: skip


def _check_masks(
    order: GrantOrder, columns: tuple[str, ...], contract: Contract, faults: Faults
) -> None:
    masked = {name for name, _ in order.masks}
    for name in order.plain:
        if name not in columns or name in masked:
            faults.add(f"masks/{name}", f"字段 {name} 未授权或已另行脱敏，不能写 none",
                       f"column {name} is not granted or has a mask, so it cannot be `none`",
                       "请删去该项", "leave this out")  # fmt: skip
    for name, mask in order.masks:
        if name not in columns:
            faults.add(f"masks/{name}", f"字段 {name} 未授权，无需脱敏",
                       f"column {name} is not granted, so it cannot be masked",
                       "请删去该脱敏项", "leave this mask out")  # fmt: skip
        elif not fits(mask, contract.by_name[name]):
            kind = contract.by_name[name].kind.value
            faults.add(f"masks/{name}", f"该脱敏方式不适用于 {kind} 字段",
                       f"this mask does not fit a {kind} column",
                       "请改用 hide 或合适的方式", "use `hide` or a mask that fits")  # fmt: skip


def _check_order(
    order: GrantOrder, columns: tuple[str, ...], interface: Interface, faults: Faults
) -> None:
    masked = {name for name, _ in order.masks}
    if interface.shape is Shape.VERIFY:
        for name in masked:
            faults.add(f"masks/{name}", f"核验比较原值，字段 {name} 的脱敏不起作用",
                       f"claims are compared unmasked, a mask of {name} would do nothing",
                       "请删去该脱敏项", "leave this mask out")  # fmt: skip
        return
    lookup = interface.shape is Shape.LOOKUP
    for name in (p.column for p in interface.parameters) if lookup else interface.order:
        if name in masked:
            faults.add(f"masks/{name}", f"字段 {name} 用于定位或排序，不能脱敏",
                       f"column {name} finds or orders the rows and cannot be masked",
                       "请改用不以它定位的接口，或写明 none 以显示原值",
                       "use an interface that is not keyed by it, or say `none` to show it")  # fmt: skip
        elif not lookup and name not in columns:
            faults.add(f"columns/{name}", f"字段 {name} 用于排序，需一并授权",
                       f"column {name} orders the pages and has to be granted",
                       "请加入该字段", "add this column")  # fmt: skip
