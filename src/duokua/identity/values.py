"""What crosses the border of identity, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from duokua.identity.states import BY_REACH, Role
from duokua.kernel import clock
from duokua.kernel.text import Text


def _last_day(until: datetime) -> date:
    return clock.district_day(until - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Acting:
    """A post of somebody else that a person holds by delegation (授权代办) until an instant."""

    for_person: str
    for_name: Text
    department: str
    role: Role
    until: datetime

    @property
    def last_day(self) -> date:
        """The last day on which it counts."""
        return _last_day(self.until)


@dataclass(frozen=True, slots=True)
class Person:
    """A person (人员) as every other part sees them, at one instant.

    ``role`` is the main post, or the one in which :mod:`duokua.identity.policy` let them open a
    page; ``roles`` are all their own posts in their department; ``acting`` is what others gave.
    """

    username: str
    name: Text
    department: str
    department_name: Text
    role: Role
    roles: frozenset[Role] = frozenset()
    acting: tuple[Acting, ...] = ()

    def __post_init__(self) -> None:
        if not self.roles:
            object.__setattr__(self, "roles", frozenset((self.role,)))

    @property
    def viewer(self) -> str | None:
        """The department whose core (L4) resources this person sees; ``None``: every one's."""
        return None if self.hats & {Role.BUREAU, Role.AUDITOR} else self.department

    @property
    def hats(self) -> frozenset[Role]:
        """Every role in which this person may act for the own department, delegated ones too."""
        return self.roles | {
            each.role for each in self.acting if each.department == self.department
        }

    def holds(self, role: Role, department: str | None = None) -> bool:
        """Tell whether this is one of their own posts; with a department, also by delegation."""
        if department is None:
            return role in self.roles
        own = department == self.department and role in self.roles
        return own or self.acts_for(role, department) is not None

    def acts_for(self, role: Role, department: str) -> Acting | None:
        """Return by whose delegation they hold a post; ``None``: their own, or not at all."""
        if department == self.department and role in self.roles:
            return None
        found = (e for e in self.acting if e.role == role and e.department == department)
        return next(found, None)

    def wearing(self, allowed: Iterable[Role]) -> Person | None:
        """Return them in the role in which they open what ``allowed`` may; ``None``: in none.

        The main post comes first, then the one that reaches farthest. What looks at ``role``
        afterwards so sees one that the page allows, never one that it forgot to think of.
        """
        allowed = frozenset(allowed)
        if self.role in allowed:
            return self
        hats = self.hats & allowed
        return next((replace(self, role=each) for each in BY_REACH if each in hats), None)


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt to sign in; ``way``: by password, or through the provider of that name."""

    at: datetime
    address: str
    granted: bool
    number: int = 0
    way: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentInfo:
    """A department and its place in the tree; ``depth`` is 0 at a root."""

    code: str
    name: Text
    parent: str | None
    depth: int
    phone: str = ""
    mail: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class DelegationInfo:
    """A delegation as its giver and its taker see it; ``state``: running, revoked, ended, void."""

    number: int
    giver: str
    giver_name: Text
    taker: str
    taker_name: Text
    department: str
    role: Role
    role_name: Text
    reason: str
    since: datetime
    until: datetime
    state: str
    revoked_by: str = ""

    @property
    def last_day(self) -> date:
        """The last day on which it counts."""
        return _last_day(self.until)


@dataclass(frozen=True, slots=True)
class PostInfo:
    """A further post of a person beside the main one."""

    number: int
    role: Role
    since: datetime
    until: datetime | None
    given_by: str

    @property
    def last_day(self) -> date | None:
        """The last day on which it is held; ``None``: no end."""
        return _last_day(self.until) if self.until else None


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the administrator of their department sees them."""

    person: Person
    active: bool
    must_change: bool
    second_step: bool
    last_sign_in: datetime | None
    posts: tuple[PostInfo, ...] = ()
