"""What the other parts may ask of identity (身份)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from duokua.identity import actions, selectors
from duokua.identity.models import User
from duokua.identity.selectors import Person, Visit, departments, stewards, visits
from duokua.identity.states import Role

__all__ = [
    "Person",
    "Role",
    "Visit",
    "department_exists",
    "departments",
    "disable_person",
    "disabled_people",
    "ensure_department",
    "ensure_person",
    "person_of",
    "stewards",
    "visits",
]


def disable_person(username: str, *, by: str, now: datetime) -> None:
    """Keep a person (停用人员) from signing in; whoever is signed in is out at the next page.

    :raises NotFound: there is nobody of that name.
    """
    actions.disable_person(username, by=by, now=now)


def disabled_people() -> list[str]:
    """Return who may not sign in any more."""
    return selectors.disabled_people()


def person_of(request: HttpRequest) -> Person | None:
    """Return who is signed in on this request."""
    user = getattr(request, "user", None)
    return selectors.person(user) if isinstance(user, User) and user.is_active else None


def department_exists(code: str) -> bool:
    """Tell whether there is a department of that code."""
    return code in departments()


def ensure_department(code: str, zh: str, en: str, parent: str | None = None) -> None:
    """Create a department or bring its names up to date."""
    actions.ensure_department(code, zh, en, parent)


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
