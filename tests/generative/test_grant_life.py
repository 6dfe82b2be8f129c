"""Whatever is done to grants in use, in any order: gateways answer exactly what is in use."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duokua.exchange import facade as exchange
from duokua.exchange.facade import Check, Probed
from duokua.exchange.models import Grant
from duokua.exchange.probing import credential
from duokua.kernel import clock, environment
from duokua.kernel.errors import Conflict
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving
from duokua.store.actions import provision, upkeep, use
from duokua.store.models import Request
from duokua.store.states.request import REQUEST_MOVES, RequestState
from granted import agreed, land, program
from store_world import NOW, put_on_show, register
from unit.store.district import settle

EFFORT = int(os.environ.get("EFFORT", "1"))
pytestmark = pytest.mark.django_db
S = RequestState
ACTS = ("suspend", "resume", "revoke", "give_back", "expire", "renew", "fail_renewal", "exchange",
        "mend", "again")  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3)), min_size=1, max_size=14)


@pytest.fixture
def serving(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """What a gateway decides by, without its doors; probes ask nobody here."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    settle()
    contract = register("water", steward="steward")
    put_on_show(contract)
    land(contract, tmp_path)
    monkeypatch.setattr(exchange, "probe_open", verdict(passed=True))
    monkeypatch.setattr(exchange, "probe_closed", verdict(passed=True))
    made = Serving(environment.read(), MagicMock())
    yield made
    made.policy.close()


def verdict(*, passed: bool) -> Any:
    """Return a probe of a settled verdict."""
    return lambda *_, **__: Probed("gateway", (Check("allowed", "200", "", passed),), 1)


def answers(serving: Serving, client: str, grant: str | None = None) -> bool:
    """Tell whether a call of a program is let through, by its own token or one bound to a grant."""
    now = clock.now()
    key = None if grant else credential.key_of(client, now)
    token = credential.token(client, "持证核查", now=now, key=key, grant=grant)
    try:
        serving.seat(token, "crew_list", time.time())
    except Refusal as refusal:
        assert refusal.status == 403
        return False
    return True


class Life:
    """One program's requests, the acts on them, and the laws."""

    def __init__(self, serving: Serving) -> None:
        self.serving, self.client = serving, program()
        self.rows: list[Request] = []
        self.provision(None)

    def provision(self, renews: Request | None) -> None:
        """Approve and provision a request, or the renewal of one."""
        row = agreed("crew_list", client=self.client, renews=renews)
        self.rows.append(row)
        provision.start(row, by="steward", now=NOW)
        provision.carry_out(row.id, by="store", now=NOW)

    def act(self, act: str, at: int) -> None:
        """Do something to one of the requests; what its state does not allow is refused."""
        row = Request.objects.select_related("listing").get(id=self.rows[at % len(self.rows)].id)
        before = S(row.state)
        told: dict[str, Any] = {"by": "somebody", "now": NOW}
        try:
            if act in ("suspend", "revoke"):
                getattr(use, act)(row, "because", post="owner", **told)
            elif act == "resume":
                use.resume(row, post="owner", **told)
            elif act in ("give_back", "expire"):
                getattr(use, act)(row, **told)
            elif act == "exchange" and row.grant_id:
                exchange.revoke_grant(str(row.grant_id), reason="elsewhere", **told)
            elif act in ("renew", "fail_renewal"):
                self.renew(row, failing=act == "fail_renewal")
            elif act == "again":
                provision.carry_out(row.id, **told)
            elif act == "mend":
                upkeep.mend(NOW + timedelta(days=1))
        except Conflict:
            pass
        after = S(Request.objects.get(id=row.id).state)
        assert after is before or after in REQUEST_MOVES[before]

    def renew(self, row: Request, *, failing: bool) -> None:
        """Provision a renewal, whose probe may fail."""
        with pytest.MonkeyPatch.context() as patch:
            if failing:
                patch.setattr(exchange, "probe_open", verdict(passed=False))
            self.provision(row)

    def check(self) -> None:
        """Hold what a gateway would answer against the states of the requests."""
        self.serving.poll("gateway-test")
        rows = list(Request.objects.filter(client=self.client))
        live = [row for row in rows if row.state == S.IN_USE]
        assert len(live) <= 1, "two grants of one client, interface and purpose"
        assert answers(self.serving, self.client) is bool(live)
        for row in rows:
            if row.grant_id:
                told = answers(self.serving, self.client, row.grant_id)
                assert told is (row.state == S.IN_USE), (row.state, row.grant_id)
        active = set(
            Grant.objects.filter(client=self.client, state="active").values_list("id", flat=True)
        )
        assert active == {row.grant_id for row in live}
        assert exchange.policy_drift() == 0


@given(acts=steps)
@settings(
    max_examples=4 * EFFORT,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_gateways_answer_what_is_in_use(serving: Serving, acts: list[tuple[str, int]]) -> None:
    life = Life(serving)
    life.check()
    for act, at in acts:
        life.act(act, at)
        life.check()
