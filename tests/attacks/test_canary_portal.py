"""Canaries at the portal: what stands in a dataset is on no page of somebody who must not see it."""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client

from attacks import worlds
from attacks.worlds import MARK
from duokua.exchange import facade as exchange
from duokua.exchange.values import GrantOrder
from duokua.identity import facade as identity
from duokua.kernel.errors import Invalid
from duokua.lake import facade as lake
from duokua.lang.odcs import dump_contract
from duokua.lang.predicate import Compare
from engines import batch_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PASSWORD = "a long password here"
MOST = 400  # pages of one person
INTERFACE = """\
interface: people
version: 1.0.0
title: {zh: 人员, en: People}
description: {zh: 人员, en: People}
dataset: person
shape: page
columns: [id, area, phone, remark]
parameters: [{name: area, column: area, op: eq}]
order: [id]
"""
STEWARD = "steward_of_owner"
CAST = {
    STEWARD: ("civil", "steward"),
    "developer_of_owner": ("civil", "developer"),
    "bureau": ("office", "bureau"),
    "auditor": ("office", "auditor"),
    "steward_elsewhere": ("other", "steward"),
    "developer_elsewhere": ("other", "developer"),
}
_LINK = re.compile(r'(?:href|hx-get|action)="(/[^"#]*)"')


@pytest.fixture
def district(db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dataset full of markers, landed twice, profiled, served and granted to another department."""
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    for code in ("civil", "office", "other"):
        identity.ensure_department(code, f"{code}局", code)
    for name, (department, role) in CAST.items():
        identity.ensure_person(name, PASSWORD, name, name, department, role)
    lake.register(dump_contract(worlds.CONTRACT), by="steward", now=NOW)
    for seed in (1, 2):
        path = tmp_path / f"{seed}.parquet"
        batch = batch_of(worlds.COLUMNS, [row | {"name": MARK} for row in worlds.rows(seed)])
        pyarrow.parquet.write_table(pa.Table.from_batches([batch]), path)
        hour = NOW + timedelta(hours=seed)
        lake.ingest("person", path, mode="replace", by="steward", now=hour)
    bad = tmp_path / "bad.csv"
    head = ",".join(worlds.NAMES)
    sound = f"9001,D5,{MARK},{MARK},{MARK},2001-01-01,5,1,true,,{MARK},{MARK}"
    wrong = f"{MARK},D1,{MARK},{MARK},{MARK},{MARK},{MARK},1,true,,{MARK},{MARK}"
    bad.write_text(f"{head}\n{sound}\n{wrong}\n")
    with pytest.raises(Invalid):  # told to whoever brings it, and kept nowhere
        lake.ingest("person", bad, strict=True, by="steward", now=NOW + timedelta(hours=3))
    lake.ingest("person", bad, by="steward", now=NOW + timedelta(hours=3))
    exchange.publish_interface(INTERFACE, source="test.yaml", by="steward", now=NOW)
    exchange.create_client(title="app", department="other", by="steward", now=NOW, client_id="app")
    exchange.open_grant(
        GrantOrder(
            client="app", interface="people", purpose="check", basis="Regulation",
            valid_until=NOW + timedelta(days=999), row_filter=Compare("area", "eq", "D1"),
        ),
        by="steward", now=NOW,
    )  # fmt: skip


def test_no_page_shows_a_value(district: None) -> None:
    """Only the steward of the owner, who corrects them, sees values: of rows that stand aside."""
    for name in CAST:
        shown = _crawl(name)
        told = {path for path, where in shown.items() if where}
        if name == STEWARD:
            assert told and all("/quarantine/" in path for path in told), told
        else:
            assert not told, (name, [(path, shown[path]) for path in told])
        assert {"/store/datasets/person/", "/store/interfaces/people/"} <= shown.keys()


def _crawl(name: str) -> dict[str, str]:
    """Follow every link from the home page and every export that a page offers.

    Return for each address what stands around a marker, empty where there is none.
    """
    browser = Client()
    browser.force_login(get_user_model().objects.get(username=name))
    waiting, seen = deque(["/", "/search/?q=person", "/store/datasets/person/"]), {}
    while waiting and len(seen) < MOST:
        path = waiting.popleft()
        if path in seen or path.startswith(("/static/", "/sign-out", "/set/")):
            continue
        answer = browser.get(path)
        assert answer.status_code < 500, path
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        seen[path] = _around(str(answer.headers).encode() + body)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            waiting.extend(unescape(link) for link in _LINK.findall(body.decode()))
    return seen


def _around(body: bytes) -> str:
    at = body.find(MARK.encode())
    return body[max(0, at - 300) : at + 100].decode(errors="replace") if at >= 0 else ""


def test_nothing_else_keeps_a_value(
    district: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was landed, refused and served is in no log, policy, audit or table of the database."""
    home = tmp_path / "home"
    told = [path for path in home.rglob("*") if path.is_file() and _is_told(path.relative_to(home))]
    assert told
    for path in told:
        assert MARK.encode() not in path.read_bytes(), path
    assert MARK not in "".join(capfd.readouterr())
    for model in apps.get_models():
        for row in model._default_manager.values():
            assert MARK not in str(row), (model, _around(str(row).encode()))


def _is_told(path: Path) -> bool:
    """Tell whether a file is none of those that hold the rows themselves."""
    return path.parts[0] not in ("lake", "serving")
