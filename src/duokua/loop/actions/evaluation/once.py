"""Asking a rule once (单次求值): of one subject, in a session of its own, beside all running."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.exchange import facade as exchange
from duokua.kernel.errors import NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Kind
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.narrowing import narrowed
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule, RuleKind
from duokua.loop.actions.evaluation import asking
from duokua.loop.actions.evaluation.asking import Row, plain
from duokua.loop.actions.evaluation.baselines import make_baseline
from duokua.loop.actions.evaluation.evaluating import derived_values
from duokua.loop.actions.evaluation.judging import Standing, kept_level
from duokua.loop.actions.evaluation.sessions import session_of
from duokua.loop.actions.evaluation.tables import AsProgram, Tables, tables_read
from duokua.loop.actions.evaluation.terms import Window, dated, values_of, window_of
from duokua.loop.models import Case, Finding, RuleRun, Ruleset
from duokua.loop.selectors.calendar import calendar
from duokua.loop.selectors.packs import pack_of
from duokua.loop.values.rules import Again


@dataclass(frozen=True, slots=True)
class OfSubject:
    """Reads of a table that has the subject's columns the rows of that subject only."""

    program: AsProgram
    where: Mapping[str, dict[str, Any]]  # interface → JSON condition

    def version(self, interface: str) -> tuple[int, datetime] | None:
        """Return version and instant of the data of an interface."""
        return self.program.version(interface)

    def read(self, interface: str, columns: Sequence[str]) -> exchange.Reading:
        """Return the rows that the program may see."""
        program = self.program
        return exchange.read_as(
            program.client, interface, purpose=program.purpose, columns=columns,
            where=self.where.get(interface), now=program.now,
        )  # fmt: skip

    def changes(self, interface: str, columns: Sequence[str], since: int) -> None:
        """Return nothing: what is asked once is read once."""


def ask_again(case: Case, *, now: datetime) -> Again:
    """Ask the rule of a case again about its subject: of events, what has come since the disposal.

    The rule is that of the version that is in force, its parameters those of today; an open finding
    is kept by hysteresis as it is when the rule runs by itself. What cannot be read, or is too old,
    is ``unknown``.

    :raises NotFound: the pack was never adopted, or has no such rule any more.
    :raises Unavailable: the gateway does not answer.
    """
    begun = time.perf_counter()
    ruleset = _ruleset(case.pack)
    pack = pack_of(case.pack, ruleset.version)
    rule = _rule(pack, case)
    since = case.disposed_at or case.opened_at
    window = Window(since, now) if rule.kind is RuleKind.EVENT else window_of(rule, None, now)
    level, row, receipts = _asked(pack, ruleset.client, rule, case.subject, window)
    if row is not None and rule.kind is RuleKind.STATE:
        level = kept_level(Standing(level=_open_level(case)), row.seen)
    run = RuleRun.objects.create(
        pack=case.pack, rule=rule.id, version=ruleset.version, started_at=now, until=now,
        took_ms=round((time.perf_counter() - begun) * 1000), since=None, whole=False,
        counts={level.value: 1}, receipts=list(receipts),
    )  # fmt: skip
    cells = {**plain(row.cells), "level": level.value} if row else {"level": level.value}
    return Again(level, cells, tuple(receipts), run.id)


def recompute(finding: Finding) -> Again:
    """Ask the rule as it stood when a finding was judged, its parameters as of that day.

    The data are those of today: they show no earlier state of themselves.

    :raises NotFound: that version of the pack was never adopted.
    :raises Unavailable: the gateway does not answer.
    """
    pack = pack_of(finding.pack, finding.version)
    rule = pack.rules[finding.rule]
    at = datetime.fromisoformat(finding.why["judged_at"])
    window = Window(datetime.fromisoformat(finding.why["since"]), at)
    client = _ruleset(finding.pack).client
    level, row, receipts = _asked(pack, client, rule, finding.subject, window)
    return Again(level, plain(row.cells) if row else {}, tuple(receipts), None)


