"""An older version that goes on beside the newest goes on for its grants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts import PLAIN
from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.exchange.models import Interface
from duokua.exchange.values import GrantOrder
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
SECOND = OPEN.replace("1.0.0", "2.0.0").replace(", entered_at", "")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def granted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open interface in its first version, with a live grant."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(PLAIN, by="steward", now=NOW)
    exchange.publish_interface(OPEN, source="i.yaml", by="steward", now=NOW)
    exchange.create_client(title="甲", department="housing", by="s", now=NOW, client_id="app")
    order = GrantOrder(
        client="app", interface="entries", purpose="p", basis="b",
        valid_until=NOW + timedelta(days=1),
    )  # fmt: skip
    exchange.open_grant(order, by="s", now=NOW)


@pytest.mark.parametrize("open_", [True, False])
def test_what_the_next_version_closes_is_closed(*, open_: bool) -> None:
    text = SECOND if open_ else SECOND.replace("open: true", "open: false")
    exchange.publish_interface(text, source="i.yaml", by="steward", now=NOW)
    with policy.store() as store:
        told = {id_: store.body("interface", id_)[0] for id_ in ("entries", "entries@1")}
    assert [body and body["interface"]["open"] for body in told.values()] == [open_, open_]
    assert Interface.objects.get(id="entries@1").open is open_
    (info,) = exchange.grants(client="app")
    assert info.grant.interface == "entries@1"


def test_what_a_later_version_closes_is_closed_in_the_older_ones_too() -> None:
    exchange.publish_interface(SECOND, source="i.yaml", by="steward", now=NOW)
    assert Interface.objects.get(id="entries@1").open
    closed = SECOND.replace("2.0.0", "2.1.0").replace("open: true", "open: false")
    exchange.publish_interface(closed, source="i.yaml", by="steward", now=NOW)
    older = Interface.objects.get(id="entries@1")
    assert (older.open, older.body["open"]) == (False, False)
    with policy.store() as store:
        told = {
            change.id: change.body for change in store.since(0)[1] if change.kind == "interface"
        }
    served = told["entries@1"]
    assert served is not None and served["interface"]["open"] is False
