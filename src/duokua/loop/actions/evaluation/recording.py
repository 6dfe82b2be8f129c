"""Recording runs (记录评估): findings, standings and cases of a rule's run, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from duokua.lang.scenario.level import Level, worse
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule
from duokua.loop.actions import cases
from duokua.loop.actions.evaluation.asking import Row, plain
from duokua.loop.actions.evaluation.desk import Kept
from duokua.loop.actions.evaluation.judging import Change, due_at, idle, standing_to_json
from duokua.loop.actions.evaluation.outcome import Outcome, Verdict
from duokua.loop.models import Case, Finding, RuleRun
from duokua.loop.models import Standing as StandingRow
from duokua.loop.selectors.rules import OF_TABLE
from duokua.loop.states.finding import FindingKind, FindingState
from duokua.loop.values.finding import FindingChange

T = TypeVar("T")
CHUNK = 500
_NAME = 200
_CHANGED = ("level", "worst", "state", "kind", "why", "occurred_at", "seen_at", "cleared_at",
            "times", "name", "lon", "lat", "version")  # fmt: skip


@dataclass(slots=True)
class Recorded:
    """What was written of a run; ``kept`` is how it stands with each subject from now on."""

    run: RuleRun | None
    kept: dict[str, Kept | None]


@dataclass(slots=True)
class _Writing:
    pack: Pack
    outcome: Outcome
    now: datetime
    findings: dict[int, Finding] = field(default_factory=dict)  # those of before, by id
    revived: dict[str, Finding] = field(default_factory=dict)  # by subject: their case is open
    fresh: dict[str, Finding] = field(default_factory=dict)
    changed: dict[int, Finding] = field(default_factory=dict)
    told: list[tuple[Finding, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        return self.outcome.rule


@transaction.atomic
def record(pack: Pack, outcome: Outcome, *, now: datetime) -> Recorded:
    """Write what a run came to; cases follow it in the same transaction."""
    if outcome.idle and outcome.error is None and not outcome.verdicts:
        return Recorded(None, {})
    writing = _Writing(pack, outcome, now)
    _load(writing)
    current = {v.key: _write(writing, v) for v in outcome.verdicts}
    Finding.objects.bulk_create(writing.fresh.values(), batch_size=CHUNK)
    if writing.changed:
        Finding.objects.bulk_update(writing.changed.values(), _CHANGED, batch_size=CHUNK // 5)
    for chunk in _chunks(outcome.seen):
        Finding.objects.filter(id__in=chunk).update(seen_at=now)
    kept = _keep(writing, current)
    changes = [FindingChange(finding, what, row) for finding, what, row in writing.told]
    if changes:
        cases.follow(changes, pack=pack, now=now)
    return Recorded(_run(writing), kept)


def _load(writing: _Writing) -> None:
    """Read the findings that are going to change, and those to which an open case still belongs."""
    verdicts = writing.outcome.verdicts
    ids = [v.before.finding for v in verdicts if v.before.finding and (v.changes or v.ended)]
    for chunk in _chunks(ids):
        writing.findings |= Finding.objects.in_bulk(chunk)
    opened = [v.key for v in verdicts if any(c.what == "opened" for c, _ in v.changes)]
    name, rule = writing.pack.manifest.pack, writing.rule.id
    for keys in _chunks(opened):
        live = Case.objects.filter(pack=name, rule=rule, subject__in=keys, live=True, drill=False)
        found = live.exclude(finding=None).values_list("finding", flat=True)
        for finding in Finding.objects.filter(id__in=list(found), state=FindingState.CLEARED):
            writing.revived[finding.subject] = finding


def _write(writing: _Writing, verdict: Verdict) -> Finding | None:
    """Apply the changes of a subject; return the finding that it has then."""
    finding = writing.findings.get(verdict.before.finding or 0)
    if verdict.ended and finding is not None and finding.state == FindingState.OPEN:
        finding.state, finding.cleared_at = FindingState.CLEARED, writing.now
        writing.changed[finding.id] = finding
    for change, row in verdict.changes:
        finding = _apply(writing, verdict, finding, change, row)
    return finding


def _apply(
    writing: _Writing, verdict: Verdict, finding: Finding | None, change: Change, row: Row | None
) -> Finding:
    if change.what == "opened":
        last = finding if change.again else None
        finding = last or writing.revived.get(verdict.key) or _new(writing, verdict, change)
    assert finding is not None  # noqa: S101 - only what was opened changes
    now = writing.now
    if change.what == "cleared":
        finding.state, finding.cleared_at = FindingState.CLEARED, now
    else:
        known = change.level is not Level.UNKNOWN
        finding.state, finding.cleared_at, finding.seen_at = FindingState.OPEN, None, now
        finding.kind = FindingKind.WARNING if known else FindingKind.UNKNOWN
        again = change.what == "opened" and finding.pk is not None
        finding.times += change.what == "seen" or again
        finding.level, finding.version = change.level, writing.pack.manifest.version
        finding.worst = worse(Level(finding.worst), change.level)
        if row is not None or verdict.why is not None:
            finding.why = _why(writing, verdict, change, row)
        _dress(writing, finding, row)
    if finding.pk is not None:
        writing.changed[finding.id] = finding
    told = plain(row.cells) | {"level": row.seen.level.value} if row is not None else {}
    if not told and change.what != "cleared":
        told = {"level": Level.UNKNOWN.value}
    writing.told.append((finding, change.what, told))
    return finding


def _new(writing: _Writing, verdict: Verdict, change: Change) -> Finding:
    made = Finding(
        pack=writing.pack.manifest.pack, rule=writing.rule.id, subject=verdict.key,
        level=change.level, worst=change.level, why={}, opened_at=writing.now,
        name=_table_title(writing.pack, verdict.key),
    )  # fmt: skip
    writing.fresh[verdict.key] = made
    return made


def _table_title(pack: Pack, key: str) -> str:
    """Return what a table is called that a finding is about; empty where it is about a subject."""
    if not key.startswith(OF_TABLE):
        return ""
    name = json.loads(key)["table"]
    contract = pack.contracts.get(name)
    return f"数据 {contract.title.zh if contract else name}"[:_NAME]


def _why(writing: _Writing, verdict: Verdict, change: Change, row: Row | None) -> dict[str, Any]:
    if verdict.why is not None and (row is None or row.seen.level is Level.UNKNOWN):
        return dict(verdict.why)
    assert row is not None  # noqa: S101 - see the caller
    told: dict[str, Any] = writing.outcome.grounds.why(row, change.level.value)
    return told


def _dress(writing: _Writing, finding: Finding, row: Row | None) -> None:
    if row is None:
        return
    rule = writing.rule
    finding.occurred_at = row.seen.at or finding.occurred_at
    if rule.name:
        finding.name = str(row.cells.get(rule.name) or "")[:_NAME]
    if rule.place:
        lon, lat = (row.cells.get(each) for each in rule.place)
        known = lon is not None and lat is not None
        finding.lon, finding.lat = (float(lon), float(lat)) if known else (None, None)  # type: ignore[arg-type]


def _keep(writing: _Writing, current: dict[str, Finding | None]) -> dict[str, Kept | None]:
    """Write how the rule stands with each subject, and forget those of which nothing is left."""
    outcome, pack = writing.outcome, writing.pack.manifest.pack
    kept: dict[str, Kept | None] = {}
    rows, gone = [], []
    for verdict in outcome.verdicts:
        if idle(verdict.standing, outcome.terms, writing.now):
            kept[verdict.key] = None
            gone.append(verdict.key)
            continue
        finding = current[verdict.key]
        id_ = finding.id if finding is not None else verdict.before.finding
        made = Kept(verdict.standing, id_, due_at(verdict.standing, outcome.terms))
        kept[verdict.key] = made
        rows.append(
            StandingRow(pack=pack, rule=writing.rule.id, subject=verdict.key,
                        state=standing_to_json(made.standing), due_at=made.due,
                        finding=id_, changed_at=writing.now)
        )  # fmt: skip
    StandingRow.objects.bulk_create(
        rows, batch_size=CHUNK, update_conflicts=True,
        unique_fields=["pack", "rule", "subject"], update_fields=["state", "finding", "changed_at", "due_at"],
    )  # fmt: skip
    for chunk in _chunks(gone):
        StandingRow.objects.filter(pack=pack, rule=writing.rule.id, subject__in=chunk).delete()
    return kept


def _run(writing: _Writing) -> RuleRun:
    outcome = writing.outcome
    changes = [change for v in outcome.verdicts for change, _ in v.changes]
    error = outcome.error
    told = None if error is None else {
        "code": error.code, "what": {"zh": error.what.zh, "en": error.what.en},
        "mend": {"zh": error.mend.zh, "en": error.mend.en},
    }  # fmt: skip
    return RuleRun.objects.create(
        pack=writing.pack.manifest.pack, rule=writing.rule.id,
        version=writing.pack.manifest.version, started_at=writing.now, took_ms=outcome.took_ms,
        since=outcome.since, until=outcome.until, whole=outcome.whole, counts=outcome.counts,
        opened=sum(each.what == "opened" for each in changes),
        cleared=sum(each.what == "cleared" for each in changes),
        stale=outcome.stale, error=told, receipts=outcome.receipts,
    )  # fmt: skip


def _chunks(items: Iterable[T]) -> Iterator[Sequence[T]]:
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
