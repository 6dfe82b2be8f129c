"""The SQL of derived datasets: what may stand in it, and where its columns come from."""

from __future__ import annotations

import pytest

from duokua.kernel.errors import Invalid
from duokua.lang.derivation import ColumnRef, Derivation, read_derivation

SCHEMAS = {
    "site": ["id", "name", "street", "area"],
    "worker": ["id", "site_id", "name", "phone", "born"],
}


def read(sql: str) -> Derivation:
    return read_derivation(sql, SCHEMAS, place="c.yaml")


def refs(*names: str) -> tuple[ColumnRef, ...]:
    return tuple(ColumnRef(*name.split(".")) for name in names)


def test_columns_of_a_join_are_traced() -> None:
    read_one = read(
        "select s.id as site, count(*) as workers, min(w.born) as oldest, "
        "s.name || '-' || s.street as label from site s join worker w on w.site_id = s.id "
        "where s.area > 10 group by s.id, s.name, s.street"
    )
    assert read_one.inputs == ("site", "worker")
    assert dict(read_one.sources) == {
        "site": refs("site.id"),
        "workers": (),
        "oldest": refs("worker.born"),
        "label": refs("site.name", "site.street"),
    }
    assert read_one.decides == refs(
        "site.area", "site.id", "site.name", "site.street", "worker.site_id"
    )


def test_columns_are_traced_through_with_and_union() -> None:
    found = read(
        "with w as (select site_id, upper(name) as n from worker where phone is not null) "
        "select site_id, n from w union all select id, name from site"
    )
    assert dict(found.sources) == {
        "site_id": refs("site.id", "worker.site_id"),
        "n": refs("site.name", "worker.name"),
    }
    assert found.decides == refs("worker.phone")


def test_columns_are_traced_through_sub_selects_and_windows() -> None:
    found = read(
        "select id, (select max(w.born) from worker w where w.site_id = site.id) as m, "
        "case when area > 3 then name else 'x' end as c, "
        "row_number() over (partition by street order by id) as n from site"
    )
    assert dict(found.sources) == {
        "id": refs("site.id"),
        "m": refs("site.id", "worker.born", "worker.site_id"),
        "c": refs("site.area", "site.name"),
        "n": refs("site.id", "site.street"),
    }
    assert found.decides == refs("site.id", "worker.site_id")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * from site", "not allowed"),
        ("select s.* from site s", "not allowed"),
        ("select id from read_csv('/etc/passwd')", "no dataset"),
        ("select id from 'x.parquet'", "no dataset"),
        ("select id from other", "no dataset"),
        ("select id from main.site", "no dataset"),
        ("select id from pg_catalog.pg_tables", "no dataset"),
        ("select id, random() as r from site", "not allowed"),
        ("select id, now() as r from site", "not allowed"),
        ("select id, current_date as r from site", "not allowed"),
        ("select getenv('HOME') as h from site", "not allowed"),
        ("select read_text('/etc/passwd') as h from site", "not allowed"),
        ("select (select content from read_text('/x')) as h from site", "no dataset"),
        ("select query('select 1') as h from site", "not allowed"),
        ("select nextval('a') as h from site", "not allowed"),
        ("select unnest([1, 2]) as h from site", "not allowed"),
        ("select id from site where id = ?", "not allowed"),
        ("select id from site where id = $1", "not allowed"),
        ("with recursive r as (select id from site union all select id from r) select id from r",
         "not allowed"),
        ("with site as (select 1 as id) select id from site", "name of a dataset"),
        ('with "Site" as (select 1 as id) select id from site', "name of a dataset"),
        ('select t.id as i from "/x/y.parquet" t where t.id in '
         '(with "/x/y.parquet" as (select 1 as id) select id from "/x/y.parquet")', "no dataset"),
        ('with "y.parquet" as (select id from "y.parquet") select id from "y.parquet"',
         "no dataset"),
        ('with a as (select id from "y.parquet"), "y.parquet" as (select id from site) '
         'select id from a', "no dataset"),
        ("select cast(w as varchar) as q from worker w", "not allowed"),
        ("select worker as q from worker", "not allowed"),
        ("select id, 'x' as q from site union all by name select 'y' as q, phone as id from worker",
         "not allowed"),
        ("select s.q as q from (select max(w) as q from worker w) s", "not allowed"),
        ("select id from worker group by id having max(worker) is null", "not allowed"),
        ("select (worker).phone as q from worker", "not allowed"),
        ("select nope from site", "not known"),
        ("select id from site join worker on true", "not known"),
        ("select id, id from site", "distinct names"),
        ("delete from site", "one SELECT"),
        ("select id from site; select id from site", "one SELECT"),
        ("copy site to 'x'", "one SELECT"),
        ("attach 'x' as y", "one SELECT"),
        ("pragma database_list", "one SELECT"),
        ("", "one SELECT"),
        ("select from where", ""),
    ],
)  # fmt: skip
def test_what_is_not_listed_may_not_stand_there(sql: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(sql)
    assert any(said in fault.what.en for fault in caught.value.faults)


def test_it_runs_as_written_anew_from_the_parse() -> None:
    assert read("select /* aside */ id -- more\n from site").sql.startswith(
        'SELECT "site"."id" AS "id"'
    )


def test_with_names_are_known_below_and_behind_their_clause() -> None:
    found = read(
        "with a as (select id from site), b as (select id from a) "
        "select b.id as id from b where b.id in (select a.id from a where a.id > 1) order by id"
    )
    assert found.inputs == ("site",)
    assert dict(found.sources) == {"id": refs("site.id")}


@pytest.mark.parametrize(
    "sql",
    [
        "select exists(select 1 from worker w where w.phone = site.name) as q, id from site",
        "select (select count(*) from worker w where w.phone = site.name) as q, id from site",
        "select t.q as q, t.id as id from (select id, exists(select 1 from worker where phone = "
        "site.name) as q from site) t",
        "with c as (select phone from worker) "
        "select exists(select 1 from c where c.phone = site.name) as q, id from site",
        "select (select 1 from worker where phone like '1%') as q, id from site "
        "union all select 2, id from site",
    ],
)
def test_whether_a_row_is_found_is_made_of_what_it_is_found_by(sql: str) -> None:
    assert ColumnRef("worker", "phone") in dict(read(sql).sources)["q"]


def test_parts_of_a_union_that_do_not_match_are_refused() -> None:
    with pytest.raises(Invalid):
        read("select id, name from site union all select id from site")
