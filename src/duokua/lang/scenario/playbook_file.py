"""Reads playbooks (处置预案), ``playbooks/<id>.yaml``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang.scenario.level import WARNINGS, Level
from duokua.lang.scenario.part import Part, both_of, key, shape, unlike
from duokua.lang.scenario.playbook import (
    CLOCKS,
    EVIDENCE,
    Asked,
    Playbook,
    PlayTask,
    Rung,
    Step,
    Verification,
)
from duokua.lang.scenario.span import NOTHING, Span
from duokua.lang.yamlfile import Document

OWNER = "$owner"  # the department that answers for the pack
LEADERS = ("head", "command")  # who may be told besides roles of the manifest
VERIFIED_BY = ("no_finding", "no_new_finding")
STATES = (
    "found", "filed", "dispatched", "accepted", "controlled", "disposed", "verified", "closed",
    "reopened", "suspended", "merged", "cannot_judge", "false_alarm",
)  # fmt: skip
_DEPARTMENT = re.compile(r"\$[a-z][a-z0-9_]{0,62}|[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_CLOCKED = (*WARNINGS, Level.UNKNOWN)

PLAYBOOK = shape(
    "playbooks/*.yaml", "处置预案", "a playbook",
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("clocks", "{red: {…}}", "各等级的时限；all 为未另写的等级",
        "limits by level; all: of the levels that are not named", needed=True),
    key("tasks", "[{…}]", "各部门的任务，恰有一个牵头",
        "tasks of departments; one of them leads", needed=True),
    key("verify", "{by: no_finding}", "如何核查", "how it is verified", needed=True),
    key("steps", "[{…}]", "处置要点，按阶段", "advice by stage"),
    key("ladder", "[{…}]", "逾时督办", "who is told when nobody acts"),
    key("warn", "[50, 80, 100]", "用去时限的百分之几时提醒",
        "per cent of a limit at which reminders are sent"),
    key("reopen_escalates", "true", "核查不通过而重开时报负责人", "a reopened case is told to the head"),
    key("names", "{closed: {zh, en}}", "本场景对状态的叫法", "the scenario's own words for states"),
)  # fmt: skip
CLOCK = shape(
    "playbooks/*.yaml: clocks", "某一等级的时限", "limits of a level",
    key("accept", "15m", "受理时限", "until it is accepted"),
    key("control", "1h", "先行控制时限", "until it is under control"),
    key("dispose", "24h", "处置时限", "until it is disposed of", needed=True),
    key("verify", "24h", "核查时限", "until it is verified"),
)  # fmt: skip
TASK = shape(
    "playbooks/*.yaml: tasks", "任务", "a task",
    key("id", "word", "标识", "id", needed=True),
    key("title", "{zh, en}", "任务名称", "title", needed=True),
    key("department", "code, $owner or $column", "部门代码；$owner 为负责部门；$列 取自规则结果",
        "a code; $owner: who answers for the pack; $column: of the rule's row", needed=True),
    key("role", "role", "清单中的角色", "a role of the manifest", needed=True),
    key("lead", "true", "是否牵头；只有一个任务时不必写", "whether it leads; not needed for an only task"),
    key("order", "{zh, en}", "做什么，一两句话", "what is to be done, in a sentence or two", needed=True),
    key("after", "[task]", "须先办结的任务，默认并行", "tasks that come first; by default side by side"),
    key("levels", "[red]", "只在这些等级派发，默认总是", "only at these levels; by default always"),
    key("asks", "[{…}]", "须提交的证据", "evidence that has to be brought"),
    key("limits", "{dispose: 2h}", "本任务自己的时限", "limits of its own"),
)  # fmt: skip
LIMITS = shape(
    "playbooks/*.yaml: tasks: limits", "任务自己的时限", "limits of a task",
    key("accept", "15m", "受理时限", "until it is accepted"),
    key("control", "1h", "先行控制时限", "until it is under control"),
    key("dispose", "24h", "处置时限", "until it is disposed of"),
    key("verify", "24h", "核查时限", "until it is verified"),
)  # fmt: skip
ASKED = shape(
    "playbooks/*.yaml: tasks: asks", "证据", "evidence",
    key("id", "word", "标识", "id", needed=True),
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("kind", "photo", "photo 照片、form 表单、document 文件、reading 读数、note 说明",
        "photo, form, document, reading or note", needed=True),
    key("form", "word", "forms/ 中的表单（kind 为 form 时必填）", "a form of forms/; needed for kind form"),
    key("least", "1", "至少几份", "how many at least"),
)  # fmt: skip
VERIFY = shape(
    "playbooks/*.yaml: verify", "核查", "verification",
    key("by", "no_finding", "状态规则写 no_finding（不再存在），事件规则写 no_new_finding（处置后不再发生）",
        "no_finding: a state that no longer is; no_new_finding: none since the disposal", needed=True),
    key("hold", "30m", "须持续无异常多久", "how long it has to stay clear"),
    key("by_other", "true", "核查人不得是处置人，默认 true",
        "the verifier is not who disposed; true by default"),
    key("sign", "[code]", "须会签的部门", "departments that have to sign as well"),
)  # fmt: skip
STEP = shape(
    "playbooks/*.yaml: steps", "处置要点", "a line of advice",
    key("stage", "accept", "阶段：accept、control、dispose 或 verify",
        "accept, control, dispose or verify", needed=True),
    key("text", "{zh, en}", "要点", "the advice", needed=True),
    key("levels", "[red]", "只在这些等级显示", "only at these levels"),
)  # fmt: skip
RUNG = shape(
    "playbooks/*.yaml: ladder", "督办", "a rung of the ladder",
    key("clock", "accept", "看哪个时限", "which clock", needed=True),
    key("after", "10m", "时限开始后多久", "how long after the clock began", needed=True),
    key("level", "[red]", "只在这些等级", "only at these levels"),
    key("to", "head", "告知谁：head、command 或清单中的角色",
        "who is told: head, command or a role", needed=True),
    key("department", "code", "哪个部门，默认为任务的部门", "of which department; by default the task's"),
)  # fmt: skip


def read_playbook(
    document: Document, *, roles: Collection[str], forms: Collection[str], faults: Faults
) -> Playbook:
    """Read a playbook; ``roles`` are ids of the manifest's, ``forms`` of the pack's."""
    file = document.source
    top = Part(document.value, PLAYBOOK, document, faults)
    name = PurePosixPath(file).stem
    if not is_word(name):
        top.tell(f"文件名“{name}”不合规", f"{name!r} is no name for a playbook",
                 "请用小写字母、数字、下划线", "use a-z, 0-9 and _")  # fmt: skip
    tasks = tuple(_tasks(top, roles, forms))
    _check_tasks(top, tasks)
    clocks = _clocks(top)
    ladder = tuple(_ladder(top, roles, clocks))
    return Playbook(
        id=name,
        title=top.both("title"),
        clocks=clocks,
        tasks=tasks,
        verify=_verify(top),
        steps=tuple(_steps(top)),
        ladder=ladder,
        warn=_warn(top),
        reopen_escalates=top.flag("reopen_escalates", default=True),
        names=tuple(_names(top)),
        file=file,
    )


def _clocks(top: Part) -> dict[Level, dict[str, Span]]:
    told: dict[str, dict[str, Span]] = {}
    for name, part in top.named("clocks", CLOCK):
        if name not in (*_CLOCKED, "all"):
            part.tell(f"没有等级“{name}”", f"there is no level {name!r}",
                      f"可用：{', '.join(_CLOCKED)}, all", f"use {', '.join(_CLOCKED)} or all")  # fmt: skip
        told[name] = {each: span for each in CLOCKS if part.has(each) and (span := part.span(each))}
        _check_order(part, told[name])
    of_all = told.get("all")
    found = {level: told.get(level, of_all) for level in _CLOCKED}
    return {level: clocks for level, clocks in found.items() if clocks}


def _check_order(part: Part, clocks: dict[str, Span]) -> None:
    """A limit that is over before the one of an earlier stage cannot be kept."""
    before: tuple[str, Span] | None = None
    for name in CLOCKS[:3]:
        span = clocks.get(name)
        if span is None or span.working:
            continue
        if before is not None and span.length < before[1].length:
            part.wrong(name, f"短于 {before[0]} 的时限", f"is shorter than that of {before[0]}",
                       "请核对各阶段时限", "check the limits of the stages")  # fmt: skip
        before = (name, span)


def _tasks(top: Part, roles: Collection[str], forms: Collection[str]) -> Iterator[PlayTask]:
    only = len(top.told["tasks"]) == 1 if isinstance(top.told.get("tasks"), list) else False  # type: ignore[arg-type]
    for part in top.parts("tasks", TASK):
        limits = part.part("limits", LIMITS)
        yield PlayTask(
            id=part.word("id"),
            title=part.both("title"),
            department=department(part, "department"),
            role=part.choice("role", roles),
            lead=part.flag("lead", default=only),
            order=part.both("order"),
            after=part.words("after"),
            levels=part.levels("levels"),
            asks=tuple(_asks(part, forms)),
            limits=tuple(
                (each, span)
                for each in CLOCKS
                if limits is not None and limits.has(each) and (span := limits.span(each))
            ),
        )


def department(part: Part, name: str) -> str:
    """Return the code of a department, ``$owner`` or ``$column``."""
    told = part.text(name)
    if told and not _DEPARTMENT.fullmatch(told):
        part.wrong(name, f"“{told}”不是部门代码", f"is no code of a department: {told!r}")
    return told


def _asks(part: Part, forms: Collection[str]) -> Iterator[Asked]:
    taken = []
    for each in part.parts("asks", ASKED):
        kind = each.choice("kind", EVIDENCE)
        form = each.choice("form", forms)
        if kind == "form" and not each.has("form"):
            each.wrong(
                "form", "：表单证据须写明用哪张表单", "is needed: which form it is given with"
            )
        if kind != "form" and each.has("form"):
            each.wrong(
                "form", "只用于 kind: form", "is for kind: form only", "请删去", "leave it out"
            )
        asked = Asked(
            each.word("id"), each.both("title"), kind, form, each.count("least", 1, 1, 50)
        )
        taken.append((asked.id, each.place()))
        yield asked
    unlike(taken, part.faults)


def _check_tasks(top: Part, tasks: tuple[PlayTask, ...]) -> None:
    unlike([(each.id, top.place("tasks", at)) for at, each in enumerate(tasks)], top.faults)
    leads = [each for each in tasks if each.lead]
    if tasks and len(leads) != 1:
        top.wrong("tasks", f"须恰有一个牵头任务，现有 {len(leads)} 个",
                  f"need exactly one that leads, not {len(leads)}",
                  "请给牵头部门的任务写 lead: true", "write lead: true on the task that leads")  # fmt: skip
    elif tasks and leads[0].levels:
        top.wrong("tasks", "：牵头任务须在各等级都派发", ": the one that leads is for every level",
                  "请删去其 levels", "leave out its levels")  # fmt: skip
    ids = [each.id for each in tasks]
    for at, each in enumerate(tasks):
        for name in each.after:
            if name not in ids or name == each.id:
                top.tell(f"没有任务“{name}”", f"there is no task {name!r}",
                         f"可用：{', '.join(ids)}", f"use one of {', '.join(ids)}",
                         "tasks", at, "after")  # fmt: skip
    try:
        TopologicalSorter({each.id: each.after for each in tasks}).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        top.wrong("tasks", f"互相等待：{circle}", f"wait for each other: {circle}",
                  "请去掉其中一个 after", "take one after away")  # fmt: skip


def _verify(top: Part) -> Verification:
    part = top.part("verify", VERIFY)
    if part is None:
        return Verification(VERIFIED_BY[0])
    hold = part.span("hold") or NOTHING
    if hold.working:
        part.wrong(
            "hold",
            "不能用工作日",
            "may not be in working days",
            "请写 30m、2h、3d",
            "write 30m, 2h or 3d",
        )
        hold = NOTHING
    return Verification(
        by=part.choice("by", VERIFIED_BY, VERIFIED_BY[0]),
        hold=hold,
        by_other=part.flag("by_other", default=True),
        sign=_signers(part),
    )


def _signers(part: Part) -> tuple[str, ...]:
    found = part.words("sign")
    for each in found:
        if not _DEPARTMENT.fullmatch(each):
            part.wrong(
                "sign", f"中的“{each}”不是部门代码", f"names {each!r}, no code of a department"
            )
    return found


def _steps(top: Part) -> Iterator[Step]:
    for part in top.parts("steps", STEP):
        yield Step(
            part.choice("stage", CLOCKS, CLOCKS[0]), part.both("text"), part.levels("levels")
        )


def _ladder(
    top: Part, roles: Collection[str], clocks: dict[Level, dict[str, Span]]
) -> Iterator[Rung]:
    for part in top.parts("ladder", RUNG):
        rung = Rung(
            clock=part.choice("clock", CLOCKS, CLOCKS[0]),
            after=part.span("after") or NOTHING,
            level=part.levels("level"),
            to=part.choice("to", (*LEADERS, *roles), LEADERS[0]),
            department=department(part, "department"),
        )
        if rung.department.startswith("$"):
            part.wrong("department", "须是部门代码", "has to be a department's code")
        if clocks and not any(rung.clock in clocks.get(e, {}) for e in rung.level or clocks):
            told = ", ".join(rung.level) or "all"
            part.wrong("clock", f"：{told} 没有 {rung.clock} 时限，永远不会督办",
                       f"has no limit at {told}, so nobody is ever told",
                       f"请在 clocks 写 {rung.clock}", f"give {rung.clock} under clocks")  # fmt: skip
        yield rung


def _warn(top: Part) -> tuple[int, ...]:
    value = top.told.get("warn")
    if value is None:
        return (50, 80, 100)
    whole = isinstance(value, list) and all(
        isinstance(each, int) and not isinstance(each, bool) and 0 < each <= 300 for each in value
    )
    if not isinstance(value, list) or not whole or sorted(set(value)) != value:
        top.wrong("warn", "须是由小到大的百分数", "has to be per cents, the least first")
        return (50, 80, 100)
    return tuple(value)


def _names(top: Part) -> Iterator[tuple[str, Text]]:
    value = top.told.get("names")
    for name in top.names("names"):
        told = both_of(value[name]) if isinstance(value, dict) else None
        if name not in STATES:
            top.tell(f"没有状态“{name}”", f"there is no state {name!r}",
                     f"可用：{', '.join(STATES)}", f"use one of {', '.join(STATES)}",
                     "names", name)  # fmt: skip
        elif told is None:
            top.tell(f"“{name}”须有中文 zh 与英文 en", f"{name!r} needs zh and en",
                     "请写 {zh: …, en: …}", "write {zh: …, en: …}", "names", name)  # fmt: skip
        else:
            yield name, told
