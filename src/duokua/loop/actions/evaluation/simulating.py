"""Simulation (规则仿真): who would change level under a changed rule, before it takes effect.

Both rules are asked over the same data, read through the gateway; nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from duokua.engine.scenario.session import Session
from duokua.engine.scenario.wire import Value
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule, RuleKind
from duokua.loop.actions.evaluation import asking
from duokua.loop.actions.evaluation.asking import Row, plain
from duokua.loop.actions.evaluation.baselines import make_baseline
from duokua.loop.actions.evaluation.evaluating import derived_values
from duokua.loop.actions.evaluation.sessions import session_of
from duokua.loop.actions.evaluation.tables import Reader, Tables, tables_read
from duokua.loop.actions.evaluation.terms import Window, dated, values_of, window_of
from duokua.loop.values.rules import Shift, Simulation
from duokua.loop.values.subject import subject_key

MOST = 1000
DAYS = 30  # of events that are gone through again
_BEFORE, _AFTER = "_levels_before", "_levels_after"
_RANK = "list_position(['none', 'unknown', 'blue', 'yellow', 'orange', 'red'], {})"


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two rules with its session."""

    pack: Pack
    rule: Rule
    session: Session
    tables: Tables
    values: dict[str, Value]
    levels: pa.Table


def simulate_rule(
    present: Pack,
    changed: Pack,
    rule: str,
    reader: Reader,
    calendar: Calendar,
    *,
    now: datetime,
    days: int = DAYS,
    most: int = MOST,
) -> Simulation:
    """Compare what a rule says of each subject now with what it would say in a changed pack.

    Events of the last ``days`` are gone through again. A rule that is new is compared with nothing.

    :raises NotFound: the changed pack has no such rule.
    :raises NotAllowed: the pack's program may not read what the changed rule reads.
    :raises Invalid: a query fails.
    :raises Unavailable: the gateway does not answer, or a rule takes too long.
    """
    new = changed.rules.get(rule)
    if new is None:
        raise NotFound(
            Text(f"没有规则“{rule}”", f"there is no rule {rule!r}"),
            Text("请更正规则名称", "correct its name"),
        )
    window = _window(new, now, days)
    with session_of(changed) as one, session_of(present) as other:
        after = _side(changed, new, one, reader, calendar, window)
        old = present.rules.get(rule)
        before = _side(present, old, other, reader, calendar, window) if old else None
        return _compared(after, before, window, most)


def _window(rule: Rule, now: datetime, days: int) -> Window:
    if rule.kind is RuleKind.EVENT:
        return Window(now - timedelta(days=days), now)
    return window_of(rule, None, now)


def _side(
    pack: Pack, rule: Rule, session: Session, reader: Reader, calendar: Calendar, window: Window
) -> _Side:
    tables = Tables(pack, session)
    tables.refresh(tables_read(rule), reader, derived_values(pack, window.until), whole=True)
    for error in tables.failed.values():
        raise error
    if rule.baseline is not None:
        contract = pack.contracts[rule.baseline.table]
        make_baseline(session, rule.baseline, contract, calendar, window.since)
    values = values_of(dated(rule, pack.parameters, window.until), window)
    asking.level_table(session, rule, rule.query, values, _AFTER)
    levels = session.run(f"select * from {_AFTER}")  # noqa: S608
    return _Side(pack, rule, session, tables, values, levels)


def _compared(after: _Side, before: _Side | None, window: Window, most: int) -> Simulation:
    session, rule = after.session, after.rule
    session.load(_BEFORE, before.levels if before else after.levels.slice(0, 0))
    keys = [f"_k{i}" for i in range(len(rule.subject))]
    using = ", ".join(keys)
    joined = (
        f"select {using}, coalesce(b.l, 'none') as was, coalesce(a.l, 'none') as now "  # noqa: S608
        f"from {_BEFORE} as b full join {_AFTER} as a using ({using})"
    )
    session.derive("_shifts", f"select * from ({joined}) as j where was <> now")  # noqa: S608
    was, now = _RANK.format("was"), _RANK.format("now")
    sums = session.run(
        f"select count(*) as n, count(*) filter (where {now} > {was}) as up from _shifts"  # noqa: S608
    ).to_pylist()[0]
    listed = session.run(
        f"select * from _shifts order by {now} desc, {was}, {using} limit {int(most)}"  # noqa: S608
    ).to_pylist()
    found = [(subject_key(str(row[key]) for key in keys), row["was"], row["now"]) for row in listed]
    receipts = [
        *after.tables.receipts(rule),
        *(before.tables.receipts(before.rule) if before else ()),
    ]
    return Simulation(
        after.pack.manifest.pack, rule.id, after.pack.manifest.version, window.until, window.since,
        _counts(before.levels) if before else {}, _counts(after.levels), sums["n"], sums["up"],
        sums["n"] - sums["up"], tuple(_shifts(after, before, found)),
        tuple(dict.fromkeys(receipts)),
    )  # fmt: skip


def _shifts(after: _Side, before: _Side | None, found: list[tuple[str, str, str]]) -> list[Shift]:
    keys = [key for key, _, _ in found]
    rows = {} if before is None else _rows(before, keys)
    rows |= _rows(after, keys)
    shifts = []
    for key, was, now in found:
        cells = plain(rows[key].cells) if key in rows else {}
        name = str(cells.get(after.rule.name or "") or "")
        shifts.append(Shift(key, name, Level(was), Level(now), cells))
    return shifts


def _rows(side: _Side, keys: list[str]) -> dict[str, Row]:
    rows = asking.of_subjects(side.session, side.rule, side.rule.query, side.values, keys)
    return asking.worst_of_each(side.rule, rows)


def _counts(levels: pa.Table) -> dict[str, int]:
    told = levels.column("l").value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in told}
