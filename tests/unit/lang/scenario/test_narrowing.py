"""Narrowing: allowed only where the text shows that a subject's answer needs its own rows."""

from __future__ import annotations

import pytest

from duokua.lang.scenario.narrowing import narrowed, parameters_of, tables_of

MAY = {
    "select id, v, 'red' as level from t where v > $k": ("id",),
    "select t.id, u.name, 'red' as level from t join u on u.k = t.k": ("id",),
    "select t.id, 'red' as level from t left join u using (k)": ("id",),
    "select id, 'red' as level from t join u using (id)": ("id",),
    "select x.site as id, max(v) as m, 'red' as level from t as x group by x.site": ("site",),
    "select t.id, 'red' as level from u join t on u.k = t.k": ("id",),
    "select id, 'red' as level from t where k in (select k from u limit 3)": ("id",),
    "select id, count(*) as n, 'red' as level from t group by 1": ("id",),
}
MAY_NOT = [
    "select id, 'red' as level from t where v > (select avg(v) from t)",
    "select id, v / sum(v) over () as share, 'red' as level from t",
    "select id, 'red' as level from t order by v desc limit 3",
    "select max(id) as id, 'red' as level from t",
    "select upper(id) as id, 'red' as level from t",
    "select id, 'red' as level from t union all select id, 'red' from t",
    "select k as id2, max(id) as id, 'red' as level from t group by k",
    "select t.id, 'red' as level from u left join t on u.k = t.k",
    "select t.id, 'red' as level from u full join t on u.k = t.k",
    "select t.id, 'red' as level from t right join u on u.k = t.k",
    "select u.id, 'red' as level from t join u on u.k = t.k",
    "select a.id, 'red' as level from t a join t b on a.k = b.k",
    "with t2 as (select * from t) select id, 'red' as level from t2",
    "select id, 'red' as level from u",
    "select id, 'red' as level from t qualify row_number() over (order by v) = 1",
]


@pytest.mark.parametrize("query", MAY)
def test_may(query: str) -> None:
    found = narrowed(query, "t", ("id",), "small")
    assert found is not None and found.columns == MAY[query]
    assert "t" not in tables_of(found.query) and "small" in tables_of(found.query)


@pytest.mark.parametrize("query", MAY_NOT)
def test_may_not(query: str) -> None:
    assert narrowed(query, "t", ("id",), "small") is None


def test_what_a_query_names() -> None:
    query = "with q as (select * from t where a > $k) select * from q join u using (id) where b < $until"
    assert tables_of(query) == ("t", "u")
    assert parameters_of(query) == {"k", "until"}
