"""A later contract counts at once for what gateways serve."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import DERIVED, PLAIN
from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.exchange.values import GrantOrder
from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict
from duokua.lake import facade as lake
from duokua.lang.grant import Quota

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
OPEN = """\
interface: entries
version: 1.0.0
title: {zh: 进场, en: Entries}
description: {zh: 说明, en: Description}
dataset: site_worker
shape: page
columns: [worker_id, entered_at]
open: true
"""
ENTERED = "      - name: entered_at\n"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(PLAIN, by="steward", now=NOW)
    exchange.publish_interface(OPEN, source="i.yaml", by="steward", now=NOW)


def served() -> dict[str, Any]:
    with policy.store() as store:
        (change,) = store.since(0)[1]
    assert change.body is not None
    return change.body


def test_what_a_later_contract_classifies_is_not_open_any_more() -> None:
    assert served()["interface"]["open"]
    text = PLAIN.replace("version: 1.0.0", "version: 1.1.0", 1).replace(
        "      - name: entered_at\n", "      - name: entered_at\n        classification: L2\n"
    )
    lake.register(text, by="steward", now=NOW)
    assert served()["contract"]["version"] == "1.1.0"
    assert not served()["interface"]["open"]


def refused(text: str) -> str:
    with pytest.raises(Conflict) as caught:
        lake.register(text.replace("version: 1.0.0", "version: 1.1.0", 1), by="s", now=NOW)
    assert lake.describe("site_worker").contract.version == "1.0.0"
    return "\n".join(f"{fault.where}: {fault.what.en}" for fault in caught.value.faults)


def test_a_breaking_version_is_refused_with_what_would_break() -> None:
    phone = PLAIN[PLAIN.index("      - name: phone") : PLAIN.index("      - name: entered_at")]
    told = refused(PLAIN.replace(ENTERED, ENTERED + "        required: true\n"))
    assert "interface entries: 'Entries' would break: it uses entered_at" in told
    assert "interface entries" not in refused(PLAIN.replace(phone, ""))
    identity.ensure_department("health", "卫健局", "Health")
    assert "interface entries" in refused(PLAIN.replace("value: housing", "value: health"))


def test_grants_and_derived_datasets_are_among_what_would_break() -> None:
    exchange.create_client(title="巡查", department="housing", by="s", now=NOW, client_id="patrol")
    exchange.open_grant(
        GrantOrder(
            client="patrol", interface="entries", purpose="巡查", basis="条例",
            valid_until=NOW + timedelta(days=9), columns=("worker_id", "entered_at"), quota=Quota(),
        ),
        by="s", now=NOW,
    )  # fmt: skip
    lake.register(DERIVED, by="s", now=NOW)
    told = refused(PLAIN.replace(ENTERED, ENTERED + "        required: true\n"))
    assert "it uses entered_at, 1 grants" in told
    assert "dataset phone_use: 'Phone use' would break: it uses entered_at" in told
