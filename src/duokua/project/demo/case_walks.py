"""Cases of the demonstration walked on (演示事件推进): some in each state, by the verbs of the desk."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.clock import district_day, iso
from duokua.kernel.errors import Conflict, NotAllowed
from duokua.loop.facade import acting, cases, evidence
from duokua.loop.values.acting import Upload
from duokua.loop.values.case import AskInfo, CaseInfo, TaskInfo

_NOTHING: Mapping[str, str] = {}
# How far each of the first cases of a pack goes.
LIFT = (
    (), ("accept", "comment"), ("accept", "control"), ("accept", "control", "dispose"),
    ("suspend",), ("false_alarm",), ("cannot_judge",),
)  # fmt: skip
DUST = (
    (), ("accept",), ("accept", "control", "dispose", "verify", "sign", "close"), ("hand_over",),
)  # fmt: skip
_FORMS: Mapping[str, Callable[[str, date], dict[str, Any]]] = {  # by form: of whom, filled in when
    "order_to_mend": lambda key, day: {
        "site_id": key, "until": (day + timedelta(days=2)).isoformat(),
        "measures": "演示：裸土覆盖、喷淋常开、出入口冲洗",
    },
    "stop_use": lambda key, day: {
        "equipment_no": key, "stopped_on": day.isoformat(), "told": "演示：使用单位安全管理员",
    },
}  # fmt: skip
_TEXTS = {
    "suspend": "演示：等待使用单位提交检验预约单",
    "false_alarm": "演示：设备已报废，登记未更新",
    "cannot_judge": "演示：登记信息不完整",
    "comment": "演示：已电话联系现场负责人",
    "dispose": "演示：已处置，见照片",
    "hand_over": "演示：该路段由住建部门负责",
    "verify": "演示：已再次核对",
    "close": "演示：闭环完成",
}


@dataclass(frozen=True, slots=True)
class Crew:
    """Who acts for a scenario: handlers by department, the owner's head, the command."""

    handlers: Mapping[str, Person]
    head: Person
    command: Person


def walk(now: datetime) -> None:
    """Walk the first cases of both packs on, each as far as its line says."""
    command = _one(Role.COMMAND, "district_office", now)
    lift = _one(Role.HANDLER, "market_supervision", now)
    places = ("ecology", "housing_construction", "urban_management")
    dust = {place: _one(Role.HANDLER, place, now) for place in places}
    _walk("demo_lift", LIFT, Crew({lift.department: lift},
          _one(Role.HEAD, "market_supervision", now), command), now)  # fmt: skip
    _walk("demo_dust", DUST, Crew(dust, _one(Role.HEAD, "ecology", now), command), now)


def _one(role: Role, department: str, now: datetime) -> Person:
    return identity.people_with(role, department, now, delegated=False)[0]


def _walk(pack: str, ways: tuple[tuple[str, ...], ...], crew: Crew, now: datetime) -> None:
    page = cases.page(crew.command, {"pack": pack, "state": "any"}, limit=200, now=now)
    mild = sorted(row.number for row in page.rows if row.level != "red")
    for number, way in zip(mild, ways, strict=False):
        for verb in way:
            now += timedelta(seconds=1)
            with suppress(Conflict, NotAllowed):  # a build that was cut short has done it
                _act(number, verb, crew, now)


def _act(number: str, verb: str, crew: Crew, now: datetime) -> None:
    info = cases.case(number, crew.command, now=now)
    if verb in ("accept", "control", "dispose"):
        for task in info.tasks:
            _work(info, verb, task, crew, now)
        return
    text = _TEXTS.get(verb, "")
    if verb == "hand_over":
        task = next(each for each in info.tasks if each.department == "urban_management")
        goal = {"department": "housing_construction"}
        by = crew.handlers[task.department]
        acting.act(number, verb, by, task=task.id, text=text, fields=goal, now=now)
    elif verb == "sign":
        by = crew.handlers["housing_construction"]
        acting.act(number, verb, _other(info, by, now), text=text, now=now)
    else:
        fields = {"until": iso(now + timedelta(days=7))} if verb == "suspend" else _NOTHING
        acting.act(number, verb, crew.head, text=text, fields=fields, now=now)


def _other(info: CaseInfo, by: Person, now: datetime) -> Person:
    """Return somebody of a department who did not dispose of a task of the case: its head, else."""
    if by.username not in {task.disposed_by for task in info.tasks}:
        return by
    return identity.people_with(Role.HEAD, by.department, now, delegated=False)[0]


def _work(info: CaseInfo, verb: str, task: TaskInfo, crew: Crew, now: datetime) -> None:
    person = crew.handlers[task.department]
    if verb == "dispose":
        for ask in task.asks:
            _give(info, task, ask, person, now)
    acting.act(info.number, verb, person, task=task.id, text=_TEXTS.get(verb, ""), now=now)


def _give(info: CaseInfo, task: TaskInfo, ask: AskInfo, person: Person, now: datetime) -> None:
    upload, body = None, dict[str, Any]()
    if ask.kind == "photo":
        upload = Upload("现场.png", _picture(info.number))
    elif ask.kind == "reading":
        body = {"value": 120, "unit": "ug/m3"}
    elif ask.kind == "form":
        body = _FORMS[ask.form](json.loads(info.row.subject)[0], district_day(now))
    else:
        body = {"text": "演示"}
    evidence.give(
        info.number, task.id, ask=ask.id, upload=upload, body=body, person=person, now=now
    )


def _picture(number: str) -> Iterator[bytes]:
    """Draw a picture that is plainly made up."""
    image = Image.new("RGB", (480, 320), (214, 226, 224))
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 140, 420, 280), fill=(176, 168, 150))
    pen.line((120, 280, 120, 60, 300, 60), fill=(200, 120, 40), width=8)
    pen.text((20, 20), f"DEMO {number}", fill=(60, 60, 60))
    into = io.BytesIO()
    image.save(into, "PNG")
    yield into.getvalue()
