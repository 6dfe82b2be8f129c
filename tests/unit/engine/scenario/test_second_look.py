"""What the engine takes a text for is looked at once more, and refused when in doubt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duokua.engine.duck import DuckConnection, open_duck
from duokua.engine.scenario.second_look import Undeclared, look


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckConnection]:
    """An engine with two tables, of which one is granted."""
    opened = open_duck(threads=1, alone=True)
    opened.execute("create table site (id integer, seen timestamptz, value double)")
    opened.execute("create table secret (id integer, name varchar)")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("select id from site where seen >= $since and value > $least", {"since", "least"}),
        ("with x as (select id from site) select id from x union all select id from SITE", set()),
        ("select a.id from site as a join site as b using (id) qualify row_number() over () = 1", set()),
        ("select a.id from site a asof join site b on a.id = b.id and a.seen >= b.seen", set()),
        ("select v.a, h.i from (values (1)) as v(a), range(0, 3) as h(i)", set()),
        ("select date_trunc('day', seen) as d, count(*) filter (where value > 1) from site group by 1",
         set()),
        ("select id from site where exists (select 1 from site s where s.id = site.id)", set()),
    ],
)  # fmt: skip
def test_one_query_over_granted_tables(duck: DuckConnection, query: str, named: set[str]) -> None:
    assert look(duck, query, {"site"}) == named


@pytest.mark.parametrize(
    "query",
    [
        "select name from secret",
        "select id from site where id in (select id from secret)",
        "with x as (select (select max(name) from secret) as m) select m from x",
        "with site as (select id from secret) select id from site",
        "select id from main.site",
        "select id from memory.main.site",
        'select id from "SECRET"',
        "select * from query('select name from secret')",
        "select * from query_table('secret')",
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/hostname'",
        "select * from glob('*')",
        "select * from duckdb_tables()",
        "select * from pragma_storage_info('secret')",
        "select table_name from information_schema.tables",
        "select name from sqlite_master",
        "select getenv('HOME') as h",
        "select current_setting('threads') as t",
        "select stats(id) as s from site",
        "select error('x') as e from site",
        "select columns('.*') from site",
        "select list_transform([1], x -> x) as l from site",
        "select id from site tablesample 10%",
        "select id from site at (version => 1)",
        "with recursive r as (select 1 as n union all select n + 1 from r) select n from r",
        "pivot site on id using count(*)",
        "summarize site",
        "describe site",
        "show tables",
        "explain select id from site",
        "select 1; select 2",
        "create table mine (a integer)",
        "set threads = 1",
        "copy (select 1) to '/tmp/x.csv'",
        "prepare p as select 1",
        "select " + "abs(" * 400 + "1" + ")" * 400,
        "select " + "abs(" * 150 + "1" + ")" * 150,
        "",
    ],
)
def test_anything_else_is_refused(duck: DuckConnection, query: str) -> None:
    with pytest.raises(Undeclared):
        look(duck, query, {"site"})


def test_a_text_that_the_engine_cannot_read_is_refused(duck: DuckConnection) -> None:
    import duckdb

    for query in ("select from where", "select 'x", "(" * 3000 + "select 1"):
        with pytest.raises((Undeclared, duckdb.Error)):
            look(duck, query, {"site"})
    assert look(duck, "select id from site", {"site"}) == frozenset()
