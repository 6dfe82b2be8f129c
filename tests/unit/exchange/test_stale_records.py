"""What was taken away while an index was built does not come back when its build ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import PLAIN
from duokua.exchange import facade as exchange
from duokua.exchange import indexing, policy
from duokua.exchange.models import Interface
from duokua.exchange.values import GrantOrder
from duokua.identity import facade as identity
from duokua.lake import facade as lake
from duokua.lang.codec import interface_from_json

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
NARROW = OPEN.replace("1.0.0", "1.1.0").replace(", entered_at", "").replace("true", "false")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(PLAIN, by="steward", now=NOW)
    publish(OPEN)


def publish(text: str) -> None:
    exchange.publish_interface(text, source="i.yaml", by="steward", now=NOW)


def record(kind: str, id_: str) -> dict[str, Any] | None:
    with policy.store() as store:
        return store.body(kind, id_)[0]


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen, once, while the next index is being built."""
    build = indexing.refresh

    def meanwhile(act: Callable[[], object]) -> None:
        def slowly(*told: Any) -> bool:
            monkeypatch.setattr(indexing, "refresh", build)
            act()
            return build(*told)

        monkeypatch.setattr(indexing, "refresh", slowly)

    return meanwhile


def test_a_grant_that_was_revoked(during: Callable[[Callable[[], object]], None]) -> None:
    exchange.create_client(title="甲", department="housing", by="s", now=NOW, client_id="app")

    def revoke() -> None:
        (info,) = exchange.grants(interface="entries")
        exchange.revoke_grant(info.grant.id, reason="by mistake", by="s", now=NOW)

    during(revoke)
    order = GrantOrder(
        client="app", interface="entries", purpose="p", basis="b",
        valid_until=NOW + timedelta(days=1),
    )  # fmt: skip
    opened = exchange.open_grant(order, by="s", now=NOW)
    assert record("grant", opened.grant.id) is None


@pytest.mark.parametrize("through", ["data", "version"])
def test_a_version_that_shows_less(
    during: Callable[[Callable[[], object]], None], through: str
) -> None:
    during(lambda: publish(NARROW))
    if through == "data":
        exchange.refresh_indexes("site_worker")
    else:
        publish(OPEN.replace("1.0.0", "1.0.1"))
    told = record("interface", "entries")
    assert told is not None
    stored = interface_from_json(Interface.objects.get(id="entries").body)
    assert (stored.version, stored.open) == ("1.1.0", False)
    assert (told["interface"]["version"], told["interface"]["open"]) == ("1.1.0", False)


def test_a_contract_that_classifies(during: Callable[[Callable[[], object]], None]) -> None:
    text = PLAIN.replace("version: 1.0.0", "version: 1.1.0", 1).replace(
        "      - name: entered_at\n", "      - name: entered_at\n        classification: L2\n"
    )
    during(lambda: lake.register(text, by="steward", now=NOW))
    exchange.refresh_indexes("site_worker")
    told = record("interface", "entries")
    assert told is not None
    assert not told["interface"]["open"]


def test_an_index_is_that_of_the_newest_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for another build reads again what is to be built."""
    path = tmp_path / "w.csv"
    path.write_text("工号,phone,entered_at\nW1,1,\n", encoding="utf-8")
    lake.ingest("site_worker", path, batch="a", by="li", now=NOW)
    waiting = Interface.objects.get(id="entries")
    publish(NARROW)
    before = exchange.interface("entries")
    assert not indexing.refresh(waiting)
    assert waiting.version == "1.1.0" == before.interface.version
