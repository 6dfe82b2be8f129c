"""Verbs of a department's administrator: people, their posts, their passwords (部门管理)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from duokua.audit import facade as audit
from duokua.identity import actions, second_step, selectors, signals
from duokua.identity.models import Post, User
from duokua.identity.rules import Reach
from duokua.identity.states import DISTRICT_WIDE, Role
from duokua.identity.values import Member, Person, PostInfo
from duokua.kernel.errors import Conflict, Faults, NotAllowed, NotFound
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text

_ONE_TIME = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
_GROUPS, _GROUP = 4, 4  # about 79 bits
_MOST_NAME = 60
audit.register(
    {
        "identity.person.created": Text("新建人员", "person created"),
        "identity.person.reset": Text("重置密码", "password reset"),
        "identity.post.ended": Text("免去岗位", "post ended"),
    }
)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Whom an administrator adds."""

    username: str
    name_zh: str
    name_en: str
    department: str
    role: str


def reach(admin: Person, now: datetime) -> Reach:
    """Return what an administrator may do at ``now``; nothing for whoever is none."""
    if not admin.holds(Role.ADMIN, admin.department):
        return Reach(admin.username, "", frozenset())
    appointed = frozenset(
        role
        for role in DISTRICT_WIDE
        if selectors.people_with(role, admin.department, now, delegated=False)
    )
    below = selectors.below(admin.department)
    return Reach(admin.username, admin.department, below, appointed)


def givable(admin: Person, department: str, now: datetime) -> list[Role]:
    """Return the posts that an administrator may give in a department."""
    may = reach(admin, now)
    return [role for role in Role if may.may_give(role, department)]


def members(department: str, now: datetime) -> list[Member]:
    """Return the people of a department as their administrator sees them, those on first."""
    rows = list(
        User.objects.filter(department_id=department)
        .select_related("department")
        .order_by("-is_active", "username")
    )
    posts: dict[int, list[PostInfo]] = {row.pk: [] for row in rows}
    for post in selectors.live_posts(now).filter(department_id=department, person__in=rows):
        info = PostInfo(post.pk, Role(post.role), post.since, post.until, post.given_by)
        posts[post.person_id].append(info)
    last = selectors.last_sign_ins([row.username for row in rows])
    stepped = second_step.confirmed([row.pk for row in rows])
    people = selectors.persons(rows, now)
    return [
        Member(
            person, row.is_active, row.must_change, row.pk in stepped,
            last.get(row.username), tuple(posts[row.pk]),
        )
        for row, person in zip(rows, people, strict=True)
    ]  # fmt: skip


def create(admin: Person, new: NewPerson, *, now: datetime) -> str:
    """Add a person; return the one-time password, to be changed at the first sign-in.

    :raises NotAllowed: the department or the post is not theirs to give.
    :raises Invalid: naming what of it cannot be.
    :raises Conflict: the user name is taken.
    """
    role = _checked(new)
    if not reach(admin, now).may_give(role, new.department):
        raise _not_theirs()
    password = one_time_password()
    user = User(
        username=new.username,
        name_zh=new.name_zh.strip(),
        name_en=new.name_en.strip(),
        department_id=new.department,
        role=role,
        must_change=True,
    )
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            detail = {"department": new.department, "role": str(role)}
            audit.record(
                "identity.person.created", by=admin.username, of=new.username, at=now, detail=detail
            )
    except IntegrityError:
        raise Conflict(
            Text("该用户名已被占用", "this user name is taken"),
            Text("请换一个用户名", "choose another one"),
        ) from None
    return password


def _checked(new: NewPerson) -> Role:
    faults = Faults()
    if not is_word(new.username) or len(new.username) > _MOST_NAME:
        faults.add(
            "username", "用户名不合规则", "this cannot be a user name",
            "请用小写字母开头，小写字母、数字和下划线", "use lower-case letters, digits and _",
        )  # fmt: skip
    if not 0 < len(new.name_zh.strip()) <= _MOST_NAME or len(new.name_en) > _MOST_NAME:
        faults.add("name", "请填写姓名", "the name is missing", "不超过 60 字", "60 at most")
    if new.role not in Role.values:
        faults.add("role", "没有该岗位", "there is no such post", "请选择", "choose one")
    faults.raise_if_any(Text("无法新建人员", "this person cannot be added"))
    return Role(new.role)


