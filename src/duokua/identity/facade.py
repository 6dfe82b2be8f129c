"""What the other parts may ask of identity (身份)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from duokua.identity import actions, selectors
from duokua.identity.enrolment import NewPerson, ensure_people
from duokua.identity.models import User
from duokua.identity.selectors import (
    delegations,
    department,
    department_tree,
    departments,
    departments_with,
    names,
    people_by_department,
    people_of,
    people_with,
    topmost,
    visits,
)
from duokua.identity.signals import person_disabled, person_enabled, told
from duokua.identity.states import DISTRICT_WIDE, Role
from duokua.identity.values import Acting, DelegationInfo, DepartmentInfo, Person, Visit
from duokua.kernel import clock

__all__ = [
    "DISTRICT_WIDE",
    "Acting",
    "DelegationInfo",
    "DepartmentInfo",
    "NewPerson",
    "Person",
    "Role",
    "Visit",
    "delegations",
    "department",
    "department_exists",
    "department_tree",
    "departments",
    "departments_with",
    "disable_person",
    "disabled_people",
    "enable_person",
    "ensure_department",
    "ensure_people",
    "ensure_person",
    "ensure_post",
    "names",
    "people_by_department",
    "people_of",
    "people_with",
    "person_disabled",
    "person_enabled",
    "person_of",
    "stewards",
    "told",
    "topmost",
    "visits",
]

_KEPT = "_duokua_person"


def disable_person(username: str, *, by: str, now: datetime) -> None:
    """Keep a person (停用人员) from signing in; whoever is signed in is out at the next page.

    :raises NotFound: there is nobody of that name.
    """
    actions.disable_person(username, by=by, now=now)


def enable_person(username: str, password: str, *, by: str, now: datetime) -> None:
    """Let a person sign in again, with a one-time password that is to be changed.

    :raises NotFound: there is nobody of that name.
    :raises Conflict: they are not switched off.
    """
    actions.enable_person(username, password, by=by, now=now)


def disabled_people() -> list[str]:
    """Return who may not sign in any more."""
    return selectors.disabled_people()


def person_of(request: HttpRequest) -> Person | None:
    """Return who is signed in on this request; their posts are read once for the request."""
    user = getattr(request, "user", None)
    if not (isinstance(user, User) and user.is_active):
        return None
    kept: dict[int, Person] = request.__dict__.setdefault(_KEPT, {})
    if user.pk not in kept:
        kept[user.pk] = selectors.person(user, clock.now())
    return kept[user.pk]


def stewards(department: str) -> list[Person]:
    """Return who answers for the data of a department, by name; nobody by mere delegation."""
    return people_with(Role.STEWARD, department, clock.now(), delegated=False)


def department_exists(code: str) -> bool:
    """Tell whether there is a department of that code."""
    return code in departments()


def ensure_department(
    code: str,
    zh: str,
    en: str,
    parent: str | None = None,
    *,
    phone: str = "",
    mail: str = "",
    place: str = "",
) -> None:
    """Create a department or bring its names up to date; contacts of the office, where told.

    :raises Invalid: ``parent`` is the department itself or one below it.
    """
    contacts = {"phone": phone, "mail": mail, "place": place}
    told = {name: value for name, value in contacts.items() if value}
    actions.ensure_department(code, zh, en, parent, told)


def ensure_person(
    username: str,
    password: str,
    name_zh: str,
    name_en: str,
    department: str,
    role: Role | str,
) -> None:
    """Create a person or bring them up to date; an unchanged password keeps its hash.

    :raises ValueError: there is no such role.
    """
    actions.ensure_person(
        username=username,
        password=password,
        name_zh=name_zh,
        name_en=name_en,
        department=department,
        role=Role(role),
    )


def ensure_post(
    username: str,
    department: str,
    role: Role | str,
    *,
    by: str = "system",
    now: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Give a person a further post in their own department, if they do not hold it.

    :raises Invalid: there is no such person, or they belong to another department.
    """
    now = now or clock.now()
    actions.ensure_post(username, department, Role(role), by=by, now=now, until=until)
