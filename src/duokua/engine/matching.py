"""Matches the subjects of two datasets by pseudonyms, names, birth dates and phones, in DuckDB."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from duokua.engine.duck import DuckConnection, open_duck

SIDE = pa.schema(
    [
        ("subject", pa.string()),  # pseudonym, null where there is no valid number
        ("told", pa.bool_()),  # whether there was any number
        ("name", pa.string()),
        ("birth", pa.string()),  # 2026-05-06
        ("phone", pa.string()),  # pseudonym
    ]
)
_OPEN = """
    select distinct subject, name, birth, phone from {0} where name is not null
    and (subject is null or subject not in (select subject from numbered))"""
_PAIRS = {
    # the same number: agreed where any name agrees or one side tells none
    "numbered": """
        select l.subject, bool_or(l.name is null or r.name is null or l.name = r.name) as agreed
        from (select distinct subject, name from l_side where subject is not null) l
        join (select distinct subject, name from r_side where subject is not null) r
        using (subject) group by l.subject""",
    "l_open": _OPEN.format("l_side"),
    "r_open": _OPEN.format("r_side"),
    # the same name with birth date or phone, where the numbers do not already say the same
    "probable": """
        select l.subject as l_subject, r.subject as r_subject,
            coalesce(l.birth = r.birth, false) as by_birth,
            coalesce(l.phone = r.phone, false) as by_phone
        from l_open l join r_open r on l.name = r.name and (l.birth = r.birth or l.phone = r.phone)""",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two subjects that a person should look at; pseudonyms, never numbers or names."""

    kind: str  # "probable" or "conflict"
    left: str | None
    right: str | None
    reason: str  # "name_birth", "name_phone", "name_birth_phone" or "names_differ"


@dataclass(frozen=True, slots=True)
class Side:
    """What one dataset brought: rows, subjects by number, numbers that are none."""

    rows: int
    subjects: int
    invalid: int
    unmatched: int  # subjects of no exact or conflicting match


@dataclass(frozen=True, slots=True)
class Matched:
    """Counts of subjects: the same by number, perhaps the same, the same number but other names."""

    left: Side
    right: Side
    exact: int
    probable: int
    conflict: int
    queue: tuple[Pair, ...]


def match(left: Iterable[pa.RecordBatch], right: Iterable[pa.RecordBatch], most: int) -> Matched:
    """Match two sides of the schema :data:`SIDE`; ``most`` bounds the queue, not the counts."""
    duck = open_duck()
    try:
        for name, batches in (("l_side", left), ("r_side", right)):
            reader = pa.RecordBatchReader.from_batches(SIDE, iter(batches))
            duck.register("source", reader)
            duck.execute(f"create temp table {name} as select * from source")  # noqa: S608
            duck.unregister("source")
        for name, sql in _PAIRS.items():
            duck.execute(f"create temp table {name} as {sql}")
        return _told(duck, most)
    finally:
        duck.close()


def _told(duck: DuckConnection, most: int) -> Matched:
    exact, conflict = duck.execute(
        "select count(*) filter (where agreed), count(*) filter (where not agreed) from numbered"
    ).fetchall()[0]
    [(probable,)] = duck.execute("select count(*) from probable").fetchall()
    return Matched(
        left=_side(duck, "l_side"),
        right=_side(duck, "r_side"),
        exact=exact,
        probable=probable,
        conflict=conflict,
        queue=tuple(_queue(duck, most)),
    )


def _side(duck: DuckConnection, name: str) -> Side:
    row = duck.execute(
        f"select count(*), count(distinct subject), "  # noqa: S608
        "count(*) filter (where told and subject is null), count(distinct subject) "
        f"filter (where subject not in (select subject from numbered)) from {name}"
    ).fetchall()[0]
    return Side(*row)


def _queue(duck: DuckConnection, most: int) -> list[Pair]:
    found = duck.execute(
        "select 'conflict', subject, subject, 'names_differ' from numbered where not agreed "
        "union all select 'probable', l_subject, r_subject, concat('name', "
        "case when by_birth then '_birth' end, case when by_phone then '_phone' end) "
        "from probable order by 1, 2 nulls last, 3 nulls last, 4 limit $most",
        {"most": most},
    ).fetchall()
    return [Pair(*row) for row in found]
