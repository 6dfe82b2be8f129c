"""The tree of departments with people and contacts, and each department's own administration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import administration, delegation, facade, policy
from duokua.identity.administration import NewPerson
from duokua.identity.facade import DepartmentInfo, Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import (
    Conflict,
    DuokuaError,
    Invalid,
    NotAllowed,
    NotFound,
    Unavailable,
)
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer

_OUTSIDE = frozenset((Role.CLERK, Role.CITIZEN))  # they see offices, not who works there
_ONLY = (Text("范围", "Which"), Text("全部部门", "All departments"))
_KINDS = {
    "people": Text("有人员的部门", "With people"),
    "mine": Text("由我管理的部门", "Administered by me"),
}
_HEAD = ("code", "name_zh", "name_en", "depth", "phone", "mail", "place", "people")
_STATUS: dict[type[DuokuaError], int] = {Conflict: 409, NotAllowed: 403, NotFound: 404}


@dataclass(frozen=True, slots=True)
class Branch:
    """A department of the tree with the people that the reader may see."""

    info: DepartmentInfo
    people: list[Person]
    mine: bool


@policy.signed_in
def departments(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the tree of departments; ``q`` looks for a department or somebody in it."""
    now = clock.now()
    words = asking.words(request)
    kinds = [(key, words_) for key, words_ in _KINDS.items()]
    choices = [asking.offered(request, "only", *_ONLY, kinds)]
    wanted, only = words.lower(), choices[0].value
    staff = {} if person.hats <= _OUTSIDE else facade.people_by_department(now)
    reach = administration.reach(person, now)
    branches = []
    for info in facade.department_tree():
        people = staff.get(info.code, [])
        found = people if _fits(info, wanted) else [each for each in people if _is(each, wanted)]
        mine = reach.covers(info.code)
        if (only == "mine" and not mine) or (only == "people" and not found):
            continue
        if found or _fits(info, wanted):
            branches.append(Branch(info, found, mine))
    if kind := asking.export(request):
        return list_answer(kind, "departments", _HEAD, [_plain(each) for each in branches])
    context = {
        "branches": branches,
        "choices": choices if staff else [],
        "words": words,
    }
    return render(request, "identity/departments.html", context)


def _plain(branch: Branch) -> dict[str, object]:
    info = branch.info
    people = "; ".join(f"{each.name.zh} ({each.role})" for each in branch.people)
    return {
        "code": info.code, "name_zh": info.name.zh, "name_en": info.name.en, "depth": info.depth,
        "phone": info.phone, "mail": info.mail, "place": info.place, "people": people,
    }  # fmt: skip


def _fits(info: DepartmentInfo, wanted: str) -> bool:
    return wanted in f"{info.code} {info.name.zh} {info.name.en}".lower()


def _is(person: Person, wanted: str) -> bool:
    return wanted in f"{person.name.zh} {person.name.en}".lower()


@policy.roles(Role.ADMIN)
def people(request: HttpRequest, person: Person, code: str) -> HttpResponseBase:
    """Manage the people of a department of mine.

    :raises NotFound: there is no such department.
    """
    now = clock.now()
    info = facade.department(code)
    if not administration.reach(person, now).covers(code):
        raise policy.RoleNeeded(Role.ADMIN, department=code)
    fault: DuokuaError | None = None
    password: tuple[str, str] | None = None
    if request.method == "POST":
        try:
            password = _act(request, person, code, now)
            if password is None:
                return redirect("people", code)
        except (Invalid, Conflict, NotAllowed, NotFound, Unavailable) as error:
            fault = error
    context = {
        "info": info,
        "members": administration.members(code, now),
        "givable": administration.givable(person, code, now),
        "today": clock.district_day(now).isoformat(),
        "fault": fault,
        "password": password,
        "told": request.POST if fault else {},
    }
    status = 200 if fault is None else _STATUS.get(type(fault), 422)
    return render(request, "identity/people.html", context, status=status)


def _act(request: HttpRequest, admin: Person, code: str, now: datetime) -> tuple[str, str] | None:
    """Do one act; return user name and one-time password where there is one to hand over."""
    told, username = request.POST, request.POST.get("username", "").strip()[:64]
    act = told.get("act", "")
    if act == "create":
        new = NewPerson(
            username, told.get("name_zh", ""), told.get("name_en", ""), code, told.get("role", "")
        )
        return username, administration.create(admin, new, now=now)
    if act == "reset":
        return username, administration.reset_password(admin, username, now=now)
    if act == "on":
        return username, administration.switch_on(admin, username, now=now)
    if act == "off":
        administration.switch_off(admin, username, now=now)
        messages.success(request, _("That account is switched off."))
    elif act == "forget_step":
        administration.forget_second_step(admin, username, now=now)
        messages.success(request, _("That second step is removed."))
    elif act == "post":
        until = _until(told.get("until", ""), now)
        administration.give_post(admin, username, _role(told.get("role", "")), until=until, now=now)
        messages.success(request, _("The post is given."))
    elif act == "end_post":
        number = told.get("number", "")
        valid = number.isascii() and number.isdecimal() and len(number) < 19
        administration.end_post(admin, int(number) if valid else 0, now=now)
        messages.success(request, _("The post has ended."))
    else:
        raise Invalid(Text("没有这项操作", "there is no such act"),
                      Text("请使用页面上的按钮", "use the buttons of the page"))  # fmt: skip
    return None


def _role(text: str) -> Role:
    if text not in Role.values:
        raise Invalid(Text("没有该岗位", "there is no such post"), Text("请选择", "choose one"))
    return Role(text)


def _until(text: str, now: datetime) -> datetime | None:
    """Return the end of a post's last day; nothing said is no end.

    :raises Invalid: it is no day, or one that is over.
    """
    if not text:
        return None
    try:
        until = delegation.end_of(date.fromisoformat(text))
    except (ValueError, OverflowError):
        until = now
    if until <= now:
        raise Invalid(
            Text("截止日期有误", "the last day is wrong"),
            Text("请选择今天或以后的日期", "choose today or later"),
        )
    return until
