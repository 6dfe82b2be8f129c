"""The forms of interfaces and grants: nothing is lost, each fault at its field, owners only."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.lake import facade as lake
from duokua.lang.interface import Shape
from duokua.lang.mask import ByKind
from duokua.lang.mask_kinds import MaskKind
from duokua.lang.odcs import dump_contract
from web.conftest import WORKER

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
DEFINE = "/store/interfaces/define/crane_worker/"
OPEN = "/store/interfaces/crane_by_id/grants/open/"
BY_ID = """\
interface: crane_by_id
version: 1.0.0
title: {zh: 按编号查, en: By number}
description: {zh: 一人一行, en: One row each}
dataset: crane_worker
shape: lookup
columns: [worker_id, phone, trade]
"""
_numbers = itertools.count()
FORM = {
    "id": "cranes", "version": "1.0.0", "title_zh": "塔吊司机", "title_en": "Crane drivers",
    "description_zh": "在场人员", "description_en": "Who is on site", "shape": "page",
    "columns": ["worker_id", "phone", "trade"], "order_1": "worker_id",
    "p_column_1": "trade", "p_op_1": "eq", "p_name_1": "trade",
    "least": "10", "budget": "200",
}  # fmt: skip
GRANT = {
    "client": "watch", "purpose": "塔吊核查", "basis": "《条例》第一条", "valid_until": "2031-12-31",
    "columns": ["worker_id", "phone"], "quota_calls_per_day": "50",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _rows(db: None, tmp_path: Path) -> None:
    """A dataset of dept_a with three rows and an interface; the database forgets them again."""
    lake.register(dump_contract(replace(WORKER, id="crane_worker")), by="steward_a", now=NOW)
    file = tmp_path / "workers.csv"
    file.write_text("worker_id,phone,trade\n1,13812345678,crane\n2,13912340000,\n3,,crane\n")
    batch = f"define-{next(_numbers)}"
    lake.ingest("crane_worker", file, batch=batch, mode="replace", by="steward_a", now=NOW)
    exchange.publish_interface(BY_ID, source="x.yaml", by="steward_a", now=NOW)


def looked() -> list[audit.AuditRecord]:
    return audit.find(verb="exchange.interface.previewed")


def page_of(answer: object) -> str:
    return str(answer.content.decode())  # type: ignore[attr-defined]


def test_a_steward_begins_with_their_datasets(sign_in: SignIn) -> None:
    page = page_of(sign_in("steward_a").get("/store/interfaces/define/"))
    assert DEFINE in page
    assert "/define/air/" not in page, "another department's"


@pytest.mark.parametrize("name", ["developer_b", "bureau_a", "auditor_c"])
@pytest.mark.parametrize(
    "path",
    [
        DEFINE,
        "/store/interfaces/crane_by_id/change/",
        OPEN,
    ],
)
def test_only_stewards_define(sign_in: SignIn, name: str, path: str) -> None:
    assert sign_in(name).get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/store/interfaces/define/air/", "/store/interfaces/air_now/change/",
     "/store/interfaces/air_now/grants/open/"],
)  # fmt: skip
def test_only_of_their_own_department(sign_in: SignIn, path: str) -> None:
    browser = sign_in("steward_a")
    assert browser.get(path).status_code == 403
    assert browser.post(path, {**FORM, "act": "publish"}).status_code == 403


def test_a_preview_is_the_masked_answer_and_is_recorded(sign_in: SignIn) -> None:
    before = len(looked())
    answer = sign_in("steward_a").post(DEFINE, {**FORM, "act": "preview"})
    assert answer.status_code == 200
    page = page_of(answer)
    assert "138****5678" in page
    assert "13812345678" not in page
    rows = answer.context["preview"].rows
    assert [row[:2] for row in rows] == [(1, "138****5678"), (2, "139****0000"), (3, None)]
    records = looked()
    assert len(records) == before + 1
    assert records[0].by == "steward_a"
    assert records[0].detail["columns"] == ["worker_id", "phone", "trade"]
    assert records[0].detail["masked"] == ["phone"]
    assert len(records[0].detail["subjects"]) == 3
    assert f"audit-{records[0].seq}" in page
    assert exchange.interfaces(search="cranes") == [], "nothing is served"


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"given_trade": "crane"}, [1, 3]),
        ({"where_column_1": "trade", "where_op_1": "eq", "where_value_1": "crane"}, [1, 3]),
        ({"where_column_1": "phone", "where_op_1": "present"}, [1, 2]),
        ({"where_column_1": "phone", "where_op_1": "prefix", "where_value_1": "139"}, [2]),
        ({"where_column_1": "worker_id", "where_op_1": "in", "where_value_1": "1，3",
          "where_column_2": "phone", "where_op_2": "missing"}, [3]),
        ({"where_column_1": "worker_id", "where_op_1": "gt", "where_value_1": "2",
          "where_column_2": "trade", "where_op_2": "missing",
          "where_join": "any"}, [2, 3]),
        ({"shape": "lookup", "given_worker_id": "2"}, [2]),
        ({"shape": "lookup"}, [1]),
    ],
)  # fmt: skip
def test_a_preview_heeds_filters_and_parameters(
    sign_in: SignIn, changes: dict[str, str], ids: list[int]
) -> None:
    answer = sign_in("steward_a").post(DEFINE, {**FORM, **changes, "act": "preview"})
    assert [row[0] for row in answer.context["preview"].rows] == ids


VERIFY = {**FORM, "shape": "verify", "key": ["worker_id"], "columns": ["phone", "trade"]}


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),  # what stands in the first row
        ({"given_worker_id": "2", "given_phone": "13912340000"}, True),
        ({"given_worker_id": "2", "given_phone": "13812345678"}, False),
        ({"given_worker_id": "1", "given_phone": "13812345678", "given_trade": "mason"}, False),
        ({"given_worker_id": "9", "given_phone": "13812345678"}, False),
        ({"given_worker_id": "1", "given_phone": "13812345678", "where_column_1": "trade",
          "where_op_1": "missing"}, False),
    ],
)  # fmt: skip
def test_a_preview_of_a_verification_is_yes_or_no(
    sign_in: SignIn, changes: dict[str, str], holds: bool
) -> None:
    answer = sign_in("steward_a").post(DEFINE, {**VERIFY, **changes, "act": "preview"})
    assert answer.status_code == 200, answer.context["faults"]
    told = answer.context["preview"]
    assert [column.name for column in told.columns] == ["match"]
    assert told.rows == ((holds,),)
    assert json.loads(told.json)["rows"] == [{"match": holds}]
    assert "138" not in told.json
    assert looked()[0].detail["columns"] == ["phone", "trade"]
    absent = changes.get("given_worker_id") == "9"
    assert len(looked()[0].detail["subjects"]) == (0 if absent else 1)


def test_a_preview_of_a_feed_tells_what_its_rows_look_like(sign_in: SignIn) -> None:
    sent = {**FORM, "shape": "changes", "p_column_1": "", "p_name_1": "", "act": "preview"}
    answer = sign_in("steward_a").post(DEFINE, sent)
    assert answer.status_code == 200, answer.context["faults"]
    told = answer.context["preview"]
    names = [column.name for column in told.columns]
    assert names == ["_change", "_version", "worker_id", "phone", "trade"]
    version = json.loads(told.json)["version"]
    assert [row[:4] for row in told.rows] == [
        ("upsert", version, 1, "138****5678"), ("upsert", version, 2, "139****0000"),
        ("upsert", version, 3, None),
    ]  # fmt: skip


def _crews(tmp_path: Path) -> None:
    columns = (*WORKER.columns[:2], replace(WORKER.columns[2], required=True, codes=()))
    contract = replace(WORKER, id="crew", columns=columns)
    lake.register(dump_contract(contract), by="steward_a", now=NOW)
    lines = [f"{n},,{'crane' if n % 3 else 'mason'}" for n in range(1, 61)] + ["61,,diver"]
    file = tmp_path / "crews.csv"
    file.write_text("\n".join(["worker_id,phone,trade", *lines]) + "\n")
    batch = f"crews-{next(_numbers)}"
    lake.ingest("crew", file, batch=batch, mode="replace", by="steward_a", now=NOW)


CREW = "/store/interfaces/define/crew/"
CUBE = {
    **FORM, "shape": "aggregate", "columns": ["trade"], "order_1": "", "p_column_1": "",
    "p_name_1": "", "m_name_1": "people", "m_fn_1": "count", "act": "preview",
}  # fmt: skip


def test_a_preview_of_a_cube_leaves_out_what_is_rare(sign_in: SignIn, tmp_path: Path) -> None:
    _crews(tmp_path)
    answer = sign_in("steward_a").post(CREW, CUBE)
    assert answer.status_code == 200, answer.context["faults"]
    told = answer.context["preview"]
    assert [column.name for column in told.columns] == ["trade", "people"]
    assert told.rows == (("crane", 40), ("mason", 20)), "one diver is not told of"
    assert "diver" not in told.json and not told.part
    assert looked()[0].detail["subjects"] == []


def test_a_cube_with_noise_is_not_drawn_for_a_preview(sign_in: SignIn, tmp_path: Path) -> None:
    """Several draws of the same figures would tell them without their noise."""
    _crews(tmp_path)
    before = len(looked())
    noise = {**CUBE, "more": "noise: {epsilon: 1, budget: 20}"}
    answer = sign_in("steward_a").post(CREW, noise)
    assert answer.status_code == 422 and not answer.context["faults"]
    assert "noise" in answer.context["told"].what.en and answer.context["preview"] is None
    assert len(looked()) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "塔吊"}, "id"),
        ({"id": "crane_by_id"}, "id"),
        ({"version": "1"}, "version"),
        ({"title_en": ""}, "title"),
        ({"description_zh": ""}, "description"),
        ({"shape": "odd"}, "shape"),
        ({"columns": []}, "columns"),
        ({"p_op_1": "prefix", "p_column_1": "worker_id"}, "parameter_1"),
        ({"p_column_2": "phone", "p_op_2": "eq", "p_name_2": "limit"}, "parameter_2"),
        ({"order_1": "phone"}, "order"),
        ({"open": "on"}, "open"),
        ({"more": "sunset: never"}, "more"),
        ({"more": "columns: [trade]"}, "more"),
        ({"where_column_1": "worker_id", "where_value_1": "many"}, "where/1"),
        ({"mask_phone": '{"round": 10}'}, "masks/phone"),
        ({"mask_phone": "{"}, "masks/phone"),
        ({"mask_worker_id": '{"hide": true}'}, "masks/worker_id"),
        ({"shape": "lookup", "given_worker_id": "x"}, "given/worker_id"),
        ({"shape": "aggregate"}, "measures"),
        ({"shape": "aggregate", "m_name_1": "n", "m_fn_1": "sum"}, "measure_1"),
    ],
)
def test_each_fault_stands_at_its_field_and_nothing_is_lost(
    sign_in: SignIn, changes: dict[str, object], field: str
) -> None:
    sent = {**FORM, **changes, "act": "preview"}
    for language in ("zh-hans", "en"):
        answer = sign_in("steward_a", language).post(DEFINE, sent)
        assert answer.status_code == 422
        assert field in answer.context["faults"], answer.context["faults"]
        assert answer.context["preview"] is None
        fault = answer.context["faults"][field][0]
        shown = fault.what.en if language == "en" else fault.what.zh
        page = page_of(answer)
        assert shown.replace("'", "&#x27;").replace('"', "&quot;") in page
        kept = answer.context["form"]
        assert (kept.title_zh, kept.id) == (sent["title_zh"], sent["id"])


def test_publish_change_and_see_what_differs(sign_in: SignIn) -> None:
    browser = sign_in("steward_a")
    done = browser.post(DEFINE, {**FORM, "act": "publish"})
    assert done["Location"] == "/store/interfaces/cranes/", page_of(done)
    made = exchange.interface("cranes").interface
    assert (made.shape, made.columns) == (Shape.PAGE, ("worker_id", "phone", "trade"))
    assert [each.name for each in made.parameters] == ["trade"]
    change = "/store/interfaces/cranes/change/"
    page = browser.get(change)
    assert page.context["form"].version == "1.1.0"
    assert 'name="p_name_1" value="trade"' in page_of(page)
    wanted = {**FORM, "version": "1.1.0", "columns": ["worker_id", "trade"]}
    seen = browser.post(change, {**wanted, "act": "preview"})
    kinds = {(line.kind, line.text) for line in seen.context["diff"]}
    assert ("gone", "columns: [worker_id, phone, trade]") in kinds
    assert ("added", "columns: [worker_id, trade]") in kinds
    stale = browser.post(change, {**wanted, "version": "1.0.0", "act": "publish"})
    assert "version" in stale.context["faults"]
    masked = {**wanted, "mask_trade": '{"hide": true}'}
    assert browser.post(change, {**masked, "act": "publish"}).status_code == 302
    assert exchange.interface("cranes").interface.columns == ("worker_id", "trade")
    proposed = page_of(browser.get("/store/interfaces/cranes/grants/open/"))
    assert 'name="mask_phone"' not in proposed, "it is not served any more"
    assert re.search(r'<option value="[^"]*hide[^"]*" selected>', proposed), "as the form proposed"


def test_the_file_is_downloaded_as_it_would_be_published(sign_in: SignIn) -> None:
    answer = sign_in("steward_a").post(DEFINE, {**FORM, "id": "cranes_b", "act": "download"})
    assert answer["Content-Disposition"] == 'attachment; filename="cranes_b.yaml"'
    made = exchange.publish_interface(page_of(answer), source="x.yaml", by="steward_a", now=NOW)
    assert made.interface.title.zh == "塔吊司机"


def test_more_lines_keep_what_was_typed(sign_in: SignIn) -> None:
    page = page_of(sign_in("steward_a").post(DEFINE, {**FORM, "act": "more"}))
    assert len(re.findall(r'name="p_name_\d+"', page)) == 3
    assert 'name="p_name_1" value="trade"' in page


def test_a_grant_is_opened_with_its_defaults_and_revoked(sign_in: SignIn) -> None:
    browser, path = sign_in("steward_a"), OPEN
    page = page_of(browser.get(path))
    assert "默认：电话：138****5678" in page
    seen = browser.post(path, {**GRANT, "act": "preview"})
    assert seen.context["preview"].rows == ((1, "138****5678"),)
    done = browser.post(path, {**GRANT, "act": "open"})
    assert done["Location"] == "/store/interfaces/crane_by_id/", page_of(done)
    made = next(
        info for info in exchange.grants(interface="crane_by_id")
        if info.grant.purpose == GRANT["purpose"]
    )  # fmt: skip
    assert dict(made.grant.masks) == {"phone": ByKind(MaskKind.PHONE)}
    assert made.grant.quota.calls_per_day == 50
    twice = browser.post(path, {**GRANT, "act": "open"})
    assert (twice.status_code, twice.context["told"].code) == (422, "conflict")
    revoke = f"/store/grants/{made.grant.id}/revoke/"
    assert "塔吊核查" in page_of(browser.get(revoke))
    assert browser.post(revoke, {"reason": " "}).status_code == 422
    assert exchange.grant(made.grant.id).state == "active"
    assert browser.post(revoke, {"reason": "项目结束"}).status_code == 302
    assert exchange.grant(made.grant.id).state == "revoked"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client": ""}, "client"),
        ({"purpose": " "}, "purpose"),
        ({"basis": ""}, "basis"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"columns": []}, "columns"),
        ({"mask_phone": '{"truncate": "year"}'}, "masks/phone"),
        ({"mask_worker_id": '{"hide": true}'}, "masks/worker_id"),
        ({"quota_calls_per_day": "0"}, "quota/calls_per_day"),
        ({"row_cap": "all"}, "row_cap"),
        ({"where_column_1": "phone", "where_op_1": "gt"}, "where/1"),
    ],
)
def test_each_fault_of_a_grant_stands_at_its_field(
    sign_in: SignIn, changes: dict[str, object], field: str
) -> None:
    answer = sign_in("steward_a").post(OPEN, {**GRANT, **changes, "act": "open"})
    assert answer.status_code == 422
    assert list(answer.context["faults"]) == [field]
    assert answer.context["typed"]["basis"] == {**GRANT, **changes}["basis"]


def test_a_lifted_default_is_kept_in_the_grant(sign_in: SignIn) -> None:
    browser, path = sign_in("steward_a"), OPEN
    sent = {**GRANT, "purpose": "联系本人", "mask_phone": "none", "act": "open"}
    assert browser.post(path, sent).status_code == 302
    made = next(
        i for i in exchange.grants(interface="crane_by_id") if i.grant.purpose == "联系本人"
    )
    assert (made.grant.masks, made.grant.plain) == ((), ("phone",))
    exchange.revoke_grant(made.grant.id, reason="x", by="steward_a", now=NOW + timedelta(days=1))


def test_another_departments_grant_is_not_revoked_here(sign_in: SignIn) -> None:
    grant = exchange.grants(interface="worker_by_id")[0].grant.id
    assert sign_in("developer_b").post(f"/store/grants/{grant}/revoke/").status_code == 403
