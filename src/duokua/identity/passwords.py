"""Changing one's own password (修改密码)."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity import throttle
from duokua.identity.actions import SignInRefused, count, forget
from duokua.identity.models import User
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

_FREE = 5  # wrong old passwords before the wait begins
audit.register(
    {
        "identity.password.changed": Text("修改密码", "password changed"),
        "identity.signed_out": Text("退出所有登录", "signed out everywhere"),
    }
)


def change(username: str, old: str, fresh: str, *, now: datetime) -> User:
    """Change a person's password by the old one; every other session of theirs ends.

    :raises SignInDelayed: too many old passwords were wrong.
    :raises SignInRefused: the old password is wrong.
    :raises Invalid: the new one is the old one.
    :raises ValidationError: the new one is too weak.
    """
    counter = (throttle.password_key(username), _FREE)
    count([counter], now)
    user = User.objects.get(username=username)
    if not user.check_password(old):
        raise SignInRefused(
            Text("原密码不正确", "the present password is wrong"),
            Text("请核对后重试", "check it and try again"),
        )
    forget([counter])
    if fresh == old:
        raise Invalid(
            Text("新密码与原密码相同", "the new password is the old one"),
            Text("请换一个", "choose another one"),
        )
    validate_password(fresh, user)
    user.set_password(fresh)
    user.must_change = False
    with transaction.atomic():
        user.save(update_fields=["password", "must_change"])
        audit.record("identity.password.changed", by=username, of=username, at=now)
    return user


@transaction.atomic
def sign_out_everywhere(username: str, *, now: datetime) -> User:
    """End every session of a person (退出所有登录); return their row for the one that goes on."""
    user = User.objects.select_for_update().get(username=username)
    user.signed_out += 1
    user.save(update_fields=["signed_out"])
    audit.record("identity.signed_out", by=username, of=username, at=now)
    return user
