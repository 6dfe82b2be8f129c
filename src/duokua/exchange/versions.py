"""Versions of an interface (接口版本): what may change under its grants, and what goes on beside.

Within a major version nothing that a live grant uses may go. A new major version may change
everything: while there are live grants on the one before, that one goes on as ``id@1`` with all of
them, deprecated from then on, until it is ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.exchange import policy, selectors
from duokua.exchange.models import Grant, Interface
from duokua.exchange.states import LIVE
from duokua.exchange.values import InterfaceInfo
from duokua.kernel.errors import Conflict, Faults, Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.codec import interface_from_json, interface_to_json
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant as GrantValue
from duokua.lang.interface import Interface as Declaration
from duokua.lang.interface import Parameter, Shape, base_id, major, version_id

audit.register({"exchange.interface.deprecated": Text("弃用数据接口", "interface deprecated")})


def place(interface: Declaration, contract: Contract, now: datetime) -> tuple[Declaration, bool]:
    """Return a declaration as it is to be stored, and whether the one before goes on beside it.

    A further version of an older major one is stored under that one's id.

    :raises Conflict: the one before gives another dataset.
    :raises Invalid: it goes back to a major version that is gone, or takes away what grants use.
    """
    before = Interface.objects.filter(id=interface.id).first()
    if before is None:
        return interface, False
    if before.dataset_id != interface.dataset:
        raise _of_another(before)
    newest = interface_from_json(before.body)
    if major(interface.version) > major(newest.version):
        grants = selectors.live_grants(interface.id, contract, now)
        return interface, next(iter(grants), None) is not None
    if major(interface.version) < major(newest.version):
        older = Interface.objects.filter(id=version_id(interface.id, major(interface.version)))
        row = older.first()
        if row is None:
            raise _gone(interface, newest)
        newest = interface_from_json(row.body)
        interface = replace(interface, id=row.id)
    check(newest, interface, selectors.live_grants(interface.id, contract, now))
    if interface.deprecated is None:
        life = {name: getattr(newest, name) for name in ("deprecated", "sunset", "successor")}
        interface = replace(interface, **(life if "@" in interface.id else {}))
    return interface, False


def _of_another(before: Interface) -> Conflict:
    """Grants on an interface were decided for its dataset: it never comes to give another."""
    return Conflict(
        Text(
            f"接口 {before.id} 已经有了，给出 {before.owner_id} 的数据集 {before.dataset_id}",
            f"the interface {before.id} is there: it gives {before.dataset_id} of {before.owner_id}",
        ),
        Text("请换一个标识", "choose another id"),
    )


def _gone(interface: Declaration, newest: Declaration) -> Invalid:
    return Invalid(
        Text(
            f"{interface.version} 低于现有的 {newest.version}",
            f"{interface.version} is below {newest.version}, which is published",
        ),
        Text("请提高版本号", "raise the version"),
    )


def check(old: Declaration, new: Declaration, grants: Iterable[GrantValue]) -> None:
    """Check that nothing goes which a live grant uses.

    :raises Invalid: naming every grant and what it would lose.
    """
    faults = Faults()
    number = major(old.version) + 1
    beside = version_id(base_id(old.id), major(old.version))
    for grant in grants:
        for what in _lost(old, new, grant):
            faults.add(f"{grant.id}: {what}", f"现有授权在用 {what}，新版本没有或改了它",
                       f"this live grant uses {what}, which the new version changes or lacks",
                       f"请保留它，或发布 {number}.0.0：旧版本以 {beside} 继续",
                       f"keep it, or publish {number}.0.0: the old one goes on as {beside}")  # fmt: skip
    faults.raise_if_any(Text("现有授权与新版本不符", "grants do not fit the new version"))


def _lost(old: Declaration, new: Declaration, grant: GrantValue) -> Iterable[str]:
    if old.shape is not new.shape or old.key != new.key:
        yield "shape" if old.shape is not new.shape else "key"
        return
    if old.shape is Shape.AGGREGATE:
        return  # its dimensions and measures are one answer; the cube is budgeted by version
    for name in old.columns:
        if name in grant.columns and name not in new.columns:
            yield name
    told = {each.name: each for each in new.parameters}
    usable = _usable(old, grant)
    for each in usable:
        if not _same(each, told.get(each.name)):
            yield each.name
    known = {each.name for each in old.parameters}
    for each in new.parameters:
        if each.required and (each.name not in known or not _was_required(old, each.name)):
            yield each.name


def _usable(old: Declaration, grant: GrantValue) -> Iterable[Parameter]:
    keyed = old.shape in (Shape.LOOKUP, Shape.VERIFY)
    return [each for each in old.parameters if keyed or each.column in grant.columns]


def _same(old: Parameter, new: Parameter | None) -> bool:
    return new is not None and (old.column, old.op) == (new.column, new.op)


def _was_required(old: Declaration, name: str) -> bool:
    return any(each.required for each in old.parameters if each.name == name)


def keep(base: str, *, open_: bool, by: str, now: datetime) -> tuple[Interface, list[Grant]]:
    """Let the published version of ``base`` go on under an id of its own, with its live grants.

    It is for those: to all it stays open only where its successor is ``open_`` as well.
    Within the caller's transaction; return its row and the grants that were moved.
    """
    row = Interface.objects.select_for_update().get(id=base)
    old = interface_from_json(row.body)
    kept = version_id(base, major(old.version))
    declared = replace(
        old,
        id=kept,
        open=old.open and open_,
        deprecated=old.deprecated or now.timestamp(),
        successor=old.successor or base,
    )
    row.id, row.open, row.body = kept, declared.open, interface_to_json(declared)
    row.save(force_insert=True)
    moved = list(Grant.objects.filter(interface_id=base, state__in=LIVE))
    for grant in moved:
        grant.interface_id = kept
        grant.body = {**grant.body, "interface": kept}
        grant.save(update_fields=["interface", "body"])
    audit.record(
        "exchange.interface.deprecated",
        by=by,
        of=kept,
        at=now,
        detail={"successor": declared.successor, "grants": len(moved)},
    )
    return row, moved


def close_older(interface: Declaration) -> list[str]:
    """Close to all the older versions of an interface that is closed; return their ids.

    Within the caller's transaction.
    """
    if interface.open or "@" in interface.id:
        return []
    older = Interface.objects.select_for_update().filter(
        id__startswith=f"{interface.id}@", open=True
    )
    closed = list(older)
    for row in closed:
        row.open = False
        row.body = interface_to_json(replace(interface_from_json(row.body), open=False))
        row.save(update_fields=["open", "body"])
    return [row.id for row in closed]


def deprecate_interface(
    interface_id: str, *, sunset: float | None, successor: str | None, by: str, now: datetime
) -> InterfaceInfo:
    """Announce (弃用) that an interface ends at ``sunset`` and what to change over to.

    On return every answer says so; from ``sunset`` on calls are refused with 410. Told again, it
    replaces what was announced.

    :raises NotFound: there is no such interface, or no such successor.
    :raises Invalid: the successor is the interface itself, or the sunset has passed.
    :raises Unavailable: a gateway did not confirm in time; it is announced all the same.
    """
    selectors.interface_row(interface_id)
    _check_end(interface_id, sunset, successor, now)
    with transaction.atomic():
        row = Interface.objects.select_for_update().get(id=interface_id)
        old = interface_from_json(row.body)
        since = now.timestamp() if old.deprecated is None else old.deprecated
        row.body = interface_to_json(
            replace(old, deprecated=since, sunset=sunset, successor=successor or old.successor)
        )
        row.save(update_fields=["body"])
        audit.record(
            "exchange.interface.deprecated",
            by=by,
            of=interface_id,
            at=now,
            detail={"sunset": sunset, "successor": successor},
        )
    contract = lake.contract(row.dataset_id)
    policy.take_all_away(policy.interfaces_now([row.id]))
    return selectors.interface_info(row, contract)


def _check_end(
    interface_id: str, sunset: float | None, successor: str | None, now: datetime
) -> None:
    faults = Faults()
    if successor is not None:
        selectors.interface_row(successor)
        if successor == interface_id:
            faults.add("successor", "后继接口不能是自己", "an interface does not follow itself",
                       "请填另一接口", "name another interface")  # fmt: skip
    if sunset is not None and sunset <= now.timestamp():
        faults.add("sunset", "停用时间已过", "the sunset has passed",
                   "请填将来的日期", "give a day in the future")  # fmt: skip
    faults.raise_if_any(Text("弃用有误", "the deprecation is wrong"))
