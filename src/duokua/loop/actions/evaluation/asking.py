"""Asking a rule (规则求值): its query in a session, of which only what counts leaves the worker.

Rows whose level is none stay there, but for subjects that are asked for by name; levels are counted
inside. What is no level, or none at all, is unknown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from duokua.engine.scenario.session import Session
from duokua.engine.scenario.wire import Value
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.rule import KEEP, LEVEL, Rule, RuleKind
from duokua.loop.actions.evaluation.judging import Seen
from duokua.loop.values.subject import subject_key

MOST_FOUND = 200_000  # rows that one run of a rule may find
KEY_LETTERS = 200  # of a subject's key
_LEVEL, _KEEP = "_level", "_keep"
_ASKED = "_asked"
_LEVELS = ", ".join(f"'{level.value}'" for level in Level)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a rule's answer, with the key of its subject and its level."""

    key: str
    seen: Seen
    cells: dict[str, Any]  # as the query gave them


def fired(session: Session, rule: Rule, query: str, values: Mapping[str, Value]) -> list[Row]:
    """Return the rows whose level is not none.

    :raises Invalid: the engine does not take the query, or it finds too much.
    """
    sql = f"select * from ({_answer(rule, query)}) as _f where {_LEVEL} <> 'none'"  # noqa: S608
    return _rows(rule, session.run(sql, values, most=MOST_FOUND))


def of_subjects(
    session: Session, rule: Rule, query: str, values: Mapping[str, Value], keys: Collection[str]
) -> list[Row]:
    """Return the rows of some subjects, whatever their level."""
    if not keys:
        return []
    load_subjects(session, rule, keys)
    same = " and ".join(f"_f._k{i} = _a._k{i}" for i in range(len(rule.subject)))
    sql = f"select * from ({_answer(rule, query)}) as _f semi join {_ASKED} as _a on {same}"  # noqa: S608
    return _rows(rule, session.run(sql, values, most=MOST_FOUND))


def load_subjects(session: Session, rule: Rule, keys: Collection[str]) -> str:
    """Bring subjects in as a table with columns ``_k0``, ``_k1``…; return its name."""
    told = [json.loads(key) for key in keys]
    columns = {f"_k{i}": pa.array([each[i] for each in told], pa.string())
               for i in range(len(rule.subject))}  # fmt: skip
    session.load(_ASKED, pa.table(columns))
    return _ASKED


def levels(
    session: Session,
    rule: Rule,
    query: str,
    values: Mapping[str, Value],
    found: Iterable[Row],
) -> dict[str, int]:
    """Count the rows of each level; ``found`` are those whose level is not none.

    The others are counted without their levels being worked out: that costs nearly nothing.
    """
    counts = Counter(row.seen.level.value for row in found)
    (told,) = session.run(f"select count(*) as n from ({query}) as found", values).to_pylist()  # noqa: S608
    none = told["n"] - counts.total()
    return {**counts, **({Level.NONE.value: none} if none else {})}


def every(session: Session, rule: Rule, query: str, values: Mapping[str, Value]) -> list[Row]:
    """Return all rows; for tests and few subjects."""
    return _rows(rule, session.run(_answer(rule, query), values, most=MOST_FOUND))


def level_table(
    session: Session, rule: Rule, query: str, values: Mapping[str, Value], name: str
) -> None:
    """Keep key and level of every subject as a table in the session, the worst where it has many."""
    keys = ", ".join(f"_k{i}" for i in range(len(rule.subject)))
    rank = f"list_position(['none', 'unknown', 'blue', 'yellow', 'orange', 'red'], {_LEVEL})"
    sql = (
        f"select {keys}, arg_max({_LEVEL}, {rank}) as l "  # noqa: S608
        f"from ({_answer(rule, query)}) as _f group by {keys}"
    )
    session.derive(name, sql, values)


def _answer(rule: Rule, query: str) -> str:
    """Return the query with keys and levels beside its own columns."""
    keys = [f'cast("{name}" as varchar) as _k{i}' for i, name in enumerate(rule.subject)]
    told = f"coalesce(lower(cast(\"{LEVEL}\" as varchar)), 'unknown')"
    level = f"case when {told} in ({_LEVELS}) then {told} else 'unknown' end"
    if rule.applies_when:
        applies = f"({rule.applies_when})"
        level = f"case when {applies} is null then 'unknown' when {applies} then {level} else 'none' end"
    shown = [*keys, f"{level} as {_LEVEL}"]
    if KEEP in rule.columns:
        shown.append(f'lower(cast("{KEEP}" as varchar)) as {_KEEP}')
    return f"select *, {', '.join(shown)} from ({query}) as found"  # noqa: S608


def _rows(rule: Rule, table: pa.Table) -> list[Row]:
    keys = [f"_k{i}" for i in range(len(rule.subject))]
    own = {*keys, _LEVEL, _KEEP}
    found = []
    for told in table.to_pylist():
        subject = [told[key] for key in keys]
        key = subject_key(subject)
        if None in subject or len(key) > KEY_LETTERS:
            raise _no_subject(rule)
        cells = {name: value for name, value in told.items() if name not in own}
        found.append(Row(key, _seen(rule, told), cells))
    return found


def _seen(rule: Rule, told: Mapping[str, Any]) -> Seen:
    keep = told.get(_KEEP)
    at = instant_of(told[rule.occurred_at]) if rule.occurred_at else None
    return Seen(Level(told[_LEVEL]), Level(keep) if keep in set(Level) else None, at)


def instant_of(value: object) -> datetime | None:
    """Return a cell as an instant; a day is its beginning in Asia/Shanghai."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    return datetime.combine(value, time(), SHANGHAI) if isinstance(value, date) else None


def worst_of_each(rule: Rule, rows: Iterable[Row]) -> dict[str, Row]:
    """Return the row of each subject of a state rule: the worst, where the query gives several."""
    order = [Level.NONE, Level.UNKNOWN, Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED]
    found: dict[str, Row] = {}
    for row in rows:
        known = found.get(row.key)
        if known is None or order.index(row.seen.level) > order.index(known.seen.level):
            found[row.key] = row
    return found


def by_subject(rule: Rule, rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each subject: of a state rule the worst, of an event rule all in time."""
    if rule.kind is RuleKind.STATE:
        return {key: [row] for key, row in worst_of_each(rule, rows).items()}
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    for several in found.values():
        several.sort(key=lambda row: (row.seen.at is not None, row.seen.at))
    return found


def plain(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of a row as JSON can hold them."""
    return {name: _plain(value) for name, value in cells.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _no_subject(rule: Rule) -> Invalid:
    names = ", ".join(rule.subject)
    return Invalid(
        Text(f"规则“{rule.id}”的结果中主体（{names}）为空或过长",
             f"{rule.id!r} gives rows whose subject ({names}) is empty or too long"),
        Text("请在查询中排除空主体", "leave rows without a subject out"),
    )  # fmt: skip
