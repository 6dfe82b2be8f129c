"""From an agreed request to a grant in use: the probe decides, and no step is done twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from duokua.exchange import facade as exchange
from duokua.exchange.models import Grant
from duokua.kernel.errors import Conflict
from duokua.lang.mask import Hide, Keep
from duokua.lang.predicate import Compare
from duokua.notify import facade as notify
from duokua.store.actions import provision
from duokua.store.models import Event, Probe, Request
from duokua.store.states.request import RequestState
from granted import CRANES, agreed, land
from store_world import NOW, put_on_show, register
from unit.store.district import person, settle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    settle()
    contract = register("water", steward="steward")
    put_on_show(contract)
    land(contract, tmp_path)


def provisioned(row: Request) -> Request:
    provision.start(row, by="steward", now=NOW)
    provision.carry_out(row.id, by="store", now=NOW)
    row.refresh_from_db()
    return row


def checks(row: Request) -> dict[str, dict[str, Any]]:
    probe = Probe.objects.filter(request=row).latest("id")
    return {check["what"]: check for check in probe.checks}


@pytest.mark.parametrize("product", ["crew_check", "crew_by_id", "crew_list", "crew_figures"])
@pytest.mark.parametrize("ranged", [False, True])
def test_what_was_agreed_is_in_use_once_it_was_seen(
    product: str, ranged: bool, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = agreed(product, row_filter=CRANES if ranged else None)
    provisioned(row)
    found = checks(row)
    assert row.state == RequestState.IN_USE, found
    assert row.grant_id is not None and exchange.grant(row.grant_id, now=NOW).state == "active"
    assert {"allowed", "stated_purpose", "other_purpose", "no_token", "other_interface"} <= set(
        found
    )
    assert found["allowed"]["way"] == "in_process"
    if ranged:
        assert found["outside"]["passed"]
    if product in ("crew_by_id", "crew_list"):
        assert {"columns", "rows"} <= set(found)
    if product in ("crew_list", "crew_check"):
        assert "other_column" in found
    assert any("已开通" in m.title.zh for m in notify.inbox(person("user")))
