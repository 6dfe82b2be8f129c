"""Acts on a grant in use (使用中的授权): suspend, resume, revoke, give back, expire, keep.

What takes access away is one transaction of grant and request, is confirmed by every gateway, and is
then probed: the same credential has to be refused. A job sees to it where somebody is cut short.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.exchange.facade import Probed
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Conflict, Invalid, Unavailable
from duokua.kernel.text import Text
from duokua.store.actions import probing
from duokua.store.actions.events import note
from duokua.store.actions.moving import move, taken
from duokua.store.actions.provision import BEGUN, agreed_order
from duokua.store.models import Event, Probe, Request, Use
from duokua.store.selectors.request import request_row
from duokua.store.states.request import LIVE, RequestState

CONFIRM = "store.confirm"
RESUMED = "resumed"
_SOON = timedelta(seconds=5)  # a job looks after what is done here at once
_REASON = 500
_S = RequestState
Along = Callable[[str], object]

audit.register(
    {
        "store.request.suspended": Text("暂停使用", "use suspended"),
        "store.request.resumed": Text("恢复使用", "use resumed"),
        "store.request.revoked": Text("撤销使用", "use revoked"),
        "store.request.given_back": Text("归还授权", "grant given back"),
        "store.request.expired": Text("授权到期", "grant expired"),
        "store.request.kept": Text("说明仍需使用", "said to be needed still"),
    }
)


def suspend(row: Request, reason: str, *, by: str, post: str, now: datetime) -> Probed | None:
    """Suspend (暂停) a grant in use; return what the probe found, ``None``: it is made later.

    :raises Invalid: no reason is given.
    :raises Conflict: it stands otherwise.
    """
    along = _moves(row, _S.SUSPENDED, "suspended", by, now, reason=_told(reason), post=post)
    exchange.suspend_grant(_live(row), by=by, now=now, along=along)
    return _confirmed(row, now)


def resume(row: Request, *, by: str, post: str, now: datetime) -> Probed:
    """Let a suspended grant be used again (恢复) once the probe has passed; else it stays suspended.

    :raises Conflict: it is not suspended, or the bureau suspended it and somebody else asks.
    """
    last = Event.objects.filter(request=row, verb="store.request.suspended").last()
    if last is not None and last.detail.get("post") == "bureau" and post != "bureau":
        raise Conflict(
            Text(
                "由数据局暂停，须由数据局恢复", "the bureau suspended it, so the bureau resumes it"
            ),
            Text("请联系数据局", "ask the data bureau"),
        )
    if row.state != _S.SUSPENDED or row.grant_id is None:
        raise taken(row)
    along = _moves(row, _S.IN_USE, "resumed", by, now, post=post)
    exchange.resume_grant(row.grant_id, by=by, now=now, along=along)
    return probe_again(row, RESUMED, by=by, now=now)


def revoke(row: Request, reason: str, *, by: str, post: str, now: datetime) -> Probed | None:
    """Revoke (撤销) a grant for good; return what the probe found, ``None``: it is made later.

    :raises Invalid: no reason is given.
    :raises Conflict: it stands otherwise.
    """
    told = _told(reason)
    along = _moves(row, _S.REVOKED, "revoked", by, now, reason=told, post=post)
    exchange.revoke_grant(_live(row), reason=told, by=by, now=now, along=along)
    return _confirmed(row, now)


def give_back(row: Request, *, by: str, now: datetime) -> Probed | None:
    """Give a grant back (归还) that is needed no more; return what the probe found.

    :raises Conflict: it stands otherwise.
    """
    along = _moves(row, _S.GIVEN_BACK, "given_back", by, now)
    exchange.revoke_grant(_live(row), reason="使用方归还 given back", by=by, now=now, along=along)
    return _confirmed(row, now)


def expire(row: Request, *, by: str, now: datetime) -> Probed | None:
    """Note that a grant has ended by its date (到期), and probe that it has.

    :raises Conflict: it stands otherwise.
    """
    along = _moves(row, _S.EXPIRED, "expired", by, now)
    exchange.expire_grant(_live(row), by=by, now=now, along=along)
    return _confirmed(row, now)


def ended_elsewhere(grant_id: str, reason: str, *, by: str, now: datetime) -> None:
    """Note that the grant of a request was revoked at the exchange, within that transaction."""
    row = Request.objects.select_related("listing").filter(grant=grant_id, state__in=LIVE).first()
    if row is not None:
        _moves(row, _S.REVOKED, "revoked", by, now, reason=reason, post="exchange")(grant_id)


def keep(row: Request, because: str, *, by: str, now: datetime) -> None:
    """Note why a grant that nobody calls is needed still (仍需使用); it is asked again later.

    :raises Invalid: no reason is given.
    :raises Conflict: it is not in use.
    """
    told = _told(because)
    if row.state not in LIVE:
        raise taken(row)
    kept = {"kept_at": now, "kept_by": by, "kept_because": told}
    with transaction.atomic():
        Use.objects.update_or_create(
            request=row, defaults={**kept, "idle_since": None, "proposed_at": None}
        )
        note(row, "store.request.kept", by=by, now=now, reason=told)


def confirm(request_id: str, after: str, *, by: str, now: datetime) -> Probed | None:
    """Probe what an act has left, unless that was done; ``None``: there is nothing to probe.

    :raises Unavailable: the gateway does not answer; it is to be tried again.
    """
    row = request_row(request_id)
    if after == BEGUN:
        return probe_again(row, BEGUN, by=by, now=now) if row.state == _S.IN_USE else None
    done = Probe.objects.filter(request=row, after=after, at__gte=row.changed_at).exists()
    if row.state != after or row.grant_id is None or done:
        return None
    exchange.republish_grant(row.grant_id, now=now)
    probed = exchange.probe_closed(row.grant_id, now=now)
    with transaction.atomic():
        probing.keep(row, probed, after=after, now=now)
        if not probed.passed:
            title = probing.name_of(row)
            probing.tell_bureau(
                row, Text(f"收回未生效：{title.zh}", f"Still answered: {title.en}"),
                Text("探测仍得到应答，请立即检查网关", "A probe was answered; look at the gateway."),
                now=now,
            )  # fmt: skip
    return probed


def probe_again(row: Request, after: str, *, by: str, now: datetime) -> Probed:
    """Probe a grant in use; one that does not pass is suspended and the bureau is told.

    :raises Unavailable: the gateway does not answer.
    """
    assert row.grant_id is not None  # noqa: S101 - it is in use
    probed = exchange.probe_open(row.grant_id, agreed_order(row, now), now=now)
    with transaction.atomic():
        probing.keep(row, probed, after=after, now=now)
    if not probed.passed:
        why = "探测未通过 the probe failed"
        along = _moves(row, _S.SUSPENDED, "suspended", by, now, reason=why, post="bureau")
        exchange.suspend_grant(row.grant_id, by=by, now=now, along=along)
        title = probing.name_of(row)
        told = Text(f"探测未通过，已暂停：{title.zh}", f"A probe failed, suspended: {title.en}")
        probing.tell_bureau(row, told, Text("请查看探测记录", "See what it found."), now=now)
    return probed


def _moves(
    row: Request, to: RequestState, word: str, by: str, now: datetime, **detail: str
) -> Along:
    """Return what is written along with the grant: the request, its job, and whom it concerns."""

    def along(grant_id: str) -> None:
        told: dict[str, Any] = {**detail, "grant": grant_id}
        move(row, to, by=by, now=now, verb=f"store.request.{word}", **told)
        if to is not _S.IN_USE:
            jobs.enqueue(
                CONFIRM, {"request": row.id, "after": to.value}, by=by, now=now,
                key=f"{CONFIRM}:{row.id}:{row.revision}", run_at=now + _SOON,
            )  # fmt: skip
        _tell(row, to, detail.get("reason", ""), now)

    return along


def _tell(row: Request, to: RequestState, reason: str, now: datetime) -> None:
    title = probing.name_of(row)
    words = _WORDS[to]
    told = Text(f"{words.zh}：{title.zh}", f"{words.en}: {title.en}")
    body = Text(reason, reason)
    probing.tell_requester(row, told, body, now=now)
    if to in (_S.GIVEN_BACK, _S.EXPIRED):
        probing.tell_owner(row, told, body, now=now)


_WORDS = {
    _S.SUSPENDED: Text("已暂停", "Suspended"),
    _S.IN_USE: Text("已恢复", "Resumed"),
    _S.REVOKED: Text("已撤销", "Revoked"),
    _S.GIVEN_BACK: Text("已归还", "Given back"),
    _S.EXPIRED: Text("已到期", "Expired"),
}


def _confirmed(row: Request, now: datetime) -> Probed | None:
    """Probe at once; where the gateway does not answer, the job does it later."""
    try:
        return confirm(row.id, str(RequestState(row.state).value), by=row.requested_by, now=now)
    except Unavailable:
        return None


def _live(row: Request) -> str:
    """Return the grant of a request in use.

    :raises Conflict: there is none.
    """
    if row.state not in LIVE or row.grant_id is None:
        raise taken(row)
    return row.grant_id


def _told(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > _REASON or "\0" in reason:
        raise Invalid(
            Text("请写明原因", "say why"),
            Text(f"1 至 {_REASON} 字，对方会看到", f"1 to {_REASON} characters; it is shown"),
        )
    return reason
