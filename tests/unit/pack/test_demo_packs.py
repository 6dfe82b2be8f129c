"""The packs for demonstration: in order, and each of their queries runs in the limited worker."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from duokua.engine.arrow import arrow_schema
from duokua.engine.scenario.session import Session
from duokua.kernel import environment
from duokua.kernel.clock import SHANGHAI
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.reading import read_pack
from duokua.loop.drawing.panel import Asked, Beside, draw
from duokua.loop.drawing.rows import EMPTY, FINE, UNKNOWN, Rows
from duokua.pack.folder import files_of

NOW = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
TODAY = date(2026, 11, 23)
PACKS = ("demo_lift", "demo_dust")
ROWS = {
    "special_equipment": [
        {
            "equipment_no": f"T{n}", "credit_code": "C", "company_name": f"{n}号楼",
            "street": ("puyan", "xixing")[n % 2], "kind": "lift", "made_in": 2010,
            "next_check_on": TODAY + timedelta(days=10 * n - 80), "maintainer": "维保",
            "in_use": n % 5 > 0,
        }
        for n in range(40)
    ],
    "dust_reading": [
        {
            "site_id": f"S{n % 6}", "day": TODAY - timedelta(days=n // 6), "street": "puyan",
            "tsp": 100.0 + 20 * n, "pm10": 40.0 + n, "spraying": n % 2 == 0,
        }
        for n in range(40)
    ],
    "construction_site": [
        {
            "site_id": f"S{n}", "name": f"{n}号工地", "street": "puyan", "builder": "甲建",
            "phase": "structure", "longitude": 120.15 + n / 100, "latitude": 30.17,
        }
        for n in range(6)
    ],
}  # fmt: skip


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> Pack:
    folder = Path(environment.read().packs) / request.param
    return read_pack(files_of(folder), folder=request.param)


@pytest.fixture
def session(pack: Pack) -> Session:
    opened = Session(memory_mb=512)
    for name, contract in pack.contracts.items():
        opened.load(name, pa.Table.from_pylist(ROWS[name], schema=arrow_schema(contract.columns)))
    return opened


def run(session: Session, pack: Pack, query: str) -> pa.Table:
    held = {name: told.at(TODAY) for name, told in pack.parameters.items()}
    values = {name: value.value for name, value in held.items() if value}
    until = NOW
    bounds = {"today": TODAY, "since": until - timedelta(days=3), "until": until, "key": "T1"}
    return session.run(query, {**values, **bounds})


def test_every_panel_is_drawn_from_its_query(pack: Pack, session: Session) -> None:
    with session:
        beside = Beside(NOW, "zh", (), pack.contracts)
        for view in pack.views.values():
            for panel in view.panels:
                if not panel.query:
                    continue
                told = run(session, pack, panel.query)
                state = FINE if told.num_rows else EMPTY
                rows = Rows(tuple(told.schema.names), told.to_pylist(), state)
                drawn = draw(panel, rows, Asked(), beside)
                assert drawn.rows.state == EMPTY or drawn.drawing is not None, panel.id
                assert len(drawn.table.rows) == min(len(rows.rows), len(drawn.table.rows) or 1)


def test_indicators_count(pack: Pack, session: Session) -> None:
    with session:
        for each in pack.indicators.values():
            if set(each.tables) & set(LOOP_TABLES):
                continue
            above = run(session, pack, each.numerator).to_pylist()[0]["value"]
            below = run(session, pack, each.denominator).to_pylist()[0]["value"]
            behind = run(session, pack, each.rows).num_rows
            assert 0 < above < below
            assert behind == below - above


def test_a_panel_that_cannot_be_judged_is_not_drawn(pack: Pack) -> None:
    beside = Beside(NOW, "zh", (), pack.contracts)
    for view in pack.views.values():
        for panel in view.panels:
            if panel.kind != "form":
                drawn = draw(panel, Rows(state=UNKNOWN), Asked(), beside)
                assert drawn.drawing is None


def test_figures_have_a_source_and_a_mark(pack: Pack) -> None:
    values = [value for told in pack.parameters.values() for value in told.values]
    assert all(value.source and value.mark in ("M", "P", "S") for value in values)


def test_the_dust_pack_has_a_case_of_three_departments() -> None:
    folder = Path(environment.read().packs) / "demo_dust"
    (book,) = read_pack(files_of(folder)).playbooks.values()
    assert len({task.department for task in book.tasks}) == 3
    assert [task.lead for task in book.tasks].count(True) == 1
    assert book.verify.sign
