"""Pages of scenarios: who may open them, what they draw, and what they say when they cannot judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from django.test import Client

from duokua.kernel import clock
from duokua.loop.actions import panels
from duokua.loop.models import Case, Concern, Evidence, Finding, Task
from scenario_packs import adopt, lift

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]
PAGES = ("", "overview/", "indicators/", "indicators/in_date/", "indicators/closed_loop/")
ROWS = [
    {
        "equipment_no": f"T{n}", "credit_code": "C", "company_name": f"<b>{n}号楼</b>",
        "street": "puyan", "kind": "lift", "made_in": 2010,
        "next_check_on": clock.district_day(clock.now()) + timedelta(days=10 * n - 100),
        "maintainer": "维保", "in_use": True,
    }
    for n in range(40)
]  # fmt: skip


@pytest.fixture
def yard(db: None) -> Iterator[None]:
    adopt(lift(), clock.now())
    yield
    panels.close_all()


@pytest.fixture
def granted(yard: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the program read forty lifts; the gateway itself is another test's."""

    class Given:
        def version(self, interface: str) -> tuple[int, datetime]:
            return 1, datetime(2026, 5, 6, tzinfo=UTC)

        def read(self, interface: str, columns: object) -> object:
            from duokua.exchange.facade import Reading

            at = datetime(2026, 5, 6, tzinfo=UTC)
            table = pa.Table.from_pylist(ROWS)
            return Reading(table, ("r-77",), at, 1, ("equipment_no",))

        def changes(self, *told: object) -> None:
            return None

    monkeypatch.setattr(panels, "AsProgram", lambda *told: Given())
    monkeypatch.setattr(panels, "_not_granted", lambda *told: "")
    yield


def test_who_has_no_role_in_it_finds_no_scenario(sign_in: Browser, yard: None) -> None:
    for name, status in (("steward_a", 200), ("bureau_a", 200), ("auditor_c", 200),
                         ("developer_b", 404)):  # fmt: skip
        for page in PAGES:
            assert sign_in(name).get(f"/s/demo_lift/{page}").status_code == status, (name, page)
    assert sign_in("steward_a").get("/s/demo_none/").status_code == 404
    assert sign_in("steward_a").get("/s/demo_lift/none/").status_code == 404


def test_a_scenario_that_was_retired_has_no_page(sign_in: Browser, yard: None) -> None:
    from duokua.loop.models import Ruleset

    Ruleset.objects.update(active=False)
    assert sign_in("steward_a").get("/s/demo_lift/").status_code == 404


def test_without_a_grant_nothing_is_judged_and_the_page_says_so(
    sign_in: Browser, yard: None
) -> None:
    page = sign_in("steward_a").get("/s/demo_lift/overview/").content.decode()
    assert "尚无读取授权：special_equipment" in page
    assert "无法判断" in page
    english = sign_in("steward_a", "en").get("/s/demo_lift/overview/").content.decode()
    assert "no grant to read special_equipment yet" in english


def test_panels_are_drawn_with_their_rows_beside_them(sign_in: Browser, granted: None) -> None:
    page = sign_in("steward_a").get("/s/demo_lift/overview/").content.decode()
    assert page.count('<svg class="drawn chart"') == 2
    assert '<svg class="drawn gauge' in page
    assert "<b>1号楼</b>" not in page  # cells are text
    assert "&lt;b&gt;1号楼" in page
    assert "r-77" in page
    assert page.count("以表格显示") >= 3
    assert "无法判断" not in page


def test_a_table_is_sorted_paged_and_taken_along(sign_in: Browser, granted: None) -> None:
    browser = sign_in("steward_a")
    down = browser.get("/s/demo_lift/overview/?listed.sort=-days_left").content.decode()
    assert 'aria-sort="descending"' in down
    file = browser.get("/s/demo_lift/overview/listed.csv?listed.sort=days_left")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert file["Content-Type"].startswith("text/csv")
    days = [int(line.rsplit(",", 1)[1].strip("'")) for line in lines[1:]]
    assert days == sorted(days)
    assert len(days) == 17
    second = browser.get("/s/demo_lift/overview/?listed.page=2").content.decode()
    assert "第 2 / 2 页" in second
    assert browser.get("/s/demo_lift/overview/none.csv").status_code == 404


def test_one_thing_has_a_page_of_its_own(sign_in: Browser, granted: None) -> None:
    browser = sign_in("steward_a")
    page = browser.get("/s/demo_lift/lift/?key=T3").content.decode()
    assert "3号楼" in page
    assert "4号楼" not in page
    assert '<svg class="drawn gantt"' in page
    assert "停用日期" in page  # of its form
    assert browser.get("/s/demo_lift/lift/?key=T99").status_code == 404


