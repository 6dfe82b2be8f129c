"""Whatever takes access away is acknowledged only when no gateway starts a call under it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet
import pytest

from duokua.exchange import facade as exchange
from duokua.exchange.values import GrantInfo, GrantOrder
from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.odcs import dump_contract
from duokua.lang.predicate import Compare
from engines import Row, batch_of
from gateway import district
from gateway.hammer import Crowd
from gateway.problem import check
from gateway.reading import PATH, slow_readers
from gateway.world import Gateway, Home, wait_for

INTERFACES = """\
interface: {id}
version: 1.0.0
title: {{zh: 测试, en: test}}
description: {{zh: 测试, en: test}}
dataset: {dataset}
shape: {shape}
columns: [id, {column}]
{order}
"""
LOOKUP_PATH = "/data/resident_by_id?id=7"


class Exchange:
    """The exchange in this process, and a gateway of its home beside it."""

    def __init__(self, home: Home, gateway: Gateway, commit: Callable[..., Any]) -> None:
        self.home, self.gateway, self._commit = home, gateway, commit
        self.secrets: dict[str, str] = {}

    def open(self, interface: str, **changes: Any) -> tuple[GrantInfo, str]:
        """Grant an interface to a new client; return the grant and a token for it."""
        now = datetime.now(UTC)  # noqa: TID251 - the gateway's clock is the real one
        with self._commit(execute=True):
            client, secret = exchange.create_client(
                title="app", department="civil", by="steward", now=now
            )
        order = {"purpose": "inspection", "basis": "Regulation", "valid_until": now + timedelta(1)}
        grant = exchange.open_grant(
            GrantOrder(client=client.id, interface=interface, **{**order, **changes}),
            by="steward",
            now=now,
        )
        wait_for(lambda: self._knows(client.id, secret), "the gateway's knowledge of the client")
        return grant, self.gateway.token(client.id, secret)

    def key(self, client: str, now: datetime) -> tuple[exchange.KeyInfo, str]:
        """Give a program another key and wait until the gateway knows it."""
        with self._commit(execute=True):
            info, secret = exchange.add_key(client, label="next", until=None, by="s", now=now)
        wait_for(lambda: self._knows(client, secret), "the gateway's knowledge of the key")
        return info, secret

    def _knows(self, client: str, secret: str) -> bool:
        form = {
            "grant_type": "client_credentials", "client_id": client, "client_secret": secret
        }  # fmt: skip
        body = urlencode(form).encode()
        reply = self.gateway.ask("/oauth/token", method="POST", body=body)
        return reply.status == 200

    def revoke(self, grant: GrantInfo) -> exchange.Revocation:
        """Revoke; on return nothing may start any more."""
        now = datetime.now(UTC)  # noqa: TID251
        return exchange.revoke_grant(grant.grant.id, reason="test", by="steward", now=now)


@pytest.fixture
def at_the_exchange(
    db: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    starts: Callable[[Home], Gateway],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> Iterator[Exchange]:
    """A district made by the facades, in a home of its own."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    monkeypatch.setenv("DUOKUA_HOME", str(home.path))
    now = datetime.now(UTC)  # noqa: TID251
    identity.ensure_department("civil", "民政局", "Civil affairs")
    _land(tmp_path, district.contract(), district.rows(50), now)
    _land(tmp_path, district.wide_contract(), district.wide_rows(), now)
    for text in (
        INTERFACES.format(
            id="resident_by_id", dataset="resident", shape="lookup", column="name", order=""
        ),
        INTERFACES.format(
            id="wide_page", dataset="wide", shape="page", column="text", order="order: [id]"
        ),
    ):
        exchange.publish_interface(text, source="test.yaml", by="steward", now=now)
    yield Exchange(home, starts(home), django_capture_on_commit_callbacks)


def _land(folder: Path, contract: Contract, rows: list[Row], now: datetime) -> None:
    lake.register(dump_contract(contract), by="steward", now=now)
    path = folder / f"{contract.id}.parquet"
    pyarrow.parquet.write_table(pa.Table.from_batches([batch_of(contract.columns, rows)]), path)
    lake.ingest(contract.id, path, by="steward", now=now)


def test_after_it_is_acknowledged_nothing_starts(at_the_exchange: Exchange) -> None:
    """Two callers hammer while ten grants come and go; export and look-ups alike."""
    gateway = at_the_exchange.gateway
    for number in range(10):
        grant, token = at_the_exchange.open("resident_by_id")
        path = LOOKUP_PATH if number % 2 else f"{LOOKUP_PATH}&format=csv"
        crowd = Crowd(gateway.port, [token], [path], threads=2).start()
        wait_for(lambda crowd=crowd: crowd.served() > 5, "some answers")
        told = at_the_exchange.revoke(grant)
        acknowledged = time.monotonic()
        wait_for(
            lambda crowd=crowd: sum(call.status == 403 for call in list(crowd.calls)) > 5,
            "some refusals",
        )
        calls = crowd.finish()
        stale = [call for call in calls if call.began > acknowledged and call.status == 200]
        assert not stale, (number, told)
        assert {call.status for call in calls} == {200, 403}
    with pytest.raises(Conflict):
        at_the_exchange.revoke(grant)


@pytest.mark.parametrize("format_", ["csv", "arrow"])
def test_a_running_export_ends(at_the_exchange: Exchange, format_: str) -> None:
    grant, token = at_the_exchange.open("wide_page")
    port = at_the_exchange.gateway.port
    with slow_readers(port, token, PATH.format(format=format_)) as (reader,):
        at_the_exchange.revoke(grant)
        closing = wait_for(lambda: at_the_exchange.home.closing(reader.receipt), "the end")
        assert closing["status"] == "aborted"


