"""How much was used under each grant, summed from the counters of the receipt index."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from duokua.engine import sqlite
from duokua.serving.receipt_search import conditions
from duokua.serving.receipts import PROBED
from duokua.serving.usage import Within
from duokua.serving.usage_store import EPOCH


@dataclass(frozen=True, slots=True)
class GrantUse:
    """Calls and rows of one grant for one purpose; an export that is open counts as reserved."""

    interface: str
    grant: str
    department: str
    client: str
    purpose: str
    calls: int
    rows: int


def by_grant(index: Path, within: Within) -> list[GrantUse]:
    """Return what was used under each grant, most calls first; probes are none of it."""
    if not index.exists():
        return []
    where, values = conditions(
        {}, {"department": within.departments, "interface": within.interfaces}
    )
    days = (within.first - EPOCH).days, (within.last - EPOCH).days
    with closing(sqlite.connect(index, readonly=True)) as connection:
        found = connection.execute(
            "select u.interface, u.grant_id, u.department, u.client, u.purpose, "  # noqa: S608
            "sum(t.calls) as calls, sum(t.rows) from total t join use u on u.id = t.use "
            f"where t.day between ? and ? and u.door <> '{PROBED}' and {where} "
            "group by 1, 2, 3, 4, 5 "
            "order by calls desc, 1, 2",
            (*days, *values),
        ).fetchall()
    return [GrantUse(*row) for row in found]
