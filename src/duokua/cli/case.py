"""``duokua case``: cases as somebody sees them, and acting in their place at the console."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from duokua.identity.facade import Person
    from duokua.loop.values.case import CaseInfo, CaseRow

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_AS = click.option("--as", "username", required=True, help="Whose eyes and hands these are.")
_MOST_EVENTS = 20


@click.group()
def case() -> None:
    """Cases (事件) that rules have opened, and acting on them.

    Example: duokua case list --as li_ming --state dispatched
    """


@case.command(name="list")
@_AS
@click.option("--pack", default="", help="Only those of this scenario.")
@click.option("--level", default="", help="Only red, orange, yellow or blue ones.")
@click.option("--state", default="", help="Only in this state; any: closed ones as well.")
@click.option("--mine", is_flag=True, help="Only what they have claimed.")
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@_JSON
@guarded
def list_(
    username: str, pack: str, level: str, state: str, mine: bool, overdue: bool, limit: int,
    as_json: bool,
) -> None:  # fmt: skip
    """List the cases that somebody may see, those that are due first before the others.

    Example: duokua case list --as li_ming --overdue --json
    """
    facade, tell, now = _cases(), Tell(as_json), clock.now()
    asked = {"pack": pack, "level": level, "state": state}
    asked |= {"mine": "1" if mine else "", "overdue": "1" if overdue else ""}
    page = facade.page(_person(username, now), asked, limit=limit, now=now)
    if as_json:
        from duokua.loop.rest.cases import plain

        tell.answer([plain(row) for row in page.rows], [])
        return
    heads = [Text("编号", "number"), Text("等级", "level"), Text("状态", "state")]
    heads += [Text("事项", "what"), Text("承办", "lead"), Text("到期", "due")]
    tell.table(heads, [_line(row, tell) for row in page.rows])


def _line(row: CaseRow, tell: Tell) -> list[str]:
    what = f"{row.title.in_(tell.language)} {row.name}".strip()
    state = row.state_name.in_(tell.language)
    return [row.number, str(row.level), state, what, row.lead, _at(row.due_at)]


@case.command()
@click.argument("number")
@_AS
@_JSON
@guarded
def show(number: str, username: str, as_json: bool) -> None:
    """Show one case: tasks, limits, what happened, and what somebody may do with it.

    Example: duokua case show SAFE_SITE-20260506-0001 --as li_ming
    """
    facade, now = _cases(), clock.now()
    _tell(facade.case(number, _person(username, now), now=now), Tell(as_json))


@case.command()
@click.argument("number")
@click.argument("verb")
@_AS
@click.option("--task", type=int, help="The task that it is about.")
@click.option("--text", default="", help="The reason, or a remark.")
@click.option("--set", "told", multiple=True, metavar="NAME=VALUE", help="A field of the verb.")
@_JSON
@guarded
def act(
    number: str, verb: str, username: str, task: int | None, text: str, told: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Do something with a case in somebody's place; the same rules hold as on its page.

    Example: duokua case act SAFE_SITE-20260506-0001 accept --as li_ming --task 7
    """
    _cases()
    from duokua.loop.facade import acting

    now = clock.now()
    fields = dict(each.split("=", 1) for each in told if "=" in each)
    info = acting.act(
        number, verb, _person(username, now), task=task, text=text,
        fields=MappingProxyType(fields), now=now,
    )  # fmt: skip
    _tell(info, Tell(as_json))


@case.command()
@_AS
@click.argument("role", type=click.Choice(["handler", "head", "command"]))
@click.argument("begins", type=click.DateTime(["%H:%M"]))
@click.argument("ends", type=click.DateTime(["%H:%M"]))
@click.option("--least", default="red", show_default=True, help="Told nevertheless from here on.")
@_JSON
@guarded
def quiet(
    role: str, begins: datetime, ends: datetime, least: str, username: str, as_json: bool
) -> None:
    """Let a post of somebody's department be left alone in some hours; red is told at any hour.

    The same beginning and end take the quiet hours away.

    Example: duokua case quiet handler 22:00 07:00 --as wang_head --least orange
    """
    _cases()
    from duokua.lang.scenario.level import Level
    from duokua.loop.facade import quiet as facade

    now = clock.now()
    person = _person(username, now)
    level = next((each for each in Level if each == least), Level.NONE)
    facade.set_quiet(
        person.department, role, begins=begins.time(), ends=ends.time(), least=level,
        person=person, now=now,
    )  # fmt: skip
    told = [
        {"role": each.role, "begins": f"{each.begins:%H:%M}", "ends": f"{each.ends:%H:%M}",
         "least": each.least.value}
        for each in facade.quiet_hours(person.department)
    ]  # fmt: skip
    lines = [
        Text(f"{each['role']}：{each['begins']}–{each['ends']}，{each['least']} 及以上照常通知",
             f"{each['role']}: {each['begins']}–{each['ends']}, told from {each['least']} on")
        for each in told
    ] or [Text("没有免打扰时段", "no quiet hours")]  # fmt: skip
    Tell(as_json).answer(told, lines)


def _tell(info: CaseInfo, tell: Tell) -> None:
    from duokua.loop.rest.cases import whole

    row = info.row
    lines = [
        Text(f"{row.number} {row.level} {row.state_name.zh}：{row.title.zh} {row.name}",
             f"{row.number} {row.level} {row.state_name.en}: {row.title.en} {row.name}"),
        *(
            Text(f"  任务 {t.id} {t.department} {t.state.value} {t.title.zh}",
                 f"  task {t.id} {t.department} {t.state.value} {t.title.en}")
            for t in info.tasks
        ),
        *(
            Text(f"  时限 {c.kind.value} {c.state.value} {c.used:.0f}% {_at(c.due_at)}",
                 f"  limit {c.kind.value} {c.state.value} {c.used:.0f}% {_at(c.due_at)}")
            for c in info.clocks
        ),
        *(
            Text(f"  {_at(e.at)} {e.by} {e.title.zh} {e.text}", f"  {_at(e.at)} {e.by} {e.title.en} {e.text}")
            for e in info.timeline[-_MOST_EVENTS:]
        ),
    ]  # fmt: skip
    verbs = " ".join(f"{v.verb}:{v.task}" if v.task else v.verb for v in info.verbs)
    lines.append(Text(f"可办理：{verbs or '无'}", f"may be done: {verbs or 'nothing'}"))
    tell.answer(whole(info), lines)


def _cases() -> Any:
    start()
    from duokua.loop.facade import cases

    return cases


def _person(username: str, now: datetime) -> Person:
    from duokua.identity import facade as identity

    people = identity.people_by_department(now)
    found = [each for every in people.values() for each in every if each.username == username]
    if not found:
        raise NotFound(
            Text(f"没有“{username}”这个人", f"there is nobody called {username!r}"),
            Text("请用 duokua person list 查看", "see duokua person list"),
        )
    return found[0]


def _at(at: datetime | None) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else "–"
