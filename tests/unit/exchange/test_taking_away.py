"""What takes access away counts even when it is cut short, and a new version hides what grants hide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts import PLAIN
from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.exchange.values import GrantInfo, GrantOrder
from duokua.identity import facade as identity
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from duokua.lake import facade as lake
from duokua.lang.mask import Hide
from duokua.serving.policy import PolicyStore, _boot_id, boot_clock
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
PAGE = """\
interface: workers
version: {version}
title: {{zh: 工人, en: Workers}}
description: {{zh: 说明, en: Description}}
dataset: site_worker
shape: page
columns: [worker_id, phone]
order: [{order}]
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    text = PLAIN.replace("classification: L3", "classification: L3\n        required: true")
    lake.register(text, by="steward", now=NOW)
    publish("1.0.0", "worker_id")
    exchange.create_client(title="x", department="housing", by="b", now=NOW, client_id="app")
    return tmp_path


@pytest.fixture
def grant() -> GrantInfo:
    order = GrantOrder(
        client="app", interface="workers", purpose="核查", basis="条例",
        valid_until=NOW + timedelta(days=1), masks=(("phone", Hide()),),
    )  # fmt: skip
    return exchange.open_grant(order, by="steward", now=NOW)


@pytest.fixture
def sleeping(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gateway that holds a lease and confirms nothing."""
    lease = home / "policy" / "leases" / "gateway-1.json"
    told = {"version": 0, "until": boot_clock() + 1e6, "boot": _boot_id()}
    lease.write_text(json.dumps(told))
    patient = PolicyStore.await_confirmation
    monkeypatch.setattr(
        PolicyStore, "await_confirmation", lambda self, version: patient(self, version, timeout_s=0)
    )
    yield
    lease.unlink()


def publish(version: str, order: str) -> exchange.InterfaceInfo:
    text = PAGE.format(version=version, order=order)
    return exchange.publish_interface(text, source="i.yaml", by="steward", now=NOW)


def served(kind: str) -> set[str]:
    """Return what gateways are told of a kind."""
    with policy.store() as store:
        return {each.id for each in store.since(0)[1] if each.kind == kind and each.body}


def revoke(grant: GrantInfo, reason: str = "r") -> exchange.Revocation:
    return exchange.revoke_grant(grant.grant.id, reason=reason, by="steward", now=NOW)


def test_a_revocation_that_was_cut_short_is_done_by_doing_it_again(
    grant: GrantInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("duokua.exchange.policy.take_all_away", die)
        with pytest.raises(KeyboardInterrupt):
            revoke(grant)
    assert served("grant") == {grant.grant.id}
    with pytest.raises(Conflict):
        revoke(grant)
    assert served("grant") == set()
    assert len(audit.find(verb="exchange.grant.revoked")) == 1


@pytest.mark.usefixtures("sleeping")
def test_a_program_stays_off_though_a_gateway_did_not_confirm() -> None:
    with pytest.raises(Unavailable):
        exchange.disable_client("app", by="steward", now=NOW)
    assert not exchange.client("app").active
    assert served("client") == set()
    assert len(audit.find(verb="exchange.client.disabled")) == 1
    exchange.synchronize()
    assert served("client") == set()


@pytest.mark.usefixtures("sleeping")
def test_a_version_is_not_acknowledged_before_gateways_serve_it() -> None:
    with pytest.raises(Unavailable):
        publish("1.0.1", "worker_id")


def test_a_version_cannot_order_by_what_a_grant_masks(grant: GrantInfo) -> None:
    with pytest.raises(Invalid) as told:
        publish("1.1.0", "phone")
    assert [fault.where for fault in told.value.faults] == [f"{grant.grant.id}: phone"]
    assert exchange.interface("workers").interface.version == "1.0.0"
    revoke(grant, "x" * 600)
    assert publish("1.1.0", "phone").interface.version == "1.1.0"


@pytest.mark.parametrize("words", [{"purpose": "x" * 121}, {"basis": "a\0b"}])
def test_words_that_the_database_has_no_room_for(words: dict[str, str]) -> None:
    told = {"client": "app", "interface": "workers", "purpose": "核查", "basis": "条例", **words}
    order = GrantOrder(valid_until=NOW + timedelta(days=1), **told)
    with pytest.raises(Invalid) as refused:
        exchange.open_grant(order, by="steward", now=NOW)
    assert [fault.where for fault in refused.value.faults] == list(words)


def test_a_grant_past_its_end_makes_room_for_the_next(grant: GrantInfo) -> None:
    later = grant.grant.valid_until + 1
    now = datetime.fromtimestamp(later, UTC)
    order = GrantOrder(
        client="app", interface="workers", purpose="核查", basis="条例",
        valid_until=now + timedelta(days=1), masks=(("phone", Hide()),),
    )  # fmt: skip
    with pytest.raises(Conflict):
        exchange.open_grant(order, by="steward", now=NOW)
    renewed = exchange.open_grant(order, by="steward", now=now)
    assert served("grant") == {renewed.grant.id}
    states = {g.grant.id: g.state for g in exchange.grants(client="app", now=now)}
    assert states == {grant.grant.id: "expired", renewed.grant.id: "active"}


def test_a_disabled_person_is_refused_by_gateways_too(grant: GrantInfo, home: Path) -> None:
    identity.ensure_person("chen", "a-long-password", "陈", "Chen", "housing", "developer")
    token = exchange.issue_try_token("chen", "housing", grant.grant.id, now=NOW)
    with pytest.raises(NotFound):
        exchange.refuse_person("nobody", by="b", now=NOW)
    exchange.refuse_person("chen", by="b", now=NOW)
    assert served("person") == {"chen"}
    settings = environment.read()
    serving = Serving(settings, Idle())  # type: ignore[arg-type]
    serving.state.refresh()
    with pytest.raises(Refusal, match="token_invalid"):
        serving.claims(token, NOW.timestamp() + 1)
    assert policy.drift() == 0  # a restart tells it again
    assert [r.of for r in audit.find(verb="identity.person.disabled")] == ["chen"]
    exchange.accept_person("chen", "another-long-password", by="b", now=NOW)
    serving.state.refresh()
    assert serving.claims(token, NOW.timestamp() + 1)  # one of minutes, and they may sign in
    assert policy.drift() == 0
    with pytest.raises(Conflict):
        exchange.accept_person("chen", "another-long-password", by="b", now=NOW)


class Idle:
    """A ledger that nobody writes to."""

    failed = False
    next_seq, durable, pending = 1, 0, 0
