"""Verbs of verification (核查): the rule is asked again; sign, close, reopen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from duokua.identity.facade import Role
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lang.scenario.level import SEVERITY, TITLES, Level
from duokua.lang.scenario.playbook import Verification
from duokua.loop.actions.cases.deed import Deed, posts
from duokua.loop.actions.cases.reopening import reopen as begin_again
from duokua.loop.actions.telling import Notice, tell, words
from duokua.loop.models import Finding
from duokua.loop.states.case import CaseState
from duokua.loop.states.clock import ClockKind

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
ASKING = ("verify", "close")  # verbs before which the rule is asked again


def verify(deed: Deed) -> None:
    """Verify that what was found is no more; while the rule still fires the case begins again.

    :raises Conflict: it cannot be judged, or is not clear for long enough.
    """
    level = _level(deed)
    if level == Level.UNKNOWN:
        raise _cannot_tell(deed)
    if level != Level.NONE:
        _not_verified(deed, level)
        return
    _clear_long_enough(deed)
    case = deed.case
    told = {"by": deed.by, "at": iso(deed.now), "signed": {}}
    told["receipts"] = list(deed.again.receipts) if deed.again else []
    case.verification = {**case.verification, **told}
    deed.clocks.end(None, (ClockKind.VERIFY,), deed.now)
    deed.causes.append(f"loop.verify:{case.id}")
    deed.detail |= {"level": str(level), "receipts": told["receipts"]}
    if not _to_sign(deed):
        deed.move(CaseState.VERIFIED)
        return
    for department in _to_sign(deed):
        name = words(case)
        title = Text(f"请会签：{name.zh}", f"To be signed: {name.en}")
        cause = f"loop.sign:{case.id}"
        tell(case, Notice(cause, department, str(Role.HEAD), title), now=deed.now)


def _level(deed: Deed) -> Level:
    """Return what the rule says now; of an exercise nothing is asked."""
    if deed.case.drill or not deed.case.rule:
        return Level.NONE
    return deed.again.level if deed.again else Level.UNKNOWN


def _cannot_tell(deed: Deed) -> Conflict:
    return deed.refuse(
        "数据缺失或过旧，规则暂时无法判断", "the rule cannot judge: data is missing or too old",
        "请待数据更新后再核查", "verify again when there is newer data",
    )  # fmt: skip


def _not_verified(deed: Deed, level: Level) -> None:
    """Let the case begin again, at the level of now."""
    case = deed.case
    before = case.level
    begin_again(
        case, deed.pack, by=deed.by, now=deed.now, calendar=deed.clocks.calendar,
        verb="not_verified", level=level, text=deed.text, acting_for=deed.acting_for,
        was=before, lowered=SEVERITY[level] < SEVERITY[Level(before)],
    )  # fmt: skip
    deed.noted = True


def _clear_long_enough(deed: Deed) -> None:
    rule = deed.playbook.verify if deed.playbook else Verification("no_finding")
    since = max(deed.case.disposed_at or deed.now, _cleared_at(deed) or _EVER)
    if deed.case.drill or not rule.hold.amount:
        return
    hold = timedelta(days=rule.hold.amount) if rule.hold.working else rule.hold.length
    if deed.now < since + hold:
        until = (since + hold).astimezone(deed.now.tzinfo)
        raise deed.refuse(
            f"须持续正常 {rule.hold} 方可核查", f"it has to be clear for {rule.hold}",
            f"请于 {iso(until)} 之后核查", f"verify after {iso(until)}",
        )  # fmt: skip


def _cleared_at(deed: Deed) -> datetime | None:
    """Return since when the case's newest finding is no more."""
    rows = Finding.objects.filter(id=deed.case.finding or 0)
    return rows.values_list("cleared_at", flat=True).first()


def _to_sign(deed: Deed) -> list[str]:
    told = deed.case.verification
    return [each for each in told.get("to_sign", ()) if each not in told.get("signed", {})]


def sign(deed: Deed) -> None:
    """Sign for one's department (会签); with the last signature the case is verified."""
    mine = [each for each in _to_sign(deed) if each in posts(deed.person)]
    if not mine:
        raise deed.refuse(
            "贵部门已会签", "your department has signed", "无需再办", "nothing is to do"
        )
    told = dict(deed.case.verification)
    told["signed"] = {**told.get("signed", {}), mine[0]: deed.by}
    deed.case.verification = told
    deed.detail["department"] = mine[0]
    if not _to_sign(deed):
        deed.move(CaseState.VERIFIED)
        deed.causes.append(f"loop.sign:{deed.case.id}")


def close(deed: Deed) -> None:
    """Close a case (结案).

    :raises Conflict: the rule fires still, or cannot judge.
    """
    level = _level(deed)
    if level == Level.UNKNOWN:
        raise _cannot_tell(deed)
    if level != Level.NONE:
        name = TITLES[level]
        raise deed.refuse(
            f"规则仍判定为{name.zh}，不能结案", f"the rule still finds it {name.en.lower()}",
            "请重开后继续处置", "reopen it and go on",
        )  # fmt: skip
    deed.move(CaseState.CLOSED)
    deed.forget()


def reopen(deed: Deed) -> None:
    """Reopen a case by hand, for a reason; it escalates where the playbook says so."""
    deed.reason()
    begin_again(
        deed.case, deed.pack, by=deed.by, now=deed.now, calendar=deed.clocks.calendar,
        verb="reopen", text=deed.text, acting_for=deed.acting_for,
    )  # fmt: skip
    deed.noted = True
