"""Verbs of the second step of a sign-in (二次验证): set up, confirm, check, switch off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity import actions as doors
from duokua.identity import codes, selectors, throttle
from duokua.identity.actions import SignInRefused, count
from duokua.identity.models import SecondStep, SignIn, User
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, NotAllowed
from duokua.kernel.sign_in_settings import GUARDED_ROLES
from duokua.kernel.text import Text

_FREE = 5  # wrong codes before the wait begins
audit.register(
    {
        "identity.second_step.on": Text("开启二次验证", "second step switched on"),
        "identity.second_step.off": Text("关闭二次验证", "second step switched off"),
        "identity.second_step.emergency": Text("使用应急码", "emergency code used"),
    }
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a person's second step is on, and how many emergency codes are left."""

    on: bool
    since: datetime | None
    emergency_left: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A seed that waits to be confirmed, as text and as a picture."""

    seed: str
    address: str
    picture: str


def standing(username: str) -> Standing:
    """Return how a person's second step stands."""
    row = SecondStep.objects.filter(user__username=username, confirmed_at__isnull=False).first()
    if row is None:
        return Standing(on=False, since=None, emergency_left=0)
    return Standing(True, row.confirmed_at, len(row.emergency))


def required_roles() -> frozenset[str]:
    """Return the roles that have to have a second step.

    Where nothing is said, those that reach beyond a department's own work; in a demonstration,
    whose accounts are printed for everybody, none.
    """
    settings = environment.read()
    if settings.sign_in.second_step is not None:
        return settings.sign_in.second_step
    return frozenset() if (settings.home / "demo.json").exists() else GUARDED_ROLES


def is_required(user: User, now: datetime) -> bool:
    """Tell whether a person holds a role, by delegation too, that has to have a second step."""
    return bool(required_roles() & selectors.person(user, now).hats)


def is_owed(user: User, now: datetime) -> bool:
    """Tell whether a person has to set up a second step that they do not have."""
    return is_required(user, now) and not confirmed([user.pk])


def confirmed(people: list[int]) -> set[int]:
    """Return which of these people have a second step."""
    rows = SecondStep.objects.filter(user__in=people, confirmed_at__isnull=False)
    return set(rows.values_list("user_id", flat=True))


def offer(username: str) -> Offer:
    """Return the seed that a person may confirm; the same one until it is.

    :raises Conflict: the second step is on already.
    """
    row = SecondStep.objects.filter(user__username=username).first()
    if row is not None and row.confirmed_at is not None:
        raise _on_already()
    secret = environment.read().secret()
    seed = codes.unseal(row.sealed, secret) if row else None
    if seed is None:
        seed = codes.new_seed()
        SecondStep.objects.update_or_create(
            user=User.objects.get(username=username),
            defaults={"sealed": codes.seal(seed, secret), "last_step": 0, "emergency": []},
        )
    return Offer(seed, codes.address(seed, username), codes.picture(seed, username))


def confirm(username: str, code: str, *, now: datetime) -> list[str]:
    """Switch the second step on by a first code; return the emergency codes, shown this once.

    :raises SignInRefused: the code is wrong.
    :raises SignInDelayed: too many were.
    :raises Conflict: it is on already, or none was offered.
    """
    count([_counter(username)], now)
    with transaction.atomic():
        row = SecondStep.objects.select_for_update().filter(user__username=username).first()
        if row is None or row.confirmed_at is not None:
            raise _on_already()
        seed = codes.unseal(row.sealed, environment.read().secret())
        step = codes.step_of(seed, code, now, after=row.last_step) if seed else None
        if step is None:
            raise _wrong()
        fresh = codes.emergency_codes()
        row.confirmed_at, row.last_step = now, step
        row.emergency = [codes.digest(each) for each in fresh]
        row.save()
        audit.record("identity.second_step.on", by=username, of=username, at=now)
    doors.forget([_counter(username)])
    return fresh


def check(username: str, code: str, *, address: str, now: datetime) -> None:
    """Take the second step of a sign-in; each code counts once.

    :raises SignInRefused: the code is wrong, or was used.
    :raises SignInDelayed: too many were.
    """
    count([_counter(username)], now)
    good = _use(username, code, now)
    SignIn.objects.create(username=username, address=address, at=now, granted=good)
    if not good:
        raise _wrong()
    doors.forget([_counter(username)])


def switch_off(username: str, code: str, *, now: datetime) -> None:
    """Switch the second step off by a last code.

    :raises SignInRefused: the code is wrong.
    :raises SignInDelayed: too many were.
    :raises NotAllowed: their role has to have it.
    """
    if is_required(User.objects.get(username=username), now):
        raise NotAllowed(
            Text("您的岗位必须使用二次验证", "your post has to have a second step"),
            Text(
                "更换验证器请联系部门管理员", "ask your administrator to change the authenticator"
            ),
        )
    count([_counter(username)], now)
    with transaction.atomic():
        if not _use(username, code, now):
            raise _wrong()
        SecondStep.objects.filter(user__username=username).delete()
        audit.record("identity.second_step.off", by=username, of=username, at=now)
    doors.forget([_counter(username)])


def forget(username: str, *, by: str, now: datetime) -> None:
    """Remove somebody's second step within the caller's transaction: the authenticator is lost."""
    if SecondStep.objects.filter(user__username=username).delete()[0]:
        audit.record("identity.second_step.off", by=by, of=username, at=now)


@transaction.atomic
def _use(username: str, code: str, now: datetime) -> bool:
    row = (
        SecondStep.objects.select_for_update()
        .filter(user__username=username, confirmed_at__isnull=False)
        .first()
    )
    if row is None:
        return False
    seed = codes.unseal(row.sealed, environment.read().secret())
    step = codes.step_of(seed, code, now, after=row.last_step) if seed else None
    if step is not None:
        # Guarded: of two that send the same code at once, one is let in.
        before = SecondStep.objects.filter(user_id=row.user_id, last_step__lt=step)
        return before.update(last_step=step) == 1
    digest = codes.digest(code)
    if digest not in row.emergency:
        return False
    left = [each for each in row.emergency if each != digest]
    kept = SecondStep.objects.filter(user_id=row.user_id, emergency=row.emergency)
    if kept.update(emergency=left) != 1:
        return False
    audit.record(
        "identity.second_step.emergency", by=username, of=username, at=now,
        detail={"left": len(left)},
    )  # fmt: skip
    return True


def _counter(username: str) -> tuple[str, int]:
    return throttle.code_key(username), _FREE


def _wrong() -> SignInRefused:
    return SignInRefused(
        Text("动态口令不正确或已使用", "the code is wrong or was used"),
        Text("请输入验证器上的新口令", "enter a new code of your authenticator"),
    )


def _on_already() -> Conflict:
    return Conflict(
        Text("二次验证的状态已改变", "the second step has changed meanwhile"),
        Text("请刷新页面", "load the page anew"),
    )