def _asked(
    pack: Pack, client: str, rule: Rule, subject: str, window: Window
) -> tuple[Level, Row | None, list[str]]:
    """Return level and row of a subject for a window, and the receipts of what was read."""
    now, held = window.until, dated(rule, pack.parameters, window.until)
    values = values_of(held, window)
    with session_of(pack) as session:
        tables = Tables(pack, session)
        reader = reader_of(pack, client, rule, subject, now)
        tables.refresh(tables_read(rule), reader, derived_values(pack, now), whole=True)
        receipts = tables.receipts(rule)
        if not _usable(tables, rule, now):
            return Level.UNKNOWN, None, receipts
        if rule.baseline is not None:
            contract = pack.contracts[rule.baseline.table]
            make_baseline(session, rule.baseline, contract, calendar(), window.since)
        rows = asking.of_subjects(session, rule, rule.query, values, [subject])
    if rule.kind is RuleKind.EVENT:
        rows = [row for row in rows if row.seen.at is None or row.seen.at >= window.since]
    if not rows:  # nothing happened; of a state that is not told of nothing is known
        absent = Level.UNKNOWN if rule.kind is RuleKind.STATE else Level.NONE
        return absent, None, receipts
    row = asking.worst_of_each(rule, rows)[subject]
    return row.seen.level, row, receipts


def _usable(tables: Tables, rule: Rule, now: datetime) -> bool:
    for name in tables.sources(rule):
        error = tables.failed.get(name)
        if isinstance(error, NotAllowed):
            return False
        if error is not None:
            raise error
        consumed = tables.pack.manifest.consumed(name)
        fresh = consumed.fresh if consumed else None
        if fresh is not None and (now - tables.held[name].as_of).total_seconds() > fresh:
            return False
    return True


def reader_of(pack: Pack, client: str, rule: Rule, subject: str, now: datetime) -> OfSubject:
    """Return who reads for one subject: its rows only, where the rule's answer needs no others."""
    program = AsProgram(client, pack.manifest.purpose, now)
    where: dict[str, dict[str, Any]] = {}
    for table in rule.tables if rule.baseline is None else ():
        consumed = pack.manifest.consumed(table)
        found = narrowed(rule.query, table, rule.subject, "_")
        if consumed is not None and found is not None:
            condition = _condition(pack.contracts[table], found.columns, json.loads(subject))
            where |= {consumed.interface: condition} if condition else {}
    return OfSubject(program, where)


def _condition(
    contract: Contract, columns: Sequence[str], subject: Sequence[str]
) -> dict[str, Any] | None:
    parts = []
    for name, text in zip(columns, subject, strict=True):
        column = contract.by_name.get(name)
        if column is None or column.kind not in (Kind.STRING, Kind.INTEGER):
            return None
        value: str | int = int(text) if column.kind is Kind.INTEGER else text
        parts.append({"field": name, "op": "eq", "value": value})
    return {"and": parts} if len(parts) > 1 else parts[0]


def _open_level(case: Case) -> Level:
    open_ = Finding.objects.filter(id=case.finding or 0, state="open")
    found = open_.values_list("level", flat=True)
    return Level(found[0]) if found else Level.NONE


def _ruleset(pack: str) -> Ruleset:
    row = Ruleset.objects.filter(pack=pack).order_by("-active", "-taken_at").first()
    if row is None:
        raise NotFound(
            Text(f"场景包“{pack}”未启用", f"the pack {pack!r} is not in force"),
            Text("请先安装", "install it first"),
        )
    return row


def _rule(pack: Pack, case: Case) -> Rule:
    found = pack.rules.get(case.rule) or pack_of(case.pack, case.version).rules.get(case.rule)
    if found is None:
        raise NotFound(
            Text(f"规则“{case.rule}”已不存在", f"the rule {case.rule!r} is no more"),
            Text("请由指挥岗说明原因后结束事件", "the command may end the case for a reason"),
        )
    return found
