"""What a dossier tells of a case (事件卷宗): why, who did what by when, evidence, timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.clock import SHANGHAI
from duokua.kernel.text import Language, Text
from duokua.lang.scenario.level import TITLES
from duokua.lang.scenario.span import in_words
from duokua.loop.dossier.paper import Paper
from duokua.loop.showing.why import Line, Why
from duokua.loop.values.case import CaseInfo, EvidenceInfo
from duokua.loop.values.words import both

Picture = Callable[[EvidenceInfo], bytes | None]
_HEADS: dict[str, tuple[Text, ...]] = {
    "tasks": (Text("部门", "Department"), Text("任务", "Task"), Text("状态", "State"),
              Text("承办人", "Claimed by"), Text("处置时间", "Disposed at")),
    "clocks": (Text("时限", "Limit"), Text("时长", "Length"), Text("截止", "Due"),
               Text("结束", "Ended"), Text("结果", "Result")),
    "timeline": (Text("时间", "At"), Text("事项", "What"), Text("人员", "By"), Text("说明", "Text")),
    "rungs": (Text("督办对象", "Told"), Text("时限", "Limit"), Text("时间", "At"),
              Text("回执", "Acknowledged")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is written: language, name, when, names of departments, and their pictures."""

    language: Language
    name: str
    now: datetime
    departments: Mapping[str, Text]
    picture: Picture
    shown: Callable[[object], str]
    lines: Callable[[EvidenceInfo], list[tuple[str, str]]]  # what a form or a note says


def at(instant: datetime | None) -> str:
    """Write an instant in the time of the district."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if instant else "—"


def dossier(info: CaseInfo, why: Why, reader: Reader) -> bytes:
    """Write a case as a PDF."""
    say = reader.language
    foot = Text(
        f"{reader.name} 于 {at(reader.now)} 打印", f"Printed by {reader.name}, {at(reader.now)}"
    )
    head = Text(f"事件卷宗 {info.number}", f"Case dossier {info.number}")
    paper = Paper(head.in_(say), foot.in_(say), Text("第", "Page").in_(say), reader.now)
    level = TITLES[info.row.level].in_(say)
    paper.title_line(
        info.row.title.in_(say), f"{level} · {info.row.state_name.in_(say)} · {info.row.name}"
    )
    _case(paper, info, say)
    _why(paper, why, reader)
    _tasks(paper, info, say)
    _evidence(paper, info, reader)
    _timeline(paper, info, say)
    return paper.written()


def _case(paper: Paper, info: CaseInfo, say: Language) -> None:
    row = info.row
    lines = [
        (Text("编号", "Number"), row.number),
        (Text("对象", "Subject"), row.name or row.subject),
        (Text("牵头部门", "Lead"), row.lead_name.in_(say)),
        (Text("核查部门", "Verifies"), info.owner_name.in_(say)),
        (Text("发现时间", "Opened"), at(row.opened_at)),
        (Text("结案时间", "Closed"), at(info.closed_at)),
        (Text("重开次数", "Reopened"), str(row.reopened)),
        (
            Text("演练", "Exercise"),
            Text("是", "yes").in_(say) if row.drill else Text("否", "no").in_(say),
        ),
    ]
    paper.pairs([(name.in_(say), value) for name, value in lines])


def _noted(value: str, note: str) -> str:
    return f"{value}（{note}）" if note else value


def _why(paper: Paper, why: Why, reader: Reader) -> None:
    say = reader.language

    def pairs(lines: tuple[Line, ...]) -> list[tuple[str, str]]:
        return [(e.title.in_(say), _noted(reader.shown(e.value), e.note.in_(say))) for e in lines]

    paper.heading(Text("依据", "Why").in_(say))
    paper.pairs(pairs(why.values) + pairs(why.thresholds) + pairs(why.versions))
    for clause in why.clauses:
        paper.text_block(
            " · ".join(e for e in (clause.text.in_(say), clause.source, clause.mark) if e)
        )
    if why.receipts:
        paper.text_block(f"{Text('调用回执', 'Receipts').in_(say)}: {', '.join(why.receipts)}")


def _tasks(paper: Paper, info: CaseInfo, say: Language) -> None:
    paper.heading(Text("任务与时限", "Tasks and limits").in_(say))
    ended = {each.task: each.at for each in info.timeline if each.verb == "dispose"}
    paper.grid(_heads("tasks", say), [
        [t.department_name.in_(say), t.title.in_(say), both(t.state).in_(say),
         t.claimed_name.in_(say) if t.claimed_name else t.claimed_by, at(ended.get(t.id))]
        for t in info.tasks
    ], (24, 30, 14, 16, 16))  # fmt: skip
    paper.grid(_heads("clocks", say), [
        [both(c.kind).in_(say), in_words(c.limit).in_(say), at(c.due_at), at(c.ended_at),
         both(c.state).in_(say)]
        for c in info.clocks
    ], (24, 16, 22, 22, 16))  # fmt: skip
    if info.rungs:
        paper.heading(Text("督办", "Escalations").in_(say))
    paper.grid(_heads("rungs", say), [
        [r.told, both(r.clock).in_(say), at(r.climbed_at), r.acknowledged_by] for r in info.rungs
    ], (34, 22, 22, 22))  # fmt: skip


def _heads(name: str, say: Language) -> list[str]:
    return [each.in_(say) for each in _HEADS[name]]


def _evidence(paper: Paper, info: CaseInfo, reader: Reader) -> None:
    if not info.evidence:
        return
    say = reader.language
    paper.heading(Text("证据", "Evidence").in_(say))
    for piece in info.evidence:
        told = f"{piece.name or piece.kind} · {piece.given_name.in_(say)} · {at(piece.given_at)}"
        if piece.digest:
            told += f" · SHA-256 {piece.digest[:16]}…"
        body = reader.picture(piece) if piece.picture else None
        if body is not None:
            paper.picture(body, told)
            continue
        paper.text_block(told)
        paper.pairs(reader.lines(piece))


def _timeline(paper: Paper, info: CaseInfo, say: Language) -> None:
    paper.heading(Text("过程记录", "Timeline").in_(say))
    paper.grid(_heads("timeline", say), [
        [at(e.at), e.title.in_(say), e.by_name.in_(say), e.text] for e in info.timeline
    ], (22, 20, 16, 42))  # fmt: skip
