"""Entering many people at once (批量登记), each with a main role."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from duokua.identity.models import User
from duokua.identity.states import Role


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is to be entered."""

    username: str
    password: str
    name_zh: str
    name_en: str
    department: str
    role: str


def ensure_people(people: Sequence[NewPerson]) -> int:
    """Enter those who are not there yet; return how many. Who is there stays as they are.

    Whoever is given the same password here shares its hash: for accounts of a demonstration, where
    hashing each of them would take longer than everything else.

    :raises ValueError: there is no such role.
    """
    known = set(User.objects.values_list("username", flat=True))
    fresh = [each for each in people if each.username not in known]
    passwords = sorted({each.password for each in fresh})
    with ThreadPoolExecutor(2) as pool:  # hashing leaves Python's lock
        hashes = dict(zip(passwords, pool.map(make_password, passwords), strict=True))
    User.objects.bulk_create(
        User(
            username=each.username,
            password=hashes[each.password],
            name_zh=each.name_zh,
            name_en=each.name_en,
            department_id=each.department,
            role=Role(each.role),
        )
        for each in fresh
    )
    return len(fresh)
