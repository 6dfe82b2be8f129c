"""Handing one's post to somebody for a while (授权代办): give, revoke, and what counts.

A delegation is of a post that its giver holds themselves, to another person of the same department,
until the end of a day at most 90 days ahead. Whoever acts by it cannot hand it on. Its giver, its
taker and an administrator of the department end it early. What is out of date is never written:
whether one counts is decided at each look (:func:`duokua.identity.selectors.live_delegations`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q

from duokua.audit import facade as audit
from duokua.identity import selectors, signals
from duokua.identity.models import Delegation, User
from duokua.identity.states import Role
from duokua.identity.values import DelegationInfo, Person
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, Faults, NotFound
from duokua.kernel.text import Text

LONGEST_DAYS = 90
NOT_DELEGABLE = frozenset((Role.CITIZEN,))  # what somebody is, not what they do
_PAGE = "/me/delegations/"
_NO = Text("无法授权代办", "this cannot be delegated")
audit.register(
    {
        "identity.delegation.given": Text("授权代办", "post delegated"),
        "identity.delegation.revoked": Text("撤回代办授权", "delegation revoked"),
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a giver asks for: to whom, which post, until the end of which day."""

    taker: str
    role: str
    last_day: date | None
    reason: str = ""


def latest_day(now: datetime) -> date:
    """Return the last day for which a delegation may be given."""
    return clock.district_day(now) + timedelta(days=LONGEST_DAYS - 1)


def end_of(day: date) -> datetime:
    """Return the instant at which a day of the district ends."""
    return datetime.combine(day + timedelta(days=1), time(), clock.SHANGHAI)


@transaction.atomic
def give(giver: Person, order: Order, *, now: datetime) -> DelegationInfo:
    """Hand a post of one's own to a colleague; both are told.

    :raises Invalid: naming what of the order cannot be.
    :raises Conflict: that colleague has this post from them already.
    """
    role, last, taker = _checked(giver, order, now)
    rows = User.objects.select_for_update().filter(username=giver.username)
    me = rows.get()  # two orders of one giver come one after the other
    again = selectors.live_delegations(now).filter(giver=me, taker=taker, role=role)
    if again.exists():
        raise Conflict(
            Text("该岗位已授权给此人", "this colleague has that post from you already"),
            Text("请先撤回原授权", "revoke the one that runs first"),
        )
    row = Delegation.objects.create(
        giver=me,
        taker=taker,
        department_id=giver.department,
        role=role,
        reason=order.reason.strip(),
        since=now,
        until=end_of(last),
    )
    info = selectors.delegation_info(row, now)
    _announce(info, _given(info), now)
    detail = {"to": taker.username, "role": str(role), "until": clock.iso(row.until)}
    audit.record(
        "identity.delegation.given", by=giver.username, of=str(row.pk), at=now, detail=detail
    )
    return info


def _checked(giver: Person, order: Order, now: datetime) -> tuple[Role, date, User]:
    faults = Faults()
    role = _role(giver, order.role, faults)
    last = _last_day(order.last_day, now, faults)
    taker = _taker(giver, order.taker, role, now, faults)
    if len(order.reason) > 200:
        faults.add("reason", "事由太长", "the reason is too long", "不超过 200 字", "200 at most")
    faults.raise_if_any(_NO)
    if role is None or last is None or taker is None:
        raise AssertionError("each of them has a fault")
    return role, last, taker


def _role(giver: Person, asked: str, faults: Faults) -> Role | None:
    """Own posts only: what somebody holds by delegation is not theirs to give."""
    role = Role(asked) if asked in Role.values else None
    if role is None or role not in giver.roles or role in NOT_DELEGABLE:
        faults.add(
            "role",
            "只能授权自己担任的岗位，代办的岗位不能再转授",
            "only a post of your own; one that you hold by delegation cannot be handed on",
            "请在自己的岗位中选择",
            "choose one of your own posts",
        )
        return None
    return role


def _last_day(asked: date | None, now: datetime, faults: Faults) -> date | None:
    latest = latest_day(now)
    if asked is not None and clock.district_day(now) <= asked <= latest:
        return asked
    faults.add(
        "until",
        "截止日期不在允许范围内",
        "the last day is not within the range",
        f"请选择今天至 {latest} 之间的日期",
        f"choose a day from today to {latest}",
    )
    return None


def _taker(
    giver: Person, asked: str, role: Role | None, now: datetime, faults: Faults
) -> User | None:
    row = User.objects.filter(
        username=asked.strip(), department_id=giver.department, is_active=True
    ).first()
    if row is None or row.username == giver.username:
        faults.add(
            "taker",
            "代办人须是本部门另一位在岗人员",
            "the taker has to be somebody else of your department",
            "请在本部门人员中选择",
            "choose one of your department's people",
        )
        return None
    if role is not None and role in selectors.person(row, now).roles:
        faults.add(
            "taker",
            "此人本就担任该岗位",
            "this colleague holds that post already",
            "请另选一人",
            "choose somebody else",
        )
        return None
    return row


@transaction.atomic
def revoke(number: int, by: Person, *, now: datetime) -> DelegationInfo:
    """End a delegation early; both are told.

    :raises NotFound: there is none that is theirs to end.
    :raises Conflict: it has ended already.
    """
    rows = Delegation.objects.select_related("giver", "taker")
    row = rows.filter(_theirs(by), pk=number).first()
    if row is None:
        raise NotFound(
            Text("没有这项授权", "there is no such delegation"),
            Text("请从列表中选择", "choose one of the list"),
        )
    running = Delegation.objects.filter(pk=number, revoked_at=None, until__gt=now)
    if running.update(revoked_at=now, revoked_by=by.username) != 1:
        raise Conflict(
            Text("该授权已结束", "this delegation has ended already"),
            Text("无需再撤回", "nothing is left to revoke"),
        )
    row.refresh_from_db()
    info = selectors.delegation_info(row, now)
    _announce(info, _revoked(info), now)
    audit.record("identity.delegation.revoked", by=by.username, of=str(number), at=now)
    return info


def _theirs(person: Person) -> Q:
    own = Q(giver__username=person.username) | Q(taker__username=person.username)
    if person.holds(Role.ADMIN, person.department):
        own |= Q(department_id=person.department)
    return own


def _announce(info: DelegationInfo, title: Text, now: datetime) -> None:
    told = {
        "body": info.role_name,
        "cause": f"delegation/{info.number}/{info.state}",
        "title": title,
        "link": _PAGE,
    }
    for person in (info.giver, info.taker):
        signals.told.send(sender=Delegation, person=person, now=now, **told)


def _given(info: DelegationInfo) -> Text:
    last = info.last_day
    return Text(
        f"{info.giver_name.zh}将岗位“{info.role_name.zh}”授权{info.taker_name.zh}代办至 {last}",
        f"{info.giver_name.en} lets {info.taker_name.en} act as {info.role_name.en} until {last}",
    )


def _revoked(info: DelegationInfo) -> Text:
    return Text(
        f"{info.giver_name.zh}授权{info.taker_name.zh}代办“{info.role_name.zh}”已撤回",
        f"The delegation of {info.role_name.en} from {info.giver_name.en}"
        f" to {info.taker_name.en} is revoked",
    )
