"""Keys of programs: whatever is done in whatever order, gateways accept what the keys say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from duokua.audit import facade as audit
from duokua.cli.app import app
from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.exchange.keys import MOST_KEYS
from duokua.identity import facade as identity
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.lang.grant import client_from_json
from duokua.serving import tokens
from duokua.serving.keys import token_key
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db(transaction=True)


class Idle:
    """A ledger that nobody writes to."""

    failed = False
    next_seq, durable, pending = 1, 0, 0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    return tmp_path


@pytest.fixture
def serving() -> Iterator[Serving]:
    made = Serving(environment.read(), Idle())  # type: ignore[arg-type]
    yield made
    made.policy.close()


def create(client: str = "app") -> str:
    return exchange.create_client(
        title="x", department="housing", by="b", now=NOW, client_id=client
    )[1]


def add(label: str = "next", until: datetime | None = None) -> tuple[str, str]:
    info, secret = exchange.add_key("app", label=label, until=until, by="b", now=NOW)
    return info.id, secret


def token(serving: Serving, secret: str, now: datetime = NOW) -> str:
    serving.state.refresh()
    return serving.token("app", secret, "look", now.timestamp()).token


def refused(serving: Serving, token_: str, code: str, now: datetime = NOW) -> None:
    serving.state.refresh()
    with pytest.raises(Refusal, match=code):
        serving.claims(token_, now.timestamp())


def test_rotation_leaves_no_gap(serving: Serving) -> None:
    old_secret = create()
    old = token(serving, old_secret)
    key, new_secret = add()
    assert key == "k2"
    for secret in (old_secret, new_secret):
        serving.claims(token(serving, secret), NOW.timestamp())
    exchange.retire_key("app", "k1", until=NOW + DAY, by="b", now=NOW)
    serving.state.refresh()
    serving.claims(old, NOW.timestamp() + 60)
    late = NOW + DAY - timedelta(seconds=90)
    issued = serving.token("app", old_secret, "look", late.timestamp())
    assert issued.expires_in_s == 90
    refused(serving, issued.token, "token_expired", NOW + DAY)
    with pytest.raises(Refusal, match="token_invalid"):
        token(serving, old_secret, NOW + DAY)
    token(serving, new_secret, NOW + DAY)


def test_a_leaked_key_takes_its_tokens_along_and_no_others(serving: Serving) -> None:
    leaked, _ = token(serving, create()), add()
    kept = token(serving, add("third")[1])
    exchange.revoke_key("app", "k1", reason="leaked", by="b", now=NOW)
    refused(serving, leaked, "token_invalid")
    serving.claims(kept, NOW.timestamp())
    with pytest.raises(Conflict):
        exchange.revoke_key("app", "k1", reason="again", by="b", now=NOW)
    states = {key.id: key.state for key in exchange.client_keys("app", NOW)}
    assert states == {"k1": "revoked", "k2": "standing", "k3": "standing"}
    verbs = [each.verb for each in audit.find(of="app")]
    assert verbs.count("exchange.key.added") == 2 and verbs.count("exchange.key.revoked") == 1
    assert policy.drift() == 0


def test_a_token_of_before_belongs_to_the_first_key(serving: Serving) -> None:
    create()
    add()
    signing = token_key(environment.read().secret())
    plain = tokens.issue(signing, client="app", purpose="look", now=NOW.timestamp())
    serving.state.refresh()
    assert serving.claims(plain, NOW.timestamp()).client == "app"
    exchange.revoke_key("app", "k1", reason="leaked", by="b", now=NOW)
    refused(serving, plain, "token_invalid")


def test_a_record_of_before_is_read_as_its_first_key() -> None:
    body = {"id": "app", "department": "d", "title": "t", "secret_hash": "ab"}
    (key,) = client_from_json(body).keys
    assert (key.id, key.secret_hash, key.until) == ("k1", "ab", None)


def test_what_cannot_be_done_is_refused() -> None:
    create()
    with pytest.raises(NotFound):
        exchange.add_key("nobody", label="x", until=None, by="b", now=NOW)
    for label in ("", "  ", "x" * 81, "a\0b"):
        with pytest.raises(Invalid):
            add(label)
    with pytest.raises(Invalid):
        add(until=NOW)
    for key in ("k2", "k", "", "1", "k-1", "k1x", "k" + "9" * 30):
        with pytest.raises(NotFound):
            exchange.revoke_key("app", key, reason="r", by="b", now=NOW)
    for _ in range(MOST_KEYS - 1):
        add()
    with pytest.raises(Conflict):
        add()
    exchange.disable_client("app", by="b", now=NOW)
    with pytest.raises(Conflict):
        add()


def test_the_commands() -> None:
    create()
    runner = CliRunner()

    def run(*words: str) -> dict[str, object]:
        done = runner.invoke(app, ["client", "key", *words, "--json"])
        assert done.exit_code == 0, done.output
        told: dict[str, object] = json.loads(done.output)
        return told

    added = run("add", "app", "--label", "2026-12")
    assert added["key"] == "k2" and added["client_secret"]
    run("retire", "app", "k2", "--on", "2099-01-01")
    run("revoke", "app", "k1", "--reason", "leaked")
    keys = run("list", "app")["keys"]
    assert isinstance(keys, list)
    assert [(key["key"], key["state"]) for key in keys] == [("k1", "revoked"), ("k2", "standing")]
    assert keys[1]["until"] == "2098-12-31T16:00:00Z"
    assert "k2" in runner.invoke(app, ["client", "key", "list", "app"]).output
    assert (
        runner.invoke(app, ["client", "key", "revoke", "app", "k9", "--reason", "r"]).exit_code == 1
    )


class Keys(RuleBasedStateMachine):
    """Keys come, retire and go, time passes."""

    runs = 0

    @initialize()
    def begin(self) -> None:
        Keys.runs += 1
        self.client, self.now = f"app{Keys.runs}", NOW
        secret = exchange.create_client(
            title="x", department="housing", by="b", now=NOW, client_id=self.client
        )[1]
        self.secrets: dict[str, str] = {"k1": secret}
        self.ends: dict[str, datetime | None] = {"k1": None}
        self.tokens: list[tuple[str, str, datetime]] = []
        self.serving = Serving(environment.read(), Idle())  # type: ignore[arg-type]

    def stands(self, key: str) -> bool:
        end = self.ends[key]
        return end is None or self.now < end

    @precondition(lambda self: sum(map(self.stands, self.ends)) < MOST_KEYS)
    @rule(lasts=st.one_of(st.none(), st.integers(1, 5000)))
    def add(self, lasts: int | None) -> None:
        until = None if lasts is None else self.now + timedelta(seconds=lasts)
        info, secret = exchange.add_key(self.client, label="x", until=until, by="b", now=self.now)
        self.secrets[info.id], self.ends[info.id] = secret, until

    @rule(data=st.data(), lasts=st.integers(1, 5000))
    def retire(self, data: st.DataObject, lasts: int) -> None:
        key = data.draw(st.sampled_from(sorted(self.ends)))
        until = self.now + timedelta(seconds=lasts)
        if self.stands(key):
            exchange.retire_key(self.client, key, until=until, by="b", now=self.now)
            self.ends[key] = until

    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.ends)))
        if self.ends[key] != datetime.min.replace(tzinfo=UTC):
            exchange.revoke_key(self.client, key, reason="r", by="b", now=self.now)
            self.ends[key] = datetime.min.replace(tzinfo=UTC)

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.ends)))
        self.serving.state.refresh()
        at = self.now.timestamp()
        try:
            issued = self.serving.token(self.client, self.secrets[key], "look", at)
        except Refusal:
            assert not self.stands(key)
            return
        assert self.stands(key) and issued.key == key
        ends = self.now + timedelta(seconds=issued.expires_in_s)
        self.tokens.append((key, issued.token, ends))

    @rule(seconds=st.integers(1, 4000))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def a_token_counts_while_its_key_does(self) -> None:
        if not hasattr(self, "serving"):
            return
        self.serving.state.refresh()
        for key, token_, ends in self.tokens:
            try:
                self.serving.claims(token_, self.now.timestamp())
                counts = True
            except Refusal:
                counts = False
            assert counts == (self.stands(key) and self.now < ends)

    def teardown(self) -> None:
        if hasattr(self, "serving"):
            self.serving.policy.close()


def test_a_token_counts_exactly_while_its_key_does() -> None:
    quick = settings(
        max_examples=12,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Keys, settings=quick)
