"""Reads of people, departments and sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from duokua.identity.models import Attempts, Department, SignIn, User
from duokua.identity.states import Role
from duokua.kernel.text import Text

KNOWN_ADDRESS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Person:
    """A person (人员) as every other part sees them."""

    username: str
    name: Text
    department: str
    department_name: Text
    role: Role

    @property
    def viewer(self) -> str | None:
        """The department whose core (L4) resources this person sees; ``None``: every one's."""
        return None if self.role in (Role.BUREAU, Role.AUDITOR) else self.department


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt to sign in."""

    at: datetime
    address: str
    granted: bool


def person(user: User) -> Person:
    """Turn a row into the frozen value that may cross borders."""
    return Person(
        username=user.username,
        name=Text(user.name_zh, user.name_en),
        department=user.department_id,
        department_name=Text(user.department.name_zh, user.department.name_en),
        role=Role(user.role),
    )


def departments() -> dict[str, Text]:
    """Return the names of every department by code, in code order."""
    rows = Department.objects.order_by("code").values_list("code", "name_zh", "name_en")
    return {code: Text(zh, en) for code, zh, en in rows}


def stewards(department: str) -> list[Person]:
    """Return who answers for the data of a department, by name."""
    rows = User.objects.filter(department_id=department, role=Role.STEWARD, is_active=True)
    return [person(row) for row in rows.select_related("department").order_by("username")]


def visits(username: str, limit: int = 10) -> list[Visit]:
    """Return a person's latest attempts to sign in, newest first."""
    rows = SignIn.objects.filter(username=username).order_by("-at")[:limit]
    return [Visit(row.at, row.address, row.granted) for row in rows]


def knows_address(username: str, address: str, now: datetime) -> bool:
    """Tell whether this account has signed in from ``address`` within 30 days."""
    return SignIn.objects.filter(
        username=username, address=address, granted=True, at__gte=now - KNOWN_ADDRESS
    ).exists()


def attempts(key: str) -> tuple[int, datetime | None]:
    """Return the failures in a row under ``key`` and the instant of the last one."""
    row = Attempts.objects.filter(key=key).first()
    return (row.failures, row.last_at) if row else (0, None)


def disabled_people() -> list[str]:
    """Return the usernames of those who are switched off."""
    return list(User.objects.filter(is_active=False).values_list("username", flat=True))
