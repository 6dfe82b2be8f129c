"""``duokua department`` and ``duokua person``: the first of each, before anyone can sign in."""

from __future__ import annotations

import getpass
from datetime import datetime

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.kernel.ids import is_word
from duokua.kernel.sign_in_settings import ROLES
from duokua.kernel.text import Text

_ROLES = tuple(sorted(ROLES))
_LEAST_PASSWORD = 10


@click.group()
def department() -> None:
    """Departments (部门) of the district.

    Example: duokua department add ecology --zh 区生态环境分局 --en "Ecology Bureau"
    """


@department.command("add")
@click.argument("code")
@click.option("--zh", required=True, help="Name in Chinese.")
@click.option("--en", required=True, help="Name in English.")
@click.option("--parent", help="Code of the department above.")
@click.option("--phone", default="", help="Of the office, not of a person.")
@click.option("--mail", default="", help="Of the office, not of a person.")
@click.option("--place", default="", help="Where the office is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def add_department(
    code: str,
    zh: str,
    en: str,
    parent: str | None,
    phone: str,
    mail: str,
    place: str,
    as_json: bool,
) -> None:
    """Add the department CODE, or bring its names up to date.

    Example: duokua department add ecology --zh 区生态环境分局 --en "Ecology Bureau"
    """
    start()
    from duokua.identity import facade as identity

    if not is_word(code):
        raise Invalid(
            Text(f"部门代码“{code}”不合规则", f"{code!r} cannot be a department's code"),
            Text("请用小写字母、数字和下划线", "use lower-case letters, digits and _"),
        )
    if parent is not None and not identity.department_exists(parent):
        raise _no_department(parent)
    identity.ensure_department(code, zh, en, parent, phone=phone, mail=mail, place=place)
    Tell(as_json).answer(
        {"department": code}, [Text(f"已登记部门 {code}", f"department {code} is there")]
    )


@click.group()
def person() -> None:
    """People (人员) who sign in.

    Example: duokua person add chen --zh 陈思远 --department ecology --role steward
    """


@person.command("add")
@click.argument("username")
@click.option("--zh", required=True, help="Name in Chinese.")
@click.option("--en", default="", help="Name in English.")
@click.option("--department", "department_code", required=True, help="Code of the department.")
@click.option("--role", type=click.Choice(_ROLES), required=True)
@click.password_option(envvar="DUOKUA_PERSON_PASSWORD", help="Asked for when it is not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def add_person(
    username: str, zh: str, en: str, department_code: str, role: str, password: str, as_json: bool
) -> None:
    """Add the person USERNAME, or bring them up to date and set the password.

    Example: duokua person add chen --zh 陈思远 --department ecology --role steward
    """
    start()
    from duokua.identity import facade as identity

    if not identity.department_exists(department_code):
        raise _no_department(department_code)
    _check_length(password)
    identity.ensure_person(username, password, zh, en, department_code, role)
    Tell(as_json).answer(
        {"person": username}, [Text(f"已登记 {username}", f"{username} can sign in")]
    )


@person.command("post")
@click.argument("username")
@click.option("--department", "department_code", required=True, help="Code of their department.")
@click.option("--role", type=click.Choice(_ROLES), required=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; none is no end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def give_post(
    username: str, department_code: str, role: str, until: datetime | None, as_json: bool
) -> None:
    """Give the person USERNAME a further post (兼任岗位) in their own department.

    Example: duokua person post chen --department ecology --role head --until 2027-06-30
    """
    start()
    from duokua.identity import facade as identity

    now = clock.now()
    last = until and clock.days_from(until.replace(tzinfo=clock.SHANGHAI), 1)
    if last is not None and last <= now:
        raise Invalid(
            Text("截止日期已过", "that day is over"), Text("请填今天或以后", "give today or later")
        )
    identity.ensure_post(username, department_code, role, by=getpass.getuser(), now=now, until=last)
    Tell(as_json).answer(
        {"person": username, "role": role},
        [Text(f"{username} 担任 {role}", f"{username} holds the post {role}")],
    )


@person.command("disable")
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def disable(username: str, as_json: bool) -> None:
    """Keep the person USERNAME from signing in; on return no gateway answers their tries.

    Example: duokua person disable chen
    """
    start()
    from duokua.exchange import facade as exchange

    exchange.refuse_person(username, by=getpass.getuser(), now=clock.now())
    Tell(as_json).answer(
        {"person": username}, [Text(f"已停用 {username}", f"{username} is switched off")]
    )


@person.command("enable")
@click.argument("username")
@click.password_option(envvar="DUOKUA_PERSON_PASSWORD", help="One-time: to be changed at sign-in.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def enable(username: str, password: str, as_json: bool) -> None:
    """Let the person USERNAME, who was switched off, sign in again with a new password.

    Example: duokua person enable chen
    """
    start()
    from duokua.exchange import facade as exchange

    _check_length(password)
    exchange.accept_person(username, password, by=getpass.getuser(), now=clock.now())
    Tell(as_json).answer(
        {"person": username}, [Text(f"已恢复 {username}", f"{username} is switched on again")]
    )


def _check_length(password: str) -> None:
    if len(password) < _LEAST_PASSWORD:
        raise Invalid(
            Text("口令太短", "the password is too short"),
            Text(f"请至少用 {_LEAST_PASSWORD} 个字符", f"use {_LEAST_PASSWORD} characters or more"),
        )


def _no_department(code: str) -> Invalid:
    return Invalid(
        Text(f"没有部门“{code}”", f"there is no department {code!r}"),
        Text("请先用 duokua department add 登记", "add it with `duokua department add` first"),
    )
