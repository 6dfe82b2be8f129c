"""Provisioning (开通): a request that was agreed becomes a grant, is probed, and only then is in use.

Every step is one transaction and may be done again after a crash: the grant and its link to the
request are written together, the verdict of the probe and the state that follows from it as well.
So a request never opens two grants, and is never in use without a probe that passed.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

import orjson
from django.db import transaction

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.exchange.values import GrantOrder
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lang.grant import Grant, grant_to_json
from duokua.store.actions import probing
from duokua.store.actions.moving import change, move
from duokua.store.models import Request
from duokua.store.selectors.request import request_info, request_row
from duokua.store.states.request import LIVE, RequestState
from duokua.store.values.ordering import order_of

KIND = "store.provision"
GRANTED, BEGUN = "granted", "begun"  # after what a probe is made
_PRIORITY = 9  # somebody waits for it
_BASIS = 200  # characters that a grant's basis may have
_S = RequestState

audit.register(
    {
        "store.request.provisioning": Text("开始开通", "provisioning began"),
        "store.request.in_use": Text("开通并通过探测", "provisioned and probed"),
        "store.request.failed": Text("开通未通过探测", "provisioning failed"),
        "store.request.renewed": Text("由续期接替", "succeeded by its renewal"),
    }
)


@transaction.atomic
def start(request: Request, *, by: str, now: datetime, acting_for: str = "") -> Request:
    """Let a request that was agreed be provisioned (开通中); the rest is done by a job.

    :raises Conflict: it stands otherwise.
    """
    verb = "store.request.provisioning"
    fields = {"grant_id": None}  # of an attempt that failed
    move(request, _S.PROVISIONING, by=by, now=now, verb=verb, fields=fields, acting_for=acting_for)
    ask_for(request.id, by=by, now=now)
    return request


def ask_for(request_id: str, *, by: str, now: datetime) -> None:
    """Bring in the job that provisions a request, unless it waits or runs already."""
    jobs.enqueue(
        KIND, {"request": request_id}, by=by, now=now, key=f"{KIND}:{request_id}",
        priority=_PRIORITY,
    )  # fmt: skip


def carry_out(request_id: str, *, by: str, now: datetime) -> RequestState:
    """Open the grant, probe it, and move the request by the verdict; again it does what is left.

    :raises NotFound: there is no such request.
    :raises Unavailable: the gateway does not answer; it is to be tried again.
    """
    row = request_row(request_id)
    try:
        if row.state == _S.PROVISIONING:
            _provision(row, by=by, now=now)
    except Conflict:
        # Another worker is at it. Should that one die, the regular care brings the job back.
        return _S(request_row(request_id).state)
    finish(request_row(request_id), by=by, now=now)
    return _S(request_row(request_id).state)


def _provision(row: Request, *, by: str, now: datetime) -> None:
    order = agreed_order(row, now)
    if row.grant_id is None:
        try:
            _open(row, order, by=by, now=now)
        except (Invalid, NotFound) as error:
            _fail_unopened(row, error.what, by=by, now=now)
            return
        except Conflict as error:
            if _moved(row):
                raise
            _fail_unopened(row, error.what, by=by, now=now)
            return
    else:
        exchange.republish_grant(row.grant_id, now=now)
    assert row.grant_id is not None  # noqa: S101 - it was opened just now
    probed = exchange.probe_open(row.grant_id, order, now=now)
    if probed.passed:
        _begin(row, order, probed, by=by, now=now)
    else:
        _fail(row, probed, by=by, now=now)


def agreed_order(row: Request, now: datetime) -> GrantOrder:
    """Return what is granted: what was agreed, with its scenario in the line of its legal basis."""
    info = request_info(row)
    ask = info.agreed or info.ask
    since = row.decided_at or row.submitted_at or row.created_at or now
    order = order_of(ask, client=row.client, interface=row.interface, now=since)
    return _with_scenario(order, ask.scenario)


def _with_scenario(order: GrantOrder, scenario: str) -> GrantOrder:
    """Put the scenario (应用场景) behind the legal basis, so that each receipt tells it."""
    told = f"{order.basis}〔场景：{scenario}〕" if scenario else order.basis
    if len(told) > _BASIS and scenario:
        told = f"{told[: _BASIS - 2]}…〕" if len(order.basis) < _BASIS - 8 else order.basis
    return replace(order, basis=told[:_BASIS])


def _open(row: Request, order: GrantOrder, *, by: str, now: datetime) -> None:
    """Write the grant and its link to the request in one transaction, then serve it."""
    replaces = row.renews.grant_id if row.renews is not None else None
    opened = exchange.open_grant(
        order, by=by, now=now, replaces=replaces,
        along=lambda grant: change(row, {"grant_id": grant}, now=now),
    )  # fmt: skip
    row.grant_id = opened.grant.id


def _moved(row: Request) -> bool:
    there = request_row(row.id)
    return (there.state, there.revision) != (row.state, row.revision)


def _begin(
    row: Request, order: GrantOrder, probed: exchange.Probed, *, by: str, now: datetime
) -> None:
    """Note that what was agreed is so: from now on it is in use."""
    title = probing.name_of(row)
    assert row.grant_id is not None  # noqa: S101 - it was probed
    with transaction.atomic():
        move(
            row, _S.IN_USE, by=by, now=now, verb="store.request.in_use",
            fields={"ends_at": order.valid_until},
            grant=row.grant_id, checks=len(probed.checks), way=probed.way,
            policy=policy_digest(exchange.grant(row.grant_id, now=now).grant),
        )  # fmt: skip
        probing.keep(row, probed, after=GRANTED, now=now)
        if order.valid_from is not None and order.valid_from > now:
            _probe_at(row, order.valid_from, by=by, now=now)
        probing.tell_requester(
            row, Text(f"已开通：{title.zh}", f"In use: {title.en}"),
            Text("探测通过，可以调用", "The probe passed; it can be called."), now=now,
        )  # fmt: skip


def _probe_at(row: Request, at: datetime, *, by: str, now: datetime) -> None:
    """Let what begins later be probed when it begins."""
    jobs.enqueue(
        "store.confirm", {"request": row.id, "after": BEGUN}, by=by, now=now,
        key=f"store.confirm:{row.id}:{BEGUN}", run_at=at,
    )  # fmt: skip


def _fail(row: Request, probed: exchange.Probed, *, by: str, now: datetime) -> None:
    """Take the grant away at once and let everybody see what the probe found."""
    assert row.grant_id is not None  # noqa: S101 - it was probed
    old = row.renews
    resumes = old.grant_id if old is not None and old.state == _S.IN_USE else None
    exchange.revoke_grant(
        row.grant_id, reason="探测未通过 the probe failed", by=by, now=now, resumes=resumes,
        along=lambda _: _note_failure(row, probed, by=by, now=now),
    )  # fmt: skip


def _fail_unopened(row: Request, what: Text, *, by: str, now: datetime) -> None:
    with transaction.atomic():
        _note_failure(row, probing.could_not(what.zh, what.en), by=by, now=now)


def _note_failure(row: Request, probed: exchange.Probed, *, by: str, now: datetime) -> None:
    failed = [check.what for check in probed.checks if not check.passed]
    move(row, _S.FAILED, by=by, now=now, verb="store.request.failed", checks=failed)
    probing.keep(row, probed, after=GRANTED, now=now)
    title = probing.name_of(row)
    told = Text(f"开通未通过：{title.zh}", f"Provisioning failed: {title.en}")
    why = Text("授权已立即撤销，请查看探测记录", "The grant was revoked at once; see the probe.")
    probing.tell_requester(row, told, why, now=now)
    probing.tell_bureau(row, told, why, now=now)


def finish(row: Request, *, by: str, now: datetime) -> None:
    """Do what a crash may have left after the verdict: gateways agree, the predecessor has ended."""
    if row.grant_id is not None and row.state in (_S.FAILED, _S.IN_USE):
        exchange.republish_grant(row.grant_id, now=now)
    old = row.renews
    if row.state == _S.IN_USE and old is not None and old.state in LIVE and old.grant_id:
        exchange.expire_grant(
            old.grant_id, by=by, now=now,
            along=lambda _: move(
                old, _S.EXPIRED, by=by, now=now, verb="store.request.renewed", successor=row.id
            ),
        )  # fmt: skip


def policy_digest(grant: Grant) -> str:
    """Return the digest (策略摘要) of what was granted, as it is handed to gateways."""
    told = orjson.dumps(grant_to_json(grant), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(told).hexdigest()