def test_a_form_that_was_filled_in_stands_on_the_page_of_the_thing(
    sign_in: Browser, granted: None
) -> None:
    now = clock.now()
    _case(3, "dispatched", now, drill=False)
    _case(4, "dispatched", now, drill=True)
    for number, day in (("L-3", "2026-05-04"), ("L-4", "2026-05-05")):
        case = Case.objects.get(number=number)
        Concern.objects.create(case=case, department_id="dept_a")
        task = Task.objects.create(
            case=case, play="inspect", title_zh="检", title_en="Inspect", department_id="dept_a",
            role="handler", state="accepted", opened_at=now, changed_at=now,
        )  # fmt: skip
        Evidence.objects.create(
            id=f"ev-{number}", case=case, task=task.id, ask="notice", kind="form", given_by="head_a",
            body={"stopped_on": day, "equipment_no": "<i>T3</i>"}, given_at=now,
        )  # fmt: skip
    blank = sign_in("auditor_c").get("/s/demo_lift/lift/?key=T5").content.decode()
    assert "尚未填报" in blank
    page = sign_in("auditor_c").get("/s/demo_lift/lift/?key=T3").content.decode()
    assert "2026-05-04" in page
    assert "/cases/L-3/" in page
    assert "&lt;i&gt;T3" in page
    assert "<i>T3" not in page
    other = sign_in("steward_a").get("/s/demo_lift/lift/?key=T3").content.decode()
    assert "2026-05-04" not in other  # who may not know of the case
    exercise = sign_in("auditor_c").get("/s/demo_lift/lift/?key=T4").content.decode()
    assert "2026-05-05" not in exercise


def test_indicators_tell_what_is_behind_them(sign_in: Browser, granted: None) -> None:
    browser = sign_in("steward_a")
    every = browser.get("/s/demo_lift/indicators/").content.decode()
    assert "30 / 40" in every
    assert "75 %" in every
    behind = browser.get("/s/demo_lift/indicators/in_date/").content.decode()
    assert "共 10 行" in behind
    file = browser.get("/s/demo_lift/indicators/in_date/?format=csv")
    assert len(file.content.decode("utf-8-sig").splitlines()) == 11


def test_the_closed_loop_rate_comes_from_the_ledger_of_cases(
    sign_in: Browser, granted: None
) -> None:
    now = clock.now()
    for n, state in enumerate(("closed", "dispatched", "dispatched", "closed")):
        _case(n, state, now, drill=n == 3)
    browser = sign_in("steward_a")
    every = browser.get("/s/demo_lift/indicators/").content.decode()
    assert "1 / 3" in every
    behind = browser.get("/s/demo_lift/indicators/closed_loop/").content.decode()
    assert "L-1" in behind
    assert "L-0" not in behind
    overview = browser.get("/s/demo_lift/overview/").content.decode()
    assert "/cases/L-1/" in overview
    assert "L-3" not in overview  # an exercise


def _case(n: int, state: str, now: datetime, *, drill: bool) -> None:
    Case.objects.create(
        number=f"L-{n}", pack="demo_lift", rule="inspection_due", version="1.0.0",
        playbook="late_inspection", subject=f'["T{n}"]', name=f"{n}号", title_zh="电梯", title_en="Lift",
        level="orange", severity=3, state=state, lead_id="dept_a", owner_id="dept_a",
        live=state != "closed", opened_at=now, changed_at=now, rank_at=now, drill=drill,
    )  # fmt: skip


def test_every_table_of_the_ledger_can_be_read(sign_in: Browser, yard: None) -> None:
    from duokua.lang.scenario.queries import LOOP_TABLES
    from duokua.loop.selectors.loop_tables import loop_table

    for name, columns in LOOP_TABLES.items():
        assert set(loop_table(name, "demo_lift").schema.names) == set(columns)


def test_findings_stand_on_the_pages_of_packs(sign_in: Browser, yard: None) -> None:
    now = clock.now()
    Finding.objects.create(
        pack="demo_lift", rule="inspection_due", version="1.0.0", kind="warning", subject='["T1"]',
        name="甲楼", level="red", worst="red", state="open", why={}, opened_at=now, seen_at=now,
    )  # fmt: skip
    from duokua.loop.facade import scenarios

    assert scenarios.open_findings("demo_lift") == {"inspection_due": 1}


def test_a_domain_leads_to_its_scenarios_for_whoever_may_open_them(
    sign_in: Browser, yard: None
) -> None:
    assert "/s/demo_lift/" in sign_in("steward_a").get("/domains/economy/").content.decode()
    assert "/s/demo_lift/" not in sign_in("developer_b").get("/domains/economy/").content.decode()
    assert "/s/demo_lift/" not in sign_in("steward_a").get("/domains/law/").content.decode()
    assert "/s/demo_lift/" not in Client().get("/domains/economy/").content.decode()
