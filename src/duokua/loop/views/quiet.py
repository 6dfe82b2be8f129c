"""Quiet hours (免打扰时段) of my department's posts: shown to whom they concern, set by its head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.level import TITLES, Level
from duokua.loop.facade import quiet as facade

QUIET_FOR = frozenset((Role.COMMAND, Role.HEAD, Role.HANDLER))
_LEVELS = (Level.YELLOW, Level.ORANGE, Level.RED)  # blue is the least: from there on is always
_USUAL = time(22), time(7)  # our proposal (P)


@dataclass(frozen=True, slots=True)
class Post:
    """A post with its quiet hours, and whether the reader may set them."""

    role: Role
    info: facade.QuietInfo | None
    may: bool
    begins: str
    ends: str
    least: str

    @property
    def least_title(self) -> Text | None:
        """The level from which on it is told nevertheless."""
        return TITLES[self.info.least] if self.info else None


@policy.roles(*QUIET_FOR)
def quiet(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the quiet hours of my department's posts; set or end those of one.

    :raises NotAllowed: they are not the reader's to set.
    """
    fault: Invalid | None = None
    told: Mapping[str, str] = {}
    if request.method == "POST":
        told = request.POST.dict()
        try:
            _set(told, person)
            messages.success(request, _("Saved"))
            return redirect("quiet_hours")
        except Invalid as error:
            fault = error
    context = {
        "posts": _posts(person, told),
        "levels": [(level.value, TITLES[level]) for level in _LEVELS],
        "fault": fault,
    }
    return render(request, "loop/quiet.html", context, status=422 if fault else 200)


def _posts(person: Person, told: Mapping[str, str]) -> list[Post]:
    known = {each.role: each for each in facade.quiet_hours(person.department)}
    return [
        _post(role, known.get(role), person, told if told.get("role") == role else {})
        for role in facade.POSTS
        if role in known or facade.may_set(person, person.department, role) or role in person.hats
    ]


def _post(
    role: Role, info: facade.QuietInfo | None, person: Person, told: Mapping[str, str]
) -> Post:
    begins, ends = (info.begins, info.ends) if info else _USUAL
    return Post(
        role, info, facade.may_set(person, person.department, role),
        told.get("begins", f"{begins:%H:%M}"), told.get("ends", f"{ends:%H:%M}"),
        told.get("least") or (info.least.value if info else Level.RED.value),
    )  # fmt: skip


def _set(told: Mapping[str, str], person: Person) -> None:
    faults = Faults()
    begins, ends = _time("begins", told, faults), _time("ends", told, faults)
    least = next((level for level in _LEVELS if level.value == told.get("least")), None)
    if least is None:
        faults.add("least", "没有这个等级", "there is no such level", "请选择等级", "choose one")
    faults.raise_if_any(Text("免打扰设置有误", "the quiet hours are wrong"))
    assert begins is not None  # noqa: S101 - else it was refused
    assert ends is not None  # noqa: S101 - else it was refused
    assert least is not None  # noqa: S101 - else it was refused
    if told.get("act") == "end":
        ends = begins
    elif begins == ends:
        faults.add("ends", "开始与结束相同", "it ends when it begins", "请填写不同的时间",
                   "give two different times")  # fmt: skip
        faults.raise_if_any(Text("免打扰设置有误", "the quiet hours are wrong"))
    facade.set_quiet(
        person.department, told.get("role", ""), begins=begins, ends=ends, least=least,
        person=person, now=clock.now(),
    )  # fmt: skip


def _time(name: str, told: Mapping[str, str], faults: Faults) -> time | None:
    try:
        return datetime.strptime(told.get(name, ""), "%H:%M").time()  # noqa: DTZ007 - of each day
    except ValueError:
        faults.add(
            name, "不是时间", "it is no time of the day", "请写成 22:00", "write it like 22:00"
        )
    return None
