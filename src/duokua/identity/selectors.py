"""Reads of people, departments and sign-ins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import translation

from duokua.identity.models import Attempts, Delegation, Department, Post, SignIn, User
from duokua.identity.states import Role
from duokua.identity.values import Acting, DelegationInfo, DepartmentInfo, Person, Visit
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text

KNOWN_ADDRESS = timedelta(days=30)


def person(user: User, now: datetime) -> Person:
    """Turn a row into the frozen value that may cross borders, with the posts held at ``now``."""
    return persons([user], now)[0]


def persons(users: Iterable[User], now: datetime) -> list[Person]:
    """Turn rows into values, with two queries for the posts of all."""
    users = list(users)
    posts, acting = _posts(users, now), _acting(users, now)
    return [
        Person(
            username=user.username,
            name=Text(user.name_zh, user.name_en),
            department=user.department_id,
            department_name=Text(user.department.name_zh, user.department.name_en),
            role=Role(user.role),
            roles=frozenset((Role(user.role), *posts[user.pk])),
            acting=tuple(acting[user.pk]),
        )
        for user in users
    ]


def _posts(users: list[User], now: datetime) -> dict[int, list[Role]]:
    found: dict[int, list[Role]] = defaultdict(list)
    rows = live_posts(now).filter(person__in=users, person__department=F("department"))
    for person_id, role in rows.values_list("person_id", "role"):
        found[person_id].append(Role(role))
    return found


def _acting(users: list[User], now: datetime) -> dict[int, list[Acting]]:
    found: dict[int, list[Acting]] = defaultdict(list)
    rows = live_delegations(now).filter(taker__in=users).select_related("giver")
    for row in rows.order_by("until", "id"):
        giver = row.giver
        found[row.taker_id].append(
            Acting(
                giver.username,
                Text(giver.name_zh, giver.name_en),
                row.department_id,
                Role(row.role),
                row.until,
            )
        )
    return found


def live_posts(now: datetime) -> QuerySet[Post]:
    """Return the further posts that are held at ``now``."""
    return Post.objects.filter(Q(until=None) | Q(until__gt=now), since__lte=now)


def live_delegations(now: datetime) -> QuerySet[Delegation]:
    """Return the delegations that count at ``now``.

    One counts no longer when it has ended or was revoked, when its giver is switched off or does
    not hold the post any more, or when either of the two has left the department.
    """
    holds = live_posts(now).filter(
        person=OuterRef("giver"), department=OuterRef("department"), role=OuterRef("role")
    )
    return Delegation.objects.filter(
        Q(giver__role=F("role")) | Exists(holds),
        since__lte=now,
        until__gt=now,
        revoked_at=None,
        giver__is_active=True,
        giver__department=F("department"),
        taker__department=F("department"),
    )


def delegations(username: str, now: datetime, limit: int = 100) -> list[DelegationInfo]:
    """Return what a person gave and took, newest first."""
    rows = Delegation.objects.filter(Q(giver__username=username) | Q(taker__username=username))
    rows = rows.select_related("giver", "taker").order_by("-id")
    return [delegation_info(row, now) for row in rows[:limit]]


def delegation_info(row: Delegation, now: datetime) -> DelegationInfo:
    """Turn a row into the frozen value, as it stands at ``now``."""
    return DelegationInfo(
        number=row.pk,
        giver=row.giver.username,
        giver_name=Text(row.giver.name_zh, row.giver.name_en),
        taker=row.taker.username,
        taker_name=Text(row.taker.name_zh, row.taker.name_en),
        department=row.department_id,
        role=Role(row.role),
        role_name=role_name(Role(row.role)),
        reason=row.reason,
        since=row.since,
        until=row.until,
        state=_state(row, now),
        revoked_by=row.revoked_by,
    )


def _state(row: Delegation, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.until <= now:
        return "ended"
    return "running" if live_delegations(now).filter(pk=row.pk).exists() else "void"


def role_name(role: Role) -> Text:
    """Return the name of a role in both languages."""
    with translation.override("zh-hans"):
        zh = str(role.label)
    with translation.override("en"):
        return Text(zh, str(role.label))


def people_with(
    role: Role, department: str, now: datetime, *, delegated: bool = True
) -> list[Person]:
    """Return who holds a role in a department at ``now``, by name; by delegation too."""
    posts = live_posts(now).filter(person=OuterRef("pk"), department=department, role=role)
    holds: Q = Q(role=role) | Q(Exists(posts))
    if delegated:
        given = live_delegations(now).filter(taker=OuterRef("pk"), department=department, role=role)
        holds |= Q(Exists(given))
    rows = User.objects.filter(holds, department_id=department, is_active=True)
    return persons(rows.select_related("department").order_by("username"), now)


def departments_with(role: Role, now: datetime, *, but: str = "") -> list[str]:
    """Return the departments in which somebody, ``but`` that person, holds a role at ``now``.

    In code order, with one query for all of them; whom :func:`people_with` names counts.
    """
    here = {"department": OuterRef("department"), "role": role}
    posts = live_posts(now).filter(person=OuterRef("pk"), **here)
    given = live_delegations(now).filter(taker=OuterRef("pk"), **here)
    holds = Q(role=role) | Q(Exists(posts)) | Q(Exists(given))
    rows = User.objects.filter(holds, is_active=True).exclude(username=but)
    return list(rows.order_by("department").values_list("department_id", flat=True).distinct())


def people_of(department: str, now: datetime) -> list[Person]:
    """Return who can sign in for a department, by name."""
    return people_by_department(now, department).get(department, [])


def people_by_department(now: datetime, only: str | None = None) -> dict[str, list[Person]]:
    """Return who works in each department, by name; residents work in none."""
    rows = User.objects.filter(is_active=True).exclude(role=Role.CITIZEN)
    if only is not None:
        rows = rows.filter(department_id=only)
    found: dict[str, list[Person]] = defaultdict(list)
    for each in persons(rows.select_related("department").order_by("username"), now):
        found[each.department].append(each)
    return found


def names(usernames: Iterable[str]) -> dict[str, Text]:
    """Return the names of some people by user name; what is no person is left out."""
    rows = User.objects.filter(username__in=set(usernames))
    return {
        username: Text(zh, en)
        for username, zh, en in rows.values_list("username", "name_zh", "name_en")
    }


def department_tree() -> list[DepartmentInfo]:
    """Return every department, each followed by those below it, siblings by code."""
    below: dict[str | None, list[Department]] = defaultdict(list)
    for row in Department.objects.order_by("code"):
        below[row.parent_id].append(row)
    found: list[DepartmentInfo] = []
    waiting = [(row, 0) for row in reversed(below[None])]
    while waiting:
        row, depth = waiting.pop()
        found.append(_department(row, depth))
        waiting += [(each, depth + 1) for each in reversed(below[row.code])]
    return found


def department(code: str) -> DepartmentInfo:
    """Return one department.

    :raises NotFound: there is none of that code.
    """
    found = next((each for each in department_tree() if each.code == code), None)
    if found is None:
        raise NotFound(
            Text(f"没有部门“{code}”", f"there is no department {code!r}"),
            Text("请核对部门代码", "check the code of the department"),
        )
    return found


def topmost(code: str) -> str:
    """Return the department at the root of the tree in which one stands (本级政府), maybe itself."""
    above = {each.code: each.parent for each in department_tree()}
    while (parent := above.get(code)) is not None:
        code = parent
    return code


def below(code: str) -> frozenset[str]:
    """Return a department and all that are below it."""
    found: set[str] = set()
    for each in department_tree():
        if each.code == code or each.parent in found:
            found.add(each.code)
    return frozenset(found)


def _department(row: Department, depth: int) -> DepartmentInfo:
    name = Text(row.name_zh, row.name_en)
    return DepartmentInfo(row.code, name, row.parent_id, depth, row.phone, row.mail, row.place)


def departments() -> dict[str, Text]:
    """Return the names of every department by code, in code order."""
    rows = Department.objects.order_by("code").values_list("code", "name_zh", "name_en")
    return {code: Text(zh, en) for code, zh, en in rows}


def visits(
    username: str, limit: int = 10, *, before: int | None = None, since: datetime | None = None
) -> list[Visit]:
    """Return a person's attempts to sign in, newest first, those with numbers below ``before``."""
    rows = SignIn.objects.filter(username=username).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if since is not None:
        rows = rows.filter(at__gte=since)
    return [Visit(row.at, row.address, row.granted, row.pk, row.way) for row in rows[:limit]]


def last_sign_ins(usernames: list[str]) -> dict[str, datetime]:
    """Return when each of these people signed in last."""
    rows = SignIn.objects.filter(username__in=usernames, granted=True)
    return dict(rows.values("username").annotate(last=Max("at")).values_list("username", "last"))


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
