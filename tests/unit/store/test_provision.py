"""From an agreed request to a grant in use: the probe decides, and no step is done twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from duokua.exchange import facade as exchange
from duokua.exchange.models import Grant
from duokua.kernel import clock
from duokua.kernel.errors import Conflict
from duokua.lang.mask import Hide, Keep
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
def test_what_was_agreed_is_in_use_once_it_was_seen(product: str, ranged: bool) -> None:
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


def lied_about(row: Request, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Request:
    """Provision a request while something in between grants more than was agreed."""
    honest = exchange.open_grant

    def generous(order: Any, **told: Any) -> Any:
        return honest(replace(order, **changes), **told)

    monkeypatch.setattr(exchange, "open_grant", generous)
    return provisioned(row)


@pytest.mark.parametrize(
    ("product", "agreement", "granted", "found"),
    [
        ("crew_list", {}, {"columns": ("crew_no", "site", "trade", "name")}, "columns"),
        ("crew_list", {}, {"columns": ("crew_no", "site")}, "columns"),
        ("crew_list", {"row_filter": CRANES}, {"row_filter": None}, "outside"),
        ("crew_list", {"row_filter": CRANES}, {"row_filter": None}, "rows"),
        ("crew_list", {}, {"row_filter": CRANES}, "rows"),
        ("crew_list", {"row_cap": 20}, {"row_cap": 21}, "row_cap"),
        ("crew_by_id", {}, {"masks": (("phone", Keep(4, 4)),)}, "rows"),
        ("crew_by_id", {}, {"masks": (("phone", Hide()),)}, "rows"),
        ("crew_by_id", {}, {"masks": (), "plain": ("phone",)}, "rows"),
        ("crew_by_id", {"row_filter": CRANES}, {"row_filter": None}, "outside"),
        ("crew_check", {}, {"columns": ("trade", "phone")}, "other_column"),
        ("crew_check", {"row_filter": CRANES}, {"row_filter": None}, "outside"),
        ("crew_figures", {"row_filter": CRANES}, {"row_filter": None}, "outside"),
        ("crew_list", {}, {"purpose": "其他用途"}, "allowed"),
    ],
)
def test_what_was_not_agreed_is_taken_away_at_once(
    product: str,
    agreement: dict[str, Any],
    granted: dict[str, Any],
    found: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever more, or less, than was agreed is served: the probe sees it, nothing stays open."""
    row = agreed(product, **agreement)
    lied_about(row, monkeypatch, **granted)
    assert row.state == RequestState.FAILED
    told = checks(row)
    assert not told[found]["passed"], told
    assert [grant.state for grant in Grant.objects.all()] == ["revoked"]
    assert any("开通未通过" in m.title.zh for m in notify.inbox(person("reviewer")))
    monkeypatch.undo()


def test_a_probe_leaves_no_value_behind() -> None:
    row = agreed("crew_by_id")
    provisioned(row)
    kept = str(list(Probe.objects.values_list("checks", flat=True)))
    kept += str(list(Event.objects.values_list("detail", flat=True)))
    assert "138" not in kept and "某" not in kept


def test_a_second_attempt_opens_a_grant_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    row = agreed("crew_list")
    with monkeypatch.context() as patch:
        honest = exchange.open_grant
        patch.setattr(
            exchange, "open_grant",
            lambda order, **told: honest(replace(order, row_filter=CRANES), **told),
        )  # fmt: skip
        assert provisioned(row).state == RequestState.FAILED
    first = row.grant_id
    assert provisioned(row).state == RequestState.IN_USE
    assert row.grant_id != first
    assert Grant.objects.get(id=first).state == "revoked"


def test_what_cannot_be_opened_fails_with_its_reason() -> None:
    """Another grant of the same client, interface and purpose stands in the way."""
    first = provisioned(agreed("crew_list"))
    second = provisioned(agreed("crew_list", client=first.client))
    assert (first.state, second.state) == (RequestState.IN_USE, RequestState.FAILED)
    assert checks(second)["opened"]["passed"] is False
    assert Grant.objects.count() == 1


def test_nobody_starts_what_is_not_agreed() -> None:
    row = agreed(state=RequestState.SIGNOFF)
    with pytest.raises(Conflict):
        provision.start(row, by="steward", now=NOW)


def test_a_grant_that_begins_later_refuses_until_then() -> None:
    later = clock.now() + timedelta(days=2)
    row = provisioned(agreed("crew_list", valid_from=later))
    found = checks(row)
    assert row.state == RequestState.IN_USE, found
    assert found["not_yet"]["seen"] == "403 grant_not_valid"


def test_the_receipt_of_a_call_tells_the_scenario() -> None:
    row = provisioned(agreed("crew_list"))
    assert row.grant_id is not None
    grant = exchange.grant(row.grant_id, now=NOW).grant
    assert grant.basis == "条例第二十五条〔场景：政务窗口〕"
    assert len(provision.policy_digest(grant)) == 64