def test_a_gateway_that_sleeps_cannot_answer_by_what_it_knew(at_the_exchange: Exchange) -> None:
    """Stopped for longer than its lease, it does not hold the revocation up; then it knows."""
    gateway = at_the_exchange.gateway
    grant, token = at_the_exchange.open("resident_by_id")
    crowd = Crowd(gateway.port, [token], [LOOKUP_PATH], threads=2).start()
    wait_for(lambda: crowd.served() > 5, "some answers")
    os.kill(gateway.process.pid, signal.SIGSTOP)
    try:
        at_the_exchange.revoke(grant)  # waits for the lease to run out
        acknowledged = time.monotonic()
    finally:
        os.kill(gateway.process.pid, signal.SIGCONT)
    wait_for(lambda: any(call.status == 403 for call in list(crowd.calls)), "a refusal")
    calls = crowd.finish()
    assert not [call for call in calls if call.began > acknowledged and call.status == 200]


def test_a_row_filter_may_need_a_column_that_nobody_is_shown(at_the_exchange: Exchange) -> None:
    """The index is built with it before the grant is served, and another grant sees no change."""
    gateway = at_the_exchange.gateway
    _, before = at_the_exchange.open("resident_by_id")
    _, token = at_the_exchange.open("resident_by_id", row_filter=Compare("department", "ne", "D0"))
    shown = gateway.ask("/data/resident_by_id?id=8", token=token).rows
    assert [(row["id"], sorted(row)) for row in shown] == [(8, ["id", "name"])]
    assert gateway.ask(LOOKUP_PATH, token=token).rows == []
    assert gateway.ask(LOOKUP_PATH, token=before).rows[0]["id"] == 7


def test_a_client_that_is_switched_off(at_the_exchange: Exchange) -> None:
    grant, token = at_the_exchange.open("resident_by_id")
    assert at_the_exchange.gateway.ask(LOOKUP_PATH, token=token).status == 200
    now = datetime.now(UTC)  # noqa: TID251
    exchange.disable_client(grant.grant.client, by="steward", now=now)
    check(at_the_exchange.gateway.ask(LOOKUP_PATH, token=token), 401, "token_invalid")


def test_without_a_gateway_it_is_acknowledged_at_once(at_the_exchange: Exchange) -> None:
    """A gateway that was killed left a lease behind: only that is waited for."""
    grant, token = at_the_exchange.open("resident_by_id")
    at_the_exchange.gateway.kill()
    at_the_exchange.revoke(grant)
    at_the_exchange.gateway.start()
    check(at_the_exchange.gateway.ask(LOOKUP_PATH, token=token), 403, "not_granted")


def test_a_grant_that_expires_stops_serving(gateway: Gateway) -> None:
    """Nothing is published when a grant ends: the seat that was decided before knows."""
    ends = time.time() + 2
    _, token = gateway.granted(district.lookup(), valid_until=ends)
    first = gateway.ask(LOOKUP_PATH, token=token)
    if time.time() < ends:
        assert first.status == 200
    crowd = Crowd(
        gateway.port, [token], [LOOKUP_PATH], threads=2, enough=lambda call: call.status == 403
    )
    calls = crowd.start().finish(stop=False)
    offset = time.time() - time.monotonic()
    assert not [c for c in calls if c.status == 200 and c.began + offset >= ends]
    check(gateway.ask(LOOKUP_PATH, token=token), 403, "grant_not_valid")


def test_a_key_that_leaked_takes_its_tokens_along_at_every_door(at_the_exchange: Exchange) -> None:
    """Look-ups and a running export end; a token of another key of the same program goes on."""
    gateway = at_the_exchange.gateway
    grant, leaked = at_the_exchange.open("wide_page")
    client, now = grant.grant.client, datetime.now(UTC)  # noqa: TID251
    info, secret = at_the_exchange.key(client, now)
    kept = gateway.token(client, secret)
    path = "/data/wide_page?limit=2"
    crowd = Crowd(gateway.port, [leaked], [path], threads=1).start()
    wait_for(lambda: crowd.served() > 5, "some answers")
    with slow_readers(gateway.port, leaked, PATH.format(format="csv")) as (reader,):
        done = exchange.revoke_key(client, "k1", reason="leaked", by="steward", now=now)
        acknowledged = time.monotonic()
        closing = wait_for(lambda: at_the_exchange.home.closing(reader.receipt), "the end")
        assert closing["status"] == "aborted"
    calls = crowd.finish()
    assert done.waited_s < 1.1  # a lease and what its look takes
    assert not [call for call in calls if call.began > acknowledged and call.status == 200]
    check(gateway.ask(path, token=leaked), 401, "token_invalid")
    check(gateway.ask("/data/", token=leaked), 401, "token_invalid")
    assert len(gateway.ask(path, token=kept).rows) == 2
    used = {key.id: key.last_used for key in exchange.client_keys(client, now)}
    assert used.keys() == {"k1", info.id}


def test_keys_change_over_without_a_call_that_fails(at_the_exchange: Exchange) -> None:
    gateway = at_the_exchange.gateway
    grant, old = at_the_exchange.open("resident_by_id")
    client, now = grant.grant.client, datetime.now(UTC)  # noqa: TID251
    crowd = Crowd(gateway.port, [old], [LOOKUP_PATH], threads=2).start()
    wait_for(lambda: crowd.served() > 5, "some answers")
    _, secret = at_the_exchange.key(client, now)
    fresh = gateway.token(client, secret)
    exchange.retire_key(client, "k1", until=now + timedelta(1), by="steward", now=now)
    later = Crowd(gateway.port, [fresh], [LOOKUP_PATH], threads=1).start()
    wait_for(lambda: later.served() > 5, "some answers of the new key")
    assert {call.status for call in (*crowd.finish(), *later.finish())} == {200}
