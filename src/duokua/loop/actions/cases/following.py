"""Following findings (随预警开案): one open case for a rule and a subject, its level, its chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule
from duokua.loop.actions.cases.opening import Start, open_cases
from duokua.loop.actions.cases.raising import raise_level
from duokua.loop.actions.cases.reopening import reopen
from duokua.loop.actions.noting import SYSTEM, note_all
from duokua.loop.models import Case, Finding, Ruleset
from duokua.loop.selectors.calendar import calendar
from duokua.loop.selectors.packs import owner_of
from duokua.loop.selectors.rules import UNREADABLE
from duokua.loop.states.case import CaseState
from duokua.loop.values.finding import FindingChange

_CHUNK = 500
_ASSERTS = ("opened", "worse")  # what opens a case where there is none
_NOTES = {"better": "better", "cleared": "cleared"}


@dataclass(slots=True)
class Followed:
    """How many cases were opened, reopened, raised and noted."""

    opened: int = 0
    reopened: int = 0
    raised: int = 0
    noted: int = 0


@dataclass(slots=True)
class _Run:
    pack: Pack
    owner: str
    now: datetime
    days: Calendar
    told: Followed = field(default_factory=Followed)
    starts: list[Start] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, list[tuple[Case, dict[str, Any]]]] = field(default_factory=dict)


@transaction.atomic
def follow(changes: Sequence[FindingChange], *, pack: Pack, now: datetime) -> Followed:
    """Let cases follow what a run of rules found, in the transaction of the run.

    A new finding opens exactly one case of its rule and subject, or lets the ended one go on when
    that is not longer ago than ``reopen_within``. A worse one raises the level; it falls only by
    verification. What is no more is noted: whether the case is done is verified, not assumed.
    """
    list(Ruleset.objects.select_for_update().filter(pack=pack.manifest.pack, active=True))
    owner = owner_of(pack.manifest.pack) or pack.manifest.owner
    run = _Run(pack, owner, now, calendar())
    for rule, chunk in _by_rule(changes):
        found = pack.rules.get(rule)
        open_, ended = _cases(pack.manifest.pack, rule, chunk)
        begun: set[str] = set()
        for change in chunk:
            subject = change.finding.subject
            if (
                subject in begun
            ):  # several events of one subject: one case, which the next one joins
                _open(run)
                open_, ended = _cases(pack.manifest.pack, rule, chunk)
                begun.clear()
            case = open_.get(subject)
            if case is not None:
                _continue(run, case, change)
            elif change.what in _ASSERTS and found is not None:
                _begin(run, found, change, ended.get(subject))
                begun.add(subject)
        _open(run)
    _note_all(run)
    return run.told


def _by_rule(changes: Sequence[FindingChange]) -> Iterator[tuple[str, list[FindingChange]]]:
    rules: dict[str, list[FindingChange]] = {}
    for change in changes:
        rules.setdefault(change.finding.rule, []).append(change)
    for rule, found in rules.items():
        for start in range(0, len(found), _CHUNK):
            yield rule, found[start : start + _CHUNK]


def _cases(
    pack: str, rule: str, changes: Sequence[FindingChange]
) -> tuple[dict[str, Case], dict[str, Case]]:
    """Return the open case of each subject, and of the others the one that ended last."""
    subjects = {change.finding.subject for change in changes}
    rows = Case.objects.select_for_update().filter(
        pack=pack, rule=rule, subject__in=subjects, drill=False
    )
    open_ = {case.subject: case for case in rows.filter(live=True)}
    new = {c.finding.subject for c in changes if c.what in _ASSERTS} - open_.keys()
    ended: dict[str, Case] = {}
    for case in rows.filter(live=False, subject__in=new).order_by("id"):
        ended[case.subject] = case
    return open_, ended


def _begin(run: _Run, rule: Rule, change: FindingChange, last: Case | None) -> None:
    """Open a case, or let the last one go on."""
    finding = change.finding
    if last is not None and last.state == CaseState.MERGED:
        goal = Case.objects.filter(id=last.merged_into or 0, live=True).first()
        if goal is not None:
            _take(run, goal, change, "found_again")
            return
    elif last is not None and _recent(rule, last, run):
        _again(run, last, change)
        return
    level = Level(finding.level)
    playbook = run.pack.playbooks.get(rule.playbook)
    if level == Level.UNKNOWN and not (playbook and _handles_unknown(playbook)):
        return  # shown among the findings; nobody's task
    if finding.why.get("reason", {}).get("code") == UNREADABLE:
        return  # no handler can grant it: the owner of the pack is told
    place = (finding.lon, finding.lat)
    run.starts.append(
        Start(
            rule.id,
            rule.playbook,
            rule.title,
            finding.subject,
            finding.name,
            level,
            change.row,
            finding.id,
            place,
        )
    )
    run.findings.append(finding)


def _handles_unknown(playbook: Any) -> bool:
    named = any(Level.UNKNOWN in task.levels for task in playbook.tasks)
    return named or Level.UNKNOWN in playbook.clocks


def _recent(rule: Rule, last: Case, run: _Run) -> bool:
    """Tell whether a finding belongs to the chain of an ended case."""
    if last.closed_at is None:
        return False
    span = rule.reopen_within
    if span.working:
        end = run.days.after(last.closed_at.date(), span.amount)
        return run.now.date() <= end
    return run.now - last.closed_at <= span.length and span.length > timedelta(0)


def _again(run: _Run, case: Case, change: FindingChange) -> None:
    case.finding, case.row = change.finding.id, _kept(change.row, case)
    _tie(change.finding, case)
    reopen(
        case, run.pack, by=SYSTEM, now=run.now, calendar=run.days, verb="reopen",
        level=Level(change.finding.level), escalate=case.state == CaseState.CLOSED,
        finding=change.finding.id,
    )  # fmt: skip
    run.told.reopened += 1


def _continue(run: _Run, case: Case, change: FindingChange) -> None:
    finding, level = change.finding, Level(change.finding.level)
    if change.what == "seen":
        if case.finding != finding.id:
            _take(run, case, change, "found_again")
        return
    if change.what in _NOTES:
        _take(run, case, change, _NOTES[change.what])
        return
    if level == Level.UNKNOWN:
        _take(run, case, change, "unknown")
        return
    if SEVERITY[level] > case.severity:
        case.finding, case.row = finding.id, _kept(change.row, case)
        _tie(finding, case)
        raise_level(case, level, run.pack, by=SYSTEM, now=run.now, calendar=run.days)
        run.told.raised += 1
        return
    _take(run, case, change, "found_again")


def _take(run: _Run, case: Case, change: FindingChange, verb: str) -> None:
    """Let a case know the newest of its chain, without changing its level."""
    told = {"level": change.finding.level, "finding": change.finding.id}
    run.notes.setdefault(verb, []).append((case, told))
    _tie(change.finding, case)
    Case.objects.filter(id=case.id).update(
        finding=change.finding.id, row=_kept(change.row, case), changed_at=run.now
    )
    run.told.noted += 1


def _kept(row: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Return the newest answer; of what is cleared there is none, so the last one stays."""
    return dict(row) if row else dict(case.row)


def _tie(finding: Finding, case: Case) -> None:
    if finding.case != case.id:
        finding.case = case.id
        Finding.objects.filter(id=finding.id).update(case=case.id)


def _open(run: _Run) -> None:
    if not run.starts:
        return
    cases = open_cases(run.starts, pack=run.pack, owner=run.owner, now=run.now, calendar=run.days)
    for finding, case in zip(run.findings, cases, strict=True):
        finding.case = case.id
    own = Case.objects.filter(
        pack=OuterRef("pack"), rule=OuterRef("rule"), subject=OuterRef("subject"), live=True,
        drill=False,
    )  # fmt: skip
    ids = [finding.id for finding in run.findings]
    Finding.objects.filter(id__in=ids).update(case=Subquery(own.values("id")[:1]))
    run.told.opened += len(cases)
    run.starts, run.findings = [], []


def _note_all(run: _Run) -> None:
    for verb, acts in run.notes.items():
        note_all(verb, acts, now=run.now)
