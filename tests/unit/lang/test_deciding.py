"""Which columns decide which rows there are, however the statement is written."""

from __future__ import annotations

import pytest

from duokua.lang.derivation import read_derivation

SCHEMAS = {"site": ("id", "street", "secret"), "worker": ("id", "site", "name", "wage")}


def decides(sql: str) -> set[str]:
    """Return what decides as ``dataset.column``."""
    made = read_derivation(sql, SCHEMAS, place="test")
    return {f"{ref.dataset}.{ref.column}" for ref in made.decides}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from worker", set()),
        ("select id from worker where wage > 1", {"worker.wage"}),
        ("select id from worker order by wage", set()),
        ("select id from worker order by wage limit 3", {"worker.wage"}),
        ("select id from worker order by wage offset 3", {"worker.wage"}),
        ("select id, wage as w from worker order by w limit 3", {"worker.wage"}),
        ("select distinct on (site) id from worker", {"worker.site"}),
        (
            "select distinct on (site) id from worker order by site, wage",
            {"worker.site", "worker.wage"},
        ),
        (
            "select id, row_number() over w as n from worker window w as (partition by wage)",
            {"worker.wage"},
        ),
        ("select street from site group by street having max(secret) > 'x'",
         {"site.street", "site.secret"}),
        ("select w.id from worker w join site s on w.site = s.id", {"worker.site", "site.id"}),
        # behind names of sub-selects and WITH clauses
        ("select i from (select id as i, wage * 2 as w from worker) s where s.w > 1",
         {"worker.wage"}),
        ("with c as (select id, name as n from worker) select id from c where n = 'x'",
         {"worker.name"}),
        (
            "with c as (select id, wage as w from worker), d as (select id, w as v from c) "
            "select s.id from site s join d on s.id = d.v",
            {"site.id", "worker.wage"},
        ),
        (
            "select id from (select id, secret as x from site union all "
            "select id, name as x from worker) u where u.x = 'a'",
            {"site.secret", "worker.name"},
        ),
        ("select id from site s where exists (select 1 from worker w where w.name = s.secret)",
         {"worker.name", "site.secret"}),
        ("select id from site where secret in (select name from worker)",
         {"site.secret", "worker.name"}),
        ("select id from (select id from worker order by wage limit 1) s", {"worker.wage"}),
        ("select id from site except select site as id from worker", {"site.id", "worker.site"}),
        # what is joined does not decide by what it shows
        ("select s.id, j.n from site s join (select site, name as n from worker) j "
         "on j.site = s.id", {"worker.site", "site.id"}),
    ],
)  # fmt: skip
def test_what_decides(sql: str, expected: set[str]) -> None:
    assert decides(sql) == expected
