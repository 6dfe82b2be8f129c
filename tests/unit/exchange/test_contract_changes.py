"""A later contract counts at once for what gateways serve."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts import PLAIN
from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.identity import facade as identity
from duokua.lake import facade as lake

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
