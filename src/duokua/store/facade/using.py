"""Grants in use (使用), for pages and jobs: who may see and do what is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from duokua.exchange import facade as exchange
from duokua.exchange.facade import Probed
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotAllowed
from duokua.kernel.text import Text
from duokua.store.actions import upkeep, use
from duokua.store.actions.provision import carry_out, policy_digest
from duokua.store.actions.use import confirm, ended_elsewhere
from duokua.store.models import Request
from duokua.store.selectors import use as reads
from duokua.store.selectors import use_list
from duokua.store.selectors.request import no_request, request_row
from duokua.store.selectors.request_list import visible_to
from duokua.store.selectors.use import grants_of, of_grants
from duokua.store.states.request import LIVE, RequestState
from duokua.store.values.use import DecidedStep, ProbeInfo, Resource, ResourcePage

__all__ = [
    "OWNER_ACTS",
    "USER_ACTS",
    "WATCHERS",
    "DecidedStep",
    "ProbeInfo",
    "Resource",
    "ResourcePage",
    "act",
    "acts_on",
    "carry_out",
    "check_watches",
    "confirm",
    "decided",
    "ended_elsewhere",
    "every_resource",
    "expire_due",
    "grants_of",
    "mend",
    "my_resources",
    "of_grants",
    "our_resources",
    "probes",
    "propose_release",
    "resource",
    "shows_request",
    "warn",
]
_MOST = 10_000
_USERS = (Role.STEWARD, Role.HEAD, Role.DEVELOPER, Role.ADMIN)
_OWNERS = (Role.STEWARD, Role.HEAD)
_WIDE = (Role.BUREAU, Role.AUDITOR, Role.SECURITY)
WATCHERS = (*_OWNERS, *_WIDE)
OWNER_ACTS = ("suspend", "resume", "revoke")
USER_ACTS = ("give_back", "keep", "renew")
expire_due, mend = upkeep.expire_due, upkeep.mend
warn, propose_release = upkeep.warn, upkeep.propose_release


def my_resources(
    person: Person,
    asked: Mapping[str, str],
    *,
    sort: str | None = None,
    after: str | None = None,
    now: datetime,
) -> ResourcePage:
    """Return a page of what a person's department uses, by default newest changes first."""
    rows = use_list.narrowed(reads.used_by(person.department), asked)
    return use_list.page_of(rows, sort=sort, after=after, now=now)


def our_resources(
    person: Person,
    asked: Mapping[str, str],
    *,
    sort: str | None = None,
    after: str | None = None,
    now: datetime,
) -> ResourcePage:
    """Return a page of what others use of a person's department; of all for those who watch."""
    rows = use_list.narrowed(reads.owned_by(person), asked)
    return use_list.page_of(rows, sort=sort, after=after, now=now)


def check_watches(person: Person) -> None:
    """Check that a person may look at who uses what is theirs, or everybody's.

    :raises NotAllowed: none of their posts does.
    """
    if not person.hats & set(WATCHERS):
        raise NotAllowed(
            Text("您的岗位不能查看使用方", "your post does not look at who uses what is yours"),
            Text("请联系本部门数据管理员", "ask the steward of your department"),
        )


def every_resource(
    person: Person, asked: Mapping[str, str], *, owned: bool, now: datetime
) -> list[Resource]:
    """Return all that a list has, for an export."""
    rows = reads.owned_by(person) if owned else reads.used_by(person.department)
    found = use_list.narrowed(rows, asked).order_by("-changed_at", "-id").select_related("listing")
    return reads.resources(list(found[:_MOST]), now)


def resource(request_id: str, person: Person, *, now: datetime) -> Resource:
    """Return one grant in use with the digest of what was granted.

    :raises NotFound: there is none, or the person may not know of it.
    """
    row = _seen(request_id, person)
    found = reads.resources([row], now)[0]
    if row.grant_id is None:
        return found
    return replace(found, policy=policy_digest(exchange.grant(row.grant_id, now=now).grant))


def shows_request(request_id: str, person: Person) -> bool:
    """Tell whether a person who may see the use of a grant may see its request, too."""
    return visible_to(person).filter(id=request_id).exists()


def probes(request_id: str, person: Person) -> list[ProbeInfo]:
    """Return every probe of a request, newest first.

    :raises NotFound: there is no such request, or the person may not know of it.
    """
    return reads.probes(_seen(request_id, person))


def decided(request_id: str, person: Person) -> list[DecidedStep]:
    """Return the single decisions on a request in their order.

    :raises NotFound: there is no such request, or the person may not know of it.
    """
    return reads.decided(_seen(request_id, person).id)


def acts_on(request_id: str, person: Person) -> frozenset[str]:
    """Return what a person may do now with a grant in use.

    :raises NotFound: there is none, or they may not know of it.
    """
    row = _seen(request_id, person)
    found: set[str] = set()
    if row.state not in LIVE:
        return frozenset(_renewable(row, person))
    if _uses(row, person):
        found |= {"give_back", "renew", *({"keep"} if row.state == RequestState.IN_USE else ())}
    if _post(row, person) is not None:
        found |= {"revoke", "suspend" if row.state == RequestState.IN_USE else "resume"}
    return frozenset(found)


def _renewable(row: Request, person: Person) -> set[str]:
    return {"renew"} if row.state == RequestState.EXPIRED and _uses(row, person) else set()


def act(
    request_id: str, verb: str, person: Person, *, reason: str = "", now: datetime
) -> Probed | None:
    """Suspend, resume, revoke, give back or keep a grant; return what the probe found, if one was.

    :raises NotFound: there is none, or the person may not know of it.
    :raises NotAllowed: it is not theirs to do.
    :raises Invalid: no reason is given where one is needed.
    :raises Conflict: it stands otherwise.
    """
    row, by = _seen(request_id, person), person.username
    post = _post(row, person)
    if verb in OWNER_ACTS and post is not None:
        if verb == "resume":
            return use.resume(row, by=by, post=post, now=now)
        do = use.suspend if verb == "suspend" else use.revoke
        return do(row, reason, by=by, post=post, now=now)
    if verb in USER_ACTS and _uses(row, person):
        if verb == "give_back":
            return use.give_back(row, by=by, now=now)
        use.keep(row, reason, by=by, now=now)
        return None
    raise NotAllowed(
        Text("您不能这样办理", "this is not yours to do"),
        Text("请联系使用方或数据提供方", "ask the department that uses it, or its owner"),
    )


def _seen(request_id: str, person: Person) -> Request:
    """Return a request whose use a person may see: the user's, the owner's, who watches.

    :raises NotFound: there is none, or they may not know of it.
    """
    row = request_row(request_id)
    uses = person.department == row.department_id and Role.CITIZEN is not person.role
    owns = person.department == row.provider_id and bool(person.hats & set(_OWNERS))
    watches = bool(person.hats & set(_WIDE))
    acts = any(person.acts_for(role, row.provider_id) for role in _OWNERS)
    if row.state not in reads.USED or not (uses or owns or watches or acts):
        raise no_request(request_id)
    return row


def _uses(row: Request, person: Person) -> bool:
    return any(person.holds(role, row.department_id) for role in _USERS)


def _post(row: Request, person: Person) -> str | None:
    """Return in which post a person may take a grant away, if in any."""
    if any(person.holds(role, row.provider_id) for role in _OWNERS):
        return "owner"
    return "bureau" if Role.BUREAU in person.hats else None