def one_time_password() -> str:
    """Return a fresh password to be handed over and changed at the first sign-in."""
    return "-".join(
        "".join(secrets.choice(_ONE_TIME) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )


@transaction.atomic
def reset_password(admin: Person, username: str, *, now: datetime) -> str:
    """Give a person a one-time password and end their sessions; return it.

    :raises NotFound: nobody of that name is in their reach.
    :raises NotAllowed: that person holds a post which they could not give.
    """
    user = _touched(admin, username, now)
    password = one_time_password()
    user.set_password(password)
    user.must_change = True
    user.save(update_fields=["password", "must_change"])
    audit.record("identity.person.reset", by=admin.username, of=username, at=now)
    return password


@transaction.atomic
def forget_second_step(admin: Person, username: str, *, now: datetime) -> None:
    """Remove the second step of somebody who lost their authenticator.

    :raises NotFound: nobody of that name is in their reach.
    :raises NotAllowed: that person holds a post which they could not give.
    """
    _touched(admin, username, now)
    second_step.forget(username, by=admin.username, now=now)


def switch_off(admin: Person, username: str, *, now: datetime) -> None:
    """Switch a person off (停用), here and through the signal at every gateway.

    :raises NotFound: nobody of that name is in their reach.
    :raises NotAllowed: that person holds a post which they could not give.
    :raises Unavailable: a gateway did not confirm in time; they are switched off all the same.
    """
    with transaction.atomic():
        _touched(admin, username, now)
        actions.disable_person(username, by=admin.username, now=now)
    signals.person_disabled.send(sender=User, username=username)


def switch_on(admin: Person, username: str, *, now: datetime) -> str:
    """Switch a person on again (恢复), here and at every gateway; return their one-time password.

    :raises NotFound: nobody of that name is in their reach.
    :raises NotAllowed: that person holds a post which they could not give.
    :raises Conflict: they are not switched off.
    """
    password = one_time_password()
    with transaction.atomic():
        _touched(admin, username, now)
        actions.enable_person(username, password, by=admin.username, now=now)
    signals.person_enabled.send(sender=User, username=username)
    return password


@transaction.atomic
def give_post(
    admin: Person, username: str, role: Role, *, until: datetime | None, now: datetime
) -> None:
    """Give a person a further post in their department.

    :raises NotFound: nobody of that name is in their reach.
    :raises NotAllowed: the post is not theirs to give, or it would be their own.
    """
    user = _touched(admin, username, now)
    if not reach(admin, now).may_give(role, user.department_id):
        raise _not_theirs()
    actions.ensure_post(username, user.department_id, role, by=admin.username, now=now, until=until)
    name = selectors.role_name(role)
    title = Text(f"您已担任岗位“{name.zh}”", f"You hold the post {name.en} now")
    _tell(username, f"post/{username}/{role}/given", title, now)


@transaction.atomic
def end_post(admin: Person, number: int, *, now: datetime) -> None:
    """Take a further post away; what was delegated of it counts no longer.

    :raises NotFound: there is none of that number in their reach.
    :raises NotAllowed: its holder holds a post which they could not give.
    """
    row = selectors.live_posts(now).filter(pk=number).select_related("person").first()
    if row is None:
        raise _nobody()
    _touched(admin, row.person.username, now)
    if Post.objects.filter(pk=number, until=row.until).update(until=now) == 1:
        detail = {"role": row.role}
        name = selectors.role_name(Role(row.role))
        title = Text(f"您的岗位“{name.zh}”已免去", f"Your post {name.en} has ended")
        _tell(row.person.username, f"post/{number}/ended", title, now)
        audit.record(
            "identity.post.ended", by=admin.username, of=row.person.username, at=now, detail=detail
        )


def _tell(username: str, cause: str, title: Text, now: datetime) -> None:
    told = {"cause": cause, "title": title, "body": Text("", ""), "link": "/me/"}
    signals.told.send(sender=Post, person=username, now=now, **told)


def _touched(admin: Person, username: str, now: datetime) -> User:
    """Return the row of somebody whom an administrator may change, locked."""
    may = reach(admin, now)
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None or not may.covers(user.department_id):
        raise _nobody()
    held = selectors.person(user, now).roles
    if not may.may_touch(username, user.department_id, held):
        raise _not_theirs()
    return user


def _nobody() -> NotFound:
    return NotFound(
        Text("没有这名人员或岗位", "there is no such person or post"),
        Text("请在本部门及下级部门中选择", "choose within your department and those below it"),
    )


def _not_theirs() -> NotAllowed:
    return NotAllowed(
        Text("这不在您的管理权限内", "this is beyond what you administer"),
        Text(
            "全区性岗位由平台运维人员任命；自己的账号请在“我的”页面管理",
            "posts over the district are appointed by the platform's operator;"
            " your own account is on your page",
        ),
    )
