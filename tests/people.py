"""The people of the web tests: user name, department, role."""

from __future__ import annotations

from datetime import timedelta

PASSWORD = "correct horse battery"
PEOPLE = {
    "steward_a": ("dept_a", "steward"),
    "developer_b": ("dept_b", "developer"),
    "bureau_a": ("dept_a", "bureau"),
    "auditor_c": ("dept_c", "auditor"),
}
LANGUAGES = ("zh-hans", "en")


def delegate(giver: str, taker: str, role: str, *, days: int = 9) -> int:
    """Let somebody act in a post of somebody else from now on; return the delegation's number."""
    from duokua.identity import delegation, selectors
    from duokua.identity.models import User
    from duokua.kernel import clock

    now = clock.now()
    person = selectors.person(User.objects.get(username=giver), now)
    last = clock.district_day(now) + timedelta(days=days)
    return delegation.give(person, delegation.Order(taker, role, last), now=now).number
