"""The sentences of a pack (规则用例): with these rows at this instant the rule finds that."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from duokua.engine.arrow import ARROW
from duokua.engine.scenario.session import Session
from duokua.engine.scenario.wire import Value
from duokua.kernel.clock import SHANGHAI, from_iso
from duokua.kernel.errors import DuokuaError
from duokua.kernel.working_time import Calendar
from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Moment, Pack, Sentence
from duokua.lang.scenario.rule import BASELINE, LEVEL, Rule
from duokua.loop.actions.evaluation import asking
from duokua.loop.actions.evaluation.asking import Row, plain
from duokua.loop.actions.evaluation.baselines import make_baseline
from duokua.loop.actions.evaluation.evaluating import derived_values
from duokua.loop.actions.evaluation.judging import NEW, Seen, Standing, judge
from duokua.loop.actions.evaluation.sessions import is_trusted, prepared
from duokua.loop.actions.evaluation.tables import needed_by, read_csv, tables_read
from duokua.loop.actions.evaluation.terms import Window, dated, terms_of, values_of, window_of
from duokua.loop.values.rules import SentenceResult

_CLOSE = 1e-9
Cells = Mapping[str, Any]
Given = Mapping[str, Sequence[Mapping[str, object]]]


def check_sentences(
    pack: Pack, calendar: Calendar, *, code: bool | None = None
) -> list[SentenceResult]:
    """Run every sentence of a pack in a session; nothing is read but what the sentences give.

    ``code``: as :func:`sessions.session_of`.
    """
    if not pack.sentences:
        return []
    told = is_trusted(pack) if code is None else code
    results, session = [], prepared(Session(frank=True), pack, code=told)
    try:
        for sentence in pack.sentences:
            if not session.alive:
                session = prepared(Session(frank=True), pack, code=told)
            results.append(_checked(pack, sentence, session, calendar))
    finally:
        session.close()
    return results


def _checked(
    pack: Pack, sentence: Sentence, session: Session, calendar: Calendar
) -> SentenceResult:
    begun = time.perf_counter()
    error, missing, besides, found = None, list[Cells](), list[Cells](), list[Cells]()
    at = ""
    try:
        for moment, found in _each(pack, sentence, session, calendar):
            at = moment.at if sentence.then else ""
            missing, besides = compare(moment.expect, found)
            if missing or besides:
                break
    except DuokuaError as raised:
        error = raised.what
    passed = error is None and not missing and not besides
    return SentenceResult(
        sentence.name, sentence.rule, sentence.file, sentence.line, passed,
        tuple(missing), tuple(besides), error, round((time.perf_counter() - begun) * 1000),
        tuple(found), "" if passed else at,
    )  # fmt: skip


def _each(
    pack: Pack, sentence: Sentence, session: Session, calendar: Calendar
) -> Iterator[tuple[Moment, list[Cells]]]:
    """Yield each moment with what is found: the rule's answer, or of several what is open then."""
    rule, last = pack.rules[sentence.rule], None
    given: Given = {}
    own = {name: _value(value) for name, value in sentence.parameters.items()}
    open_ = Openings(rule, calendar)
    for moment in sentence.moments:
        at, given = from_iso(moment.at), {**given, **moment.given}
        window = window_of(rule, last, at)
        values = values_of(dated(rule, pack.parameters, at, own), window, own)
        _lay(pack, rule, given, session, {**derived_values(pack, at), **own})
        if rule.baseline is not None and BASELINE + rule.baseline.table not in given:
            contract = pack.contracts[rule.baseline.table]
            make_baseline(session, rule.baseline, contract, calendar, window.since)
        rows = asking.every(session, rule, rule.query, values)
        yield moment, open_.judged(rows, window) if sentence.then else [cells_of(r) for r in rows]
        last = at


def cells_of(row: Row, level: Level | None = None) -> Cells:
    """Return the cells of a row with a level, by default the one that it says."""
    return {**plain(row.cells), LEVEL: (level or row.seen.level).value}


