"""Verbs on a grant that stands (授权存续): revoke, suspend, resume, let a successor take over.

Each is one guarded transaction, in which the caller may write ``along`` what is to be true as well.
What takes access away is acknowledged only when no gateway starts a call under it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from duokua.audit import facade as audit
from duokua.exchange import indexing, policy, selectors
from duokua.exchange.models import Grant
from duokua.exchange.states import LIVE, GrantState
from duokua.exchange.values import GrantInfo, Revocation
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lake import facade as lake

Along = Callable[[str], object]  # is told the grant's id
grant_ended = (
    Signal()
)  # sent within the transaction that revokes: ``grant``, ``reason``, ``by``, ``now``
_REASON = 500  # characters that are kept of why a grant was revoked

audit.register(
    {
        "exchange.grant.revoked": Text("撤销授权", "grant revoked"),
        "exchange.grant.suspended": Text("暂停授权", "grant suspended"),
        "exchange.grant.resumed": Text("恢复授权", "grant resumed"),
        "exchange.grant.expired": Text("授权到期", "grant expired"),
    }
)


def nothing_more(grant_id: str) -> None:
    """Write nothing along."""


def revoke_grant(
    grant_id: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    along: Along = nothing_more,
    resumes: str | None = None,
) -> Revocation:
    """Revoke (撤销) a grant; on return no gateway starts a call under it any more.

    ``resumes`` is a suspended grant that serves again from the same step on: the one that this one
    was to take over from.

    :raises NotFound: there is no such grant.
    :raises Conflict: it is revoked already.
    :raises Unavailable: a gateway did not confirm in time; the revocation stands all the same.
    """
    selectors.grant_row(grant_id)
    reason = reason[:_REASON]
    with transaction.atomic():
        ended = {"revoked_at": now, "revoked_reason": reason}
        changed = _move(grant_id, LIVE, GrantState.REVOKED, **ended)
        if changed:
            audit.record(
                "exchange.grant.revoked", by=by, of=grant_id, at=now, detail={"reason": reason}
            )
            along(grant_id)
            grant_ended.send(sender=Grant, grant=grant_id, reason=reason, by=by, now=now)
            if resumes is not None:
                _move(resumes, (GrantState.SUSPENDED,), GrantState.ACTIVE)
    # Also when it was revoked before: whoever did that may have been cut short right here.
    told = [grant_id, *([resumes] if resumes else [])]
    version, waited = policy.take_all_away(policy.grants_now(told))
    if not changed:
        raise Conflict(
            Text("该授权已撤销", "the grant is revoked already"),
            Text("无需重复操作", "there is nothing left to do"),
        )
    return Revocation(grant_id, version, waited)


def suspend_grant(
    grant_id: str, *, by: str, now: datetime, along: Along = nothing_more
) -> Revocation:
    """Suspend (暂停) a grant; on return no gateway starts a call under it until it is resumed.

    :raises NotFound: there is no such grant.
    :raises Conflict: it does not serve.
    :raises Unavailable: a gateway did not confirm in time; it is suspended all the same.
    """
    _step(grant_id, GrantState.ACTIVE, GrantState.SUSPENDED, by, now, along)
    version, waited = policy.take_all_away(policy.grants_now([grant_id]))
    return Revocation(grant_id, version, waited)


def resume_grant(
    grant_id: str, *, by: str, now: datetime, along: Along = nothing_more
) -> GrantInfo:
    """Let a suspended grant serve again (恢复).

    :raises NotFound: there is no such grant.
    :raises Conflict: it is not suspended, or another one of its client, interface and purpose serves.
    """
    try:
        _step(grant_id, GrantState.SUSPENDED, GrantState.ACTIVE, by, now, along)
    except IntegrityError:
        raise _other() from None
    return republish_grant(grant_id, now=now)


def expire_grant(
    grant_id: str, *, by: str, now: datetime, along: Along = nothing_more
) -> Revocation:
    """Store that a grant has ended (到期): by its date, or because another one has taken over.

    :raises NotFound: there is no such grant.
    :raises Conflict: it had ended before.
    :raises Unavailable: a gateway did not confirm in time; it has ended all the same.
    """
    selectors.grant_row(grant_id)
    with transaction.atomic():
        if not _move(grant_id, LIVE, GrantState.EXPIRED):
            raise _stands_otherwise(grant_id)
        audit.record("exchange.grant.expired", by=by, of=grant_id, at=now)
        along(grant_id)
    version, waited = policy.take_all_away(policy.grants_now([grant_id]))
    return Revocation(grant_id, version, waited)


def republish_grant(grant_id: str, *, now: datetime) -> GrantInfo:
    """Hand a grant to the gateways as it stands, after a crash may have come before that.

    :raises NotFound: there is no such grant.
    :raises Unavailable: a gateway did not confirm in time.
    """
    row = selectors.grant_row(grant_id)
    indexing.refresh(row.interface)
    policy.take_all_away(policy.grants_now([grant_id]))
    return selectors.grant_info(row, lake.contract(row.interface.dataset_id), now)


def _step(
    grant_id: str, of: GrantState, to: GrantState, by: str, now: datetime, along: Along
) -> None:
    selectors.grant_row(grant_id)
    word = "resumed" if to is GrantState.ACTIVE else "suspended"
    with transaction.atomic():
        if not _move(grant_id, (of,), to):
            raise _stands_otherwise(grant_id)
        audit.record(f"exchange.grant.{word}", by=by, of=grant_id, at=now)
        along(grant_id)


def _move(grant_id: str, of: tuple[GrantState, ...], to: GrantState, **more: Any) -> bool:
    rows = Grant.objects.filter(id=grant_id, state__in=of)
    return bool(rows.update(state=to, **more))


def _stands_otherwise(grant_id: str) -> Conflict:
    state = GrantState(selectors.grant_row(grant_id).state)
    return Conflict(
        Text(f"该授权的状态为 {state.value}", f"the grant is {state.value}"),
        Text("请刷新页面后查看", "reload the page and look"),
    )


def _other() -> Conflict:
    return Conflict(
        Text("该应用已有同一用途的有效授权", "the client holds a live grant for this purpose"),
        Text("请先结束另一授权", "end the other grant first"),
    )
