"""Verbs that write people, departments and sign-ins."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import authenticate
from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity import selectors, throttle
from duokua.identity.models import Attempts, Department, Post, SecondStep, SignIn, User
from duokua.identity.states import Role
from duokua.kernel.errors import Conflict, DuokuaError, Invalid, NotFound
from duokua.kernel.text import Text

audit.register(
    {
        "identity.person.disabled": Text("停用人员", "person disabled"),
        "identity.person.enabled": Text("恢复人员", "person enabled"),
        "identity.post.given": Text("授予岗位", "post given"),
    }
)


class SignInRefused(DuokuaError):
    """The name or the password is wrong; which of them is not told."""

    code = "sign_in_refused"


class SignInDelayed(DuokuaError):
    """Too many failures; ``wait_s`` seconds have to pass."""

    code = "sign_in_delayed"

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            Text("尝试次数过多", "too many attempts"),
            Text(f"请在 {wait_s} 秒后重试", f"try again in {wait_s} seconds"),
        )
        self.wait_s = wait_s


def sign_in(*, username: str, password: str, address: str, now: datetime) -> User:
    """Check a name and a password (登录); who has a second step is not signed in by that alone.

    The failure is counted before the password is looked at, and taken back on success, so that
    parallel guesses cannot slip through between the look and the count.

    :raises SignInDelayed: the account or the address must wait.
    :raises SignInRefused: the name or the password is wrong.
    """
    username = username.strip()[:64]
    known = selectors.knows_address(username, address, now)
    counters = throttle.keys(username, address, known)
    count(counters, now)
    user = authenticate(username=username, password=password)
    halfway = isinstance(user, User) and takes_second_step(user)
    if not halfway:  # else the second step tells how it ended
        SignIn.objects.create(username=username, address=address, at=now, granted=user is not None)
    if not isinstance(user, User):
        raise SignInRefused(
            Text("用户名或密码不正确", "the user name or the password is wrong"),
            Text("请核对后重试", "check both and try again"),
        )
    forget(counters)
    Attempts.objects.filter(last_at__lt=throttle.forgotten(now)).delete()
    return user


def sign_in_by_provider(*, username: str, way: str, address: str, now: datetime) -> User:
    """Take whom a provider vouches for, if they have an account; nobody gets one by that.

    :raises SignInRefused: there is no such account, or it is switched off.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or not takes_second_step(user):  # else the second step tells how it ended
        SignIn.objects.create(
            username=username, address=address, at=now, granted=user is not None, way=way
        )
    if user is None:
        raise SignInRefused(
            Text("该账号未在本平台开通", "there is no such account here"),
            Text("请联系部门管理员", "ask your administrator"),
        )
    return user


def takes_second_step(user: User) -> bool:
    """Tell whether this person's sign-in has a second step."""
    return SecondStep.objects.filter(user=user, confirmed_at__isnull=False).exists()


def forget(counters: list[tuple[str, int]]) -> None:
    """Take counted failures back after a success."""
    Attempts.objects.filter(key__in=[key for key, _ in counters]).delete()


@transaction.atomic
def count(counters: list[tuple[str, int]], now: datetime) -> None:
    """Count an attempt as failed before it is looked at.

    :raises SignInDelayed: there were too many.
    """
    rows = []
    for key, free in counters:
        Attempts.objects.get_or_create(key=key, defaults={"last_at": now})
        row = Attempts.objects.select_for_update().get(key=key)
        if throttle.is_stale(row.last_at, now):
            row.failures = 0
        wait = throttle.wait_s(row.failures, row.last_at, free, now)
        if wait:
            raise SignInDelayed(wait)
        rows.append(row)
    for row in rows:
        row.failures += 1
        row.last_at = now
        row.save()


def ensure_department(
    code: str, zh: str, en: str, parent: str | None, contacts: dict[str, str]
) -> None:
    """Create a department or bring its names and contacts up to date.

    :raises Invalid: ``parent`` is the department itself or one below it.
    """
    if parent is not None and parent in selectors.below(code) | {code}:
        raise Invalid(
            Text("上级部门不能是自己或下级部门", "a department cannot be below itself"),
            Text("请另选上级部门", "choose another department above"),
        )
    told = {"name_zh": zh, "name_en": en, "parent_id": parent, **contacts}
    Department.objects.update_or_create(code=code, defaults=told)


def ensure_person(
    *, username: str, password: str, name_zh: str, name_en: str, department: str, role: Role
) -> None:
    """Create a person or bring them up to date; an unchanged password keeps its hash."""
    user = User.objects.filter(username=username).first() or User(username=username)
    user.name_zh, user.name_en = name_zh, name_en
    user.department_id, user.role = department, role
    if not user.password or not user.check_password(password):
        user.set_password(password)
        user.must_change = False
    user.save()


@transaction.atomic
def ensure_post(
    username: str, department: str, role: Role, *, by: str, now: datetime, until: datetime | None
) -> None:
    """Give a person a further post in their own department, if they do not hold it.

    :raises Invalid: there is no such person, or they belong to another department.
    """
    user = User.objects.filter(username=username, department_id=department).first()
    if user is None:
        raise Invalid(
            Text(f"部门“{department}”没有人员“{username}”", f"{department!r} has no {username!r}"),
            Text("岗位只能给本部门人员", "a post is given to people of the department only"),
        )
    held = selectors.live_posts(now).filter(person=user, department_id=department, role=role)
    if user.role == role or held.exists():
        return
    Post.objects.create(
        person=user, department_id=department, role=role, since=now, until=until, given_by=by
    )
    detail = {"role": str(role), "department": department}
    audit.record("identity.post.given", by=by, of=username, at=now, detail=detail)


@transaction.atomic
def disable_person(username: str, *, by: str, now: datetime) -> None:
    """Switch a person off and leave an audit record.

    :raises NotFound: there is nobody of that name.
    """
    if not User.objects.filter(username=username).update(is_active=False):
        raise NotFound(
            Text(f"没有人员“{username}”", f"there is no person {username!r}"),
            Text("请核对用户名", "check the username"),
        )
    audit.record("identity.person.disabled", by=by, of=username, at=now)


@transaction.atomic
def enable_person(username: str, password: str, *, by: str, now: datetime) -> None:
    """Switch a person on again with a new password, so that no session of before comes back.

    :raises NotFound: there is nobody of that name.
    :raises Conflict: they are not switched off.
    """
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise NotFound(
            Text(f"没有人员“{username}”", f"there is no person {username!r}"),
            Text("请核对用户名", "check the username"),
        )
    if user.is_active:
        raise Conflict(
            Text("该账号未被停用", "that account is not switched off"),
            Text("请刷新页面", "reload the page"),
        )
    user.is_active, user.must_change = True, True
    user.set_password(password)
    user.save(update_fields=["is_active", "must_change", "password"])
    audit.record("identity.person.enabled", by=by, of=username, at=now)
