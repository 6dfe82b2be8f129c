"""A question to a cube is answered alike by the index and by the worker."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from duokua.engine.cube import build_cells
from duokua.engine.duck import open_duck
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.cube import Cube, Measure, cell_columns
from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface, Shape
from duokua.lang.predicate import And, Compare, In, Not, Predicate
from duokua.lang.query import Aggregate, Order, Query
from duokua.serving import cubes, query_sql
from duokua.serving.plan import Binds, Plan, Served
from duokua.serving.querying import typed
from engines import batch_of

TEXT = Text("列", "column")
DIMENSIONS = ("street", "on", "new")
CONTRACT = Contract(
    "p", "1.0.0", TEXT, TEXT, "d", Level.L3,
    (
        Column("id", Kind.INTEGER, TEXT, required=True),
        Column("street", Kind.STRING, TEXT, required=True),
        Column("on", Kind.DATE, TEXT, required=True),
        Column("new", Kind.BOOLEAN, TEXT, required=True),
        Column("wage", Kind.NUMBER, TEXT, level=Level.L3, personal="income"),
    ),
    ("id",),
)  # fmt: skip
CUBE = Cube(
    DIMENSIONS,
    (Measure("n", "count"), Measure("total", "sum", "wage", (0.0, 99.0)),
     Measure("mean", "avg", "wage", (0.0, 99.0))),
)  # fmt: skip
FIGURES = tuple(Aggregate(each.fn, each.column, each.name) for each in CUBE.measures)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """A grant of a cube whose figures are no whole numbers."""
    folder = tmp_path_factory.mktemp("cube")
    rows = [
        {"id": at, "street": f"=S{at % 7}", "on": f"2026-0{at % 3 + 1}-01", "new": at % 2 == 0,
         "wage": (at * 37 % 101) / 3}
        for at in range(4000)
    ]  # fmt: skip
    path = folder / "1.sqlite"
    spec = IndexSpec(cell_columns(CUBE, CONTRACT), DIMENSIONS, (), None)
    cells = build_cells(CUBE, CONTRACT, [batch_of(CONTRACT.columns, rows)])
    assert cells.num_rows == 42
    build_index(spec, cells.to_batches(), path, subject_key=b"s")
    manifest = Manifest("i", 1, "", 42, path.name, export_path(path).name, (), "")
    interface = Interface(
        "i", "1.0.0", TEXT, TEXT, "p", "d", Shape.AGGREGATE, DIMENSIONS, (), DIMENSIONS, cube=CUBE
    )
    grant = Grant("g", "c", "d", "i", "p", "b", DIMENSIONS, (), Compare("street", "ne", "=S6"),
                  Quota(), 10, 0.0, 1e12)  # fmt: skip
    opened = Served.open(interface, CONTRACT, manifest, folder)
    yield Plan(opened, grant, "k")
    opened.close()


WHERES: list[Predicate] = [
    And(()),
    Not(In("street", ("=S1", "=S2"))),
    And((Compare("on", "ge", "2026-02-01"), Compare("new", "eq", True))),
    Compare("street", "eq", "=S6"),
]


@pytest.mark.parametrize("where", WHERES)
def test_both_engines_answer_alike(plan: Plan, where: Predicate) -> None:
    duck = open_duck(threads=1, directories=[plan.served.folder])
    for size in range(len(DIMENSIONS) + 1):
        for group in itertools.permutations(DIMENSIONS, size):
            order = (Order("mean", True),) if size else ()
            query = Query((), where, group, FIGURES, order, 100)
            dialect = query_sql.Sqlite(Binds(first=1))
            assert plan.served.index is not None
            sql = cubes._sql(plan, query, 100, dialect, "")
            columns = cubes.cube_columns(plan, query)
            index = list(plan.served.index.execute(sql, tuple(dialect.binds.values)))
            made = cubes._statement(plan, query, 100, "json")
            worker = [row[:-1] for row in duck.execute(made.sql, made.values).fetchall()]
            assert typed(columns, index) == worker
            assert bool(worker) == (where != WHERES[-1])  # the row filter's street
    duck.close()
