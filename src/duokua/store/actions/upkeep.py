"""Regular care of grants in use (日常维护): expiry, warnings, idle ones, and what a crash left over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from duokua.exchange import facade as exchange
from duokua.kernel.clock import district_day
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.store.actions import probing, provision, use
from duokua.store.models import Request, Use
from duokua.store.selectors import law
from duokua.store.selectors.use import last_calls
from duokua.store.states.request import LIVE, RequestState
from duokua.store.values.use import IDLE_DAYS, WARN_DAYS

_BY = "store"
_AT_ONCE = 500
_S = RequestState


def expire_due(now: datetime) -> int:
    """End what is past its date; return how many."""
    due = Request.objects.filter(state__in=LIVE, ends_at__lte=now).select_related("listing")
    ended = 0
    for row in due.order_by("ends_at")[:_AT_ONCE]:
        try:
            use.expire(row, by=_BY, now=now)
        except Conflict:  # somebody ended it at this moment
            continue
        ended += 1
    return ended


def mend(now: datetime) -> int:
    """Bring requests and grants to agree where a crash came between; return how many did not."""
    waiting = Request.objects.filter(state=_S.PROVISIONING).values_list("id", flat=True)
    for request_id in waiting[:_AT_ONCE]:
        provision.ask_for(request_id, by=_BY, now=now)
    left = Request.objects.filter(state=_S.IN_USE, renews__state__in=LIVE)
    rows = list(left.select_related("renews", "listing")[:_AT_ONCE])
    for row in rows:
        provision.finish(row, by=_BY, now=now)
    return len(rows) + _mend_grants(now)


def _mend_grants(now: datetime) -> int:
    """Move requests whose grant has ended otherwise, such as by a restore of one of the two."""
    live = Request.objects.filter(state__in=LIVE, grant__isnull=False)
    ended = exchange.revoked_among(set(live.values_list("grant", flat=True)))
    for grant, reason in ended.items():
        with transaction.atomic():
            use.ended_elsewhere(grant, reason, by=_BY, now=now)
    return len(ended)


def warn(now: datetime) -> int:
    """Tell requesters that a grant ends in 30 and in 7 days, each once; return how many were told."""
    told = 0
    for row in Request.objects.filter(
        state__in=LIVE, ends_at__gt=now, ends_at__lte=now + timedelta(days=max(WARN_DAYS))
    ).select_related("listing"):
        assert row.ends_at is not None  # noqa: S101 - it was filtered by
        left = (row.ends_at - now).total_seconds() / 86_400
        due = min(days for days in WARN_DAYS if left <= days)
        told += _warn(row, due, row.ends_at, now)
    return told


def _warn(row: Request, due: int, ends_at: datetime, now: datetime) -> bool:
    with transaction.atomic():
        found, _ = Use.objects.get_or_create(request=row)
        fresh = found.warned is None or found.warned > due
        changed = fresh and Use.objects.filter(request=row, warned=found.warned).update(warned=due)
        if changed:
            title, day = probing.name_of(row), district_day(ends_at).isoformat()
            probing.tell_requester(
                row, Text(f"将于 {day} 到期：{title.zh}", f"Ends on {day}: {title.en}"),
                Text("请及时续期或归还", "Renew it in time, or give it back."), now=now,
            )  # fmt: skip
    return bool(changed)


def propose_release(now: datetime) -> int:
    """Propose to release what nobody has called for 60 days (闲置释放), once; return how many."""
    today, days = district_day(now), _idle_days(now)
    rows = Request.objects.filter(state=_S.IN_USE, decided_at__lte=now - timedelta(days))
    rows = rows.select_related("listing")
    known = Use.objects.in_bulk([row.id for row in rows], field_name="request_id")
    calls = last_calls({row.grant_id for row in rows if row.grant_id}, today)
    return sum(_propose(row, known.get(row.id), calls, (today, days), now) for row in rows)


def _idle_days(now: datetime) -> int:
    """Return after how many days without a call a grant is idle, as the law pack dates it."""
    parameter = law.pack().parameters.get("idle_release")
    value = parameter.at(district_day(now)) if parameter is not None else None
    return IDLE_DAYS if value is None else int(value.value)


def _propose(
    row: Request, known: Use | None, calls: Mapping[str, date], at: tuple[date, int], now: datetime
) -> bool:
    today, days = at
    began = district_day(row.decided_at or row.changed_at)
    last = max(began, calls.get(row.grant_id or "", began))
    asked = known.kept_at if known is not None else None
    since = max(last, district_day(asked)) if asked else last
    idle = (today - since).days >= days
    proposed = known is not None and known.proposed_at is not None
    if proposed and not idle:
        Use.objects.filter(request=row).update(proposed_at=None, idle_since=None)
    if proposed or not idle:
        return False
    with transaction.atomic():
        Use.objects.update_or_create(request=row, defaults={"idle_since": last, "proposed_at": now})
        title = probing.name_of(row)
        told = Text(f"{days} 天未调用：{title.zh}", f"Not called for {days} days: {title.en}")
        body = Text("建议归还，或说明仍需使用", "Give it back, or say why it is needed still.")
        probing.tell_requester(row, told, body, now=now)
    return True