class Openings:
    """What is open of a rule from moment to moment, judged as a run does it; nothing is kept."""

    def __init__(self, rule: Rule, calendar: Calendar) -> None:
        self.rule, self.calendar = rule, calendar
        self.standings: dict[str, Standing] = {}
        self.rows: dict[str, Row] = {}

    def judged(self, rows: Sequence[Row], window: Window) -> list[Cells]:
        """Judge what the rule says at the end of a window; return what is open then."""
        terms = terms_of(self.rule, window, self.calendar)
        found = asking.by_subject(self.rule, rows)
        for key in {*found, *self.standings}:
            standing = self.standings.get(key, NEW)
            told: list[Seen | None] = [row.seen for row in found.get(key, ())]
            for seen in told or [None]:
                standing, _change = judge(standing, seen, terms, window.until)
            self.standings[key] = standing
            if key in found:
                self.rows[key] = found[key][-1]
        return [
            cells_of(self.rows[key], standing.level)
            for key, standing in self.standings.items()
            if standing.open
        ]


def _lay(
    pack: Pack, rule: Rule, given: Given, session: Session, values: Mapping[str, Value]
) -> None:
    """Bring the tables of a sentence in: those given, reference tables, derived ones; else empty."""
    for name in needed_by(pack, tables_read(rule)):
        if name in pack.datasets and name not in given:
            session.derive(name, pack.datasets[name], values)
        elif name in pack.tables and name not in given:
            session.load(name, read_csv(pack.tables[name], pack.contracts[name]))
        else:
            session.load(name, table_of(given.get(name, []), pack.contracts.get(name)))
    for name, rows in given.items():
        if name.startswith(BASELINE):
            session.load(name, pa.Table.from_pylist(list(rows)))


def table_of(rows: Sequence[Mapping[str, object]], contract: Contract | None) -> pa.Table:
    """Return rows as they are written in a test as a table; what is not told is null."""
    if contract is None:
        return pa.Table.from_pylist(list(rows))
    arrays = {
        column.name: pa.array(
            [_cell(row.get(column.name), column) for row in rows], ARROW[column.kind]
        )
        for column in contract.columns
    }
    return pa.table(arrays)


def _cell(value: object, column: Column) -> object:
    if value is None:
        return None
    if column.kind is Kind.DATE:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    if column.kind is Kind.TIMESTAMP:
        return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return float(value) if column.kind is Kind.NUMBER and isinstance(value, int) else value


def compare(wanted: Sequence[Cells], found: Sequence[Cells]) -> tuple[list[Cells], list[Cells]]:
    """Return what is wanted and not found, and what was found besides.

    Each wanted row stands for one found row that has what is told of it. Rows whose level is none
    need not be told.
    """
    left, missing = list(found), []
    for want in sorted(wanted, key=len, reverse=True):  # the most told of first: the rest fit more
        match = next((row for row in left if _fits(want, row)), None)
        if match is None:
            missing.append(want)
        else:
            left.remove(match)
    return missing, [row for row in left if row.get(LEVEL) != Level.NONE.value]


def _fits(want: Cells, row: Cells) -> bool:
    return all(name in row and _same(value, row[name]) for name, value in want.items())


def _same(want: Any, cell: Any) -> bool:
    if isinstance(want, bool) or isinstance(cell, bool) or want is None or cell is None:
        return want is cell
    if isinstance(want, int | float) and isinstance(cell, int | float):
        return math.isclose(want, cell, rel_tol=_CLOSE, abs_tol=_CLOSE)
    if isinstance(want, datetime | date):
        want = want.isoformat()
    return str(want) == str(cell) or _instant(str(want)) == _instant(str(cell)) is not None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _value(told: object) -> Value:
    return told if isinstance(told, str | int | float | bool | date | datetime) else str(told)
