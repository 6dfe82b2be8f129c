"""Derived tables: read in the order in which they read each other, in no circle."""

from __future__ import annotations

from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.scenario.dataset_file import read_datasets
from duokua.lang.scenario.gate import Admitted, Tables

TABLES = {"pass": {"site_id": Kind.STRING, "at": Kind.TIMESTAMP, "n": Kind.INTEGER}}


def read(
    files: dict[str, str], declared: Tables | None = None
) -> tuple[dict[str, Admitted], list[str]]:
    """The derived tables, and ``file:line: what`` of each fault."""
    faults = Faults()
    found = read_datasets(
        {f"datasets/{name}.sql": sql for name, sql in files.items()}, tables=TABLES,
        parameters={"least"}, declared=declared or {}, faults=faults,
    )  # fmt: skip
    assert all(each.what.zh and each.mend.zh for each in faults.found)
    return found, [f"{each.where}: {each.what.en}" for each in faults.found]


def test_each_after_those_that_it_reads() -> None:
    found, told = read({
        "busy": "-- the busy ones\nselect * from by_site where total > $least",
        "by_site": "select site_id, sum(n) as total from pass where at < $until group by site_id",
        "first_one": "select max(total) as most from busy",
    })  # fmt: skip
    assert told == []
    assert list(found) == ["by_site", "busy", "first_one"]
    assert found["busy"].columns == {"site_id": Kind.STRING, "total": Kind.INTEGER}
    assert found["busy"].tables == ("by_site",)
    assert found["by_site"].parameters == ("until",)


def test_a_circle_is_told_once() -> None:
    found, told = read(
        {"aa": "select n from bb", "bb": "select n from cc", "cc": "select n from aa"}
    )
    assert found == {}
    assert sum("read each other" in each for each in told) == 1


def test_a_circle_of_one() -> None:
    _, told = read({"aa": "select n from aa"})
    assert any("read each other" in each for each in told)


def test_a_refused_one_is_told_with_its_line() -> None:
    found, told = read({"aa": "select n\nfrom secret", "bb": "select n from pass"})
    assert list(found) == ["bb"]
    assert told == ["datasets/aa.sql:2: secret may not be read"]


def test_names() -> None:
    _, told = read({"pass": "select 1 as a", "Bad": "select 1 as a", "case": "select 1 as a"})
    assert sorted(told) == [
        "datasets/Bad.sql:1: 'Bad' cannot name a derived table",
        "datasets/case.sql:1: 'case' cannot name a derived table",
        "datasets/pass.sql:1: 'pass' cannot name a derived table",
    ]


def test_a_contract_is_kept() -> None:
    sql = {"by_site": "select site_id, sum(n) as total, max(at) as last from pass group by site_id"}
    kinds = {"site_id": Kind.STRING, "total": Kind.NUMBER, "last": Kind.TIMESTAMP}
    assert read(sql, {"by_site": kinds})[1] == []
    other = {"site_id": Kind.STRING, "total": Kind.STRING, "first": Kind.TIMESTAMP}
    assert sorted(read(sql, {"by_site": other})[1]) == [
        "datasets/by_site.sql:1: lacks the column first of its contract",
        "datasets/by_site.sql:1: the column last is not in its contract",
        "datasets/by_site.sql:1: the column total is integer, its contract says string",
    ]
