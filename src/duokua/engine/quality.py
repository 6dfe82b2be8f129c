"""Measures quality rules over a table version: counts only, never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from duokua.engine.duck import DuckConnection, open_duck, scan, text_literal
from duokua.engine.rows import whole
from duokua.engine.stats import TableStats
from duokua.lang.contract import Column
from duokua.lang.quality import Metric, QualityRule

_MEMORY_MB = 1024


def bad_rows(
    files: Sequence[Path],
    stats: TableStats,
    rules: Sequence[QualityRule],
    others: Mapping[str, Sequence[Path]],
    spill: Path,
    columns: Sequence[Column] = (),
) -> dict[str, int]:
    """Return by rule name how many rows break it, for the rules about rows.

    What the statistics know is not counted again, and one pass answers all rules about single
    rows. ``others`` holds the files of the datasets that rules refer to; a rule whose dataset is
    not there is left out. ``spill`` is a folder for sorts that outgrow the memory; ``columns`` are
    those that files may not have yet.
    """
    found = {
        rule.name: stats.of(rule.columns[0]).nulls for rule in rules if rule.metric is Metric.NULL
    }
    folders = {file.parent for listed in (files, *others.values()) for file in listed}
    duck = open_duck(memory_mb=_MEMORY_MB, directories=sorted({*folders, spill}), spill=spill)
    try:
        rows = whole(files, columns) if columns else scan(files)
        found |= _in_one_pass(duck, rows, rules)
        for rule in rules:
            if rule.metric is Metric.DUPLICATE:
                found[rule.name] = _one(duck, _repeated_sql(rule, rows))
            elif rule.other is not None and (known := _having(rule.other, others)):
                found[rule.name] = _one(duck, _orphans_sql(rule, rows, known))
    finally:
        duck.close()
    return found


def _in_one_pass(duck: DuckConnection, rows: str, rules: Sequence[QualityRule]) -> dict[str, int]:
    conditions = {rule.name: _broken(rule) for rule in rules}
    conditions = {name: sql for name, sql in conditions.items() if sql}
    if not conditions:
        return {}
    counts = ", ".join(f"count(*) filter (where {sql})" for sql in conditions.values())
    row = duck.execute(f"select {counts} from {rows}").fetchall()[0]  # noqa: S608
    return dict(zip(conditions, row, strict=True))


def _broken(rule: QualityRule) -> str:
    """Return the condition under which a row breaks a rule; empty for rules about many rows."""
    match rule.metric:
        case Metric.MISSING:
            name = _quoted(rule.columns[0])
            return f"{name} is null or cast({name} as varchar) in ({_texts(rule.values)})"
        case Metric.INVALID:
            fine = " and ".join(_valid(rule, _quoted(rule.columns[0])))
            return f"not ({fine})"  # a null is missing, not invalid: the condition is null then
        case Metric.ORDER:
            one, other = map(_quoted, rule.columns)
            return f"not ({one} {rule.comparison} {other})"
    return ""


def _valid(rule: QualityRule, name: str) -> list[str]:
    conditions = []
    if rule.values:
        conditions.append(f"cast({name} as varchar) in ({_texts(rule.values)})")
    if rule.pattern is not None:
        pattern = text_literal(rule.pattern)
        conditions.append(f"regexp_full_match(cast({name} as varchar), {pattern})")
    if rule.least is not None:
        conditions.append(f"{name} >= {rule.least!r}")
    if rule.greatest is not None:
        conditions.append(f"{name} <= {rule.greatest!r}")
    return conditions


def _repeated_sql(rule: QualityRule, rows: str) -> str:
    """Count the rows beyond the first of each value; rows without a value repeat nothing."""
    names = ", ".join(map(_quoted, rule.columns))
    given = " and ".join(f"{_quoted(name)} is not null" for name in rule.columns)
    groups = (
        f"select count(*) - 1 as more from {rows} where {given} "  # noqa: S608
        f"group by {names} having count(*) > 1"
    )
    return f"select coalesce(sum(more), 0) from ({groups})"  # noqa: S608


def _having(other: tuple[str, str], others: Mapping[str, Sequence[Path]]) -> list[Path]:
    """Return the files of another dataset that have the column which a rule refers to."""
    name, column = other
    return [file for file in others.get(name, ()) if column in pq.read_schema(file).names]


def _orphans_sql(rule: QualityRule, rows: str, other: Sequence[Path]) -> str:
    assert rule.other is not None  # noqa: S101 - the caller has looked
    name, target = _quoted(rule.columns[0]), _quoted(rule.other[1])
    return (
        f"select count(*) from {rows} as one "  # noqa: S608
        f"where {name} is not null and not exists (select 1 from {scan(other, rule.other[1:])} "
        f"as other where cast(other.{target} as varchar) = cast(one.{name} as varchar))"
    )


def _one(duck: DuckConnection, sql: str) -> int:
    return int(duck.execute(sql).fetchall()[0][0])


def _texts(values: Sequence[str]) -> str:
    return ", ".join(text_literal(value) for value in values) or "''"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
