"""Grants in use: taken away and given back, warned of, idle, renewed; each change is probed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from duokua.exchange import facade as exchange
from duokua.exchange.facade import Check, Probed
from duokua.exchange.models import Grant
from duokua.kernel.clock import district_day
from duokua.kernel.errors import Conflict, Invalid, Unavailable
from duokua.notify import facade as notify
from duokua.serving.tally import Caller, Harvest
from duokua.serving.usage_store import UsageStore
from duokua.store.actions import provision, upkeep, use
from duokua.store.facade import using
from duokua.store.models import Event, Probe, Request, Use
from duokua.store.states.request import RequestState
from granted import UNTIL, agreed, land, program
from store_world import NOW, put_on_show, register
from unit.store.district import person, settle

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=61)


@pytest.fixture(autouse=True)
def district(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    settle()
    contract = register("water", steward="steward")
    put_on_show(contract)
    land(contract, tmp_path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probe without calling: these tests are about what follows from a verdict."""

    def passed(*_: Any, **__: Any) -> Probed:
        return Probed("in_process", (Check("allowed", "200", "200", passed=True),), 1)

    monkeypatch.setattr(exchange, "probe_open", passed)
    monkeypatch.setattr(exchange, "probe_closed", passed)


def in_use(**changes: Any) -> Request:
    row = agreed("crew_list", **changes)
    provision.start(row, by="steward", now=NOW)
    assert provision.carry_out(row.id, by="store", now=NOW) == RequestState.IN_USE
    row.refresh_from_db()
    return row


def newest(row: Request) -> Probe:
    return Probe.objects.filter(request=row).latest("id")


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda row: use.suspend(row, "r", by="steward", post="owner", now=NOW), "suspended"),
        (lambda row: use.revoke(row, "r", by="steward", post="owner", now=NOW), "revoked"),
        (lambda row: use.give_back(row, by="user", now=NOW), "given_back"),
        (lambda row: use.expire(row, by="store", now=UNTIL), "expired"),
    ],
)
def test_what_is_taken_away_is_refused_afterwards(
    act: Callable[[Request], Probed], state: str
) -> None:
    row = in_use()
    probed = act(row)
    row.refresh_from_db()
    assert (row.state, newest(row).after, newest(row).passed) == (state, state, True)
    assert {check.what for check in probed.checks} == {"bound", "credential"}
    assert {check.seen for check in probed.checks} == {"403 not_granted"}
    assert exchange.policy_drift() == 0


def test_what_is_resumed_is_answered_again() -> None:
    row = in_use()
    use.suspend(row, "核对", by="steward", post="owner", now=NOW)
    probed = use.resume(row, by="steward", post="owner", now=NOW)
    assert probed.passed and row.state == RequestState.IN_USE
    assert newest(row).after == "resumed"


def test_a_closed_grant_that_still_answers_is_told_to_the_bureau(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = in_use()
    with monkeypatch.context() as patch:
        patch.setattr("duokua.exchange.policy.grants_now", lambda ids: iter(()))
        use.revoke(row, "r", by="steward", post="owner", now=NOW)
    probe = newest(row)
    assert (probe.after, probe.passed) == ("revoked", False)
    assert any("收回未生效" in each.title.zh for each in notify.inbox(person("reviewer")))


@pytest.mark.usefixtures("quick")
def test_where_no_gateway_answers_the_job_probes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    row = in_use()

    def silent(*_: Any, **__: Any) -> Probed:
        from duokua.kernel.text import Text

        raise Unavailable(Text("-", "-"), Text("-", "-"))

    with monkeypatch.context() as patch:
        patch.setattr(exchange, "probe_closed", silent)
        assert use.revoke(row, "r", by="steward", post="owner", now=NOW) is None
    assert newest(row).after == "granted"
    assert use.confirm(row.id, "revoked", by="store", now=NOW) is not None
    assert use.confirm(row.id, "revoked", by="store", now=NOW) is None  # once
    assert newest(row).after == "revoked"


@pytest.mark.usefixtures("quick")
def test_a_revocation_at_the_exchange_moves_the_request() -> None:
    row = in_use()
    assert row.grant_id is not None
    exchange.revoke_grant(row.grant_id, reason="撤销测试", by="steward", now=NOW)
    row.refresh_from_db()
    assert row.state == RequestState.REVOKED
    assert Event.objects.filter(request=row).latest("id").detail["reason"] == "撤销测试"


@pytest.mark.usefixtures("quick")
def test_a_renewal_takes_over_without_a_gap_or_double_use() -> None:
    old = in_use()
    served: list[set[str]] = []
    fresh = agreed("crew_list", client=old.client, renews=old)
    provision.start(fresh, by="steward", now=NOW)
    honest = exchange.open_grant

    def watched(*told: Any, **named: Any) -> Any:
        done = honest(*told, **named)
        served.append(set(Grant.objects.filter(state="active").values_list("id", flat=True)))
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "open_grant", watched)
        provision.carry_out(fresh.id, by="store", now=NOW)
    fresh.refresh_from_db()
    old.refresh_from_db()
    assert (fresh.state, old.state) == (RequestState.IN_USE, RequestState.EXPIRED)
    assert served == [{fresh.grant_id}]  # one grant before, one after
    assert Event.objects.filter(request=old).latest("id").detail["successor"] == fresh.id


@pytest.mark.usefixtures("quick")
def test_a_renewal_that_fails_leaves_the_old_grant_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    old = in_use()
    fresh = agreed("crew_list", client=old.client, renews=old)
    provision.start(fresh, by="steward", now=NOW)
    failed = Probed("gateway", (Check("rows", "5", "4", passed=False),), 1)
    monkeypatch.setattr(exchange, "probe_open", lambda *_, **__: failed)
    assert provision.carry_out(fresh.id, by="store", now=NOW) == RequestState.FAILED
    old.refresh_from_db()
    assert old.state == RequestState.IN_USE
    assert exchange.grant(str(old.grant_id), now=NOW).state == "active"
    assert exchange.policy_drift() == 0


@pytest.mark.usefixtures("quick")
def test_expiry_is_warned_of_twice_and_then_noted() -> None:
    row = in_use(valid_until=NOW + timedelta(days=90))
    told = []
    for day in (1, 59, 61, 62, 82, 84, 85, 89):
        told.append(upkeep.warn(NOW + timedelta(days=day)))
    assert told == [0, 0, 1, 0, 0, 1, 0, 0]
    assert upkeep.expire_due(NOW + timedelta(days=89)) == 0
    assert upkeep.expire_due(NOW + timedelta(days=90)) == 1
    row.refresh_from_db()
    assert row.state == RequestState.EXPIRED
    assert upkeep.expire_due(NOW + timedelta(days=91)) == 0


def called(row: Request, day: int) -> None:
    """Let the metering say that it was called on a day after its approval."""
    from duokua.kernel import environment

    store = UsageStore(environment.read().usage)
    at = NOW + timedelta(days=day)
    number = (district_day(at) - district_day(NOW.fromtimestamp(0, NOW.tzinfo))).days
    caller = Caller(row.interface, str(row.grant_id), row.client, "health")
    figures = (3, 3, 30) + (0,) * 40
    store.add(Harvest(number, [(caller, figures)], [], []))
    store.close()


@pytest.mark.usefixtures("quick")
def test_what_nobody_calls_is_proposed_for_release_once() -> None:
    row, busy = in_use(), in_use()
    called(busy, 30)
    proposed = [upkeep.propose_release(NOW + timedelta(days=day)) for day in (59, 60, 61, 70)]
    assert proposed == [0, 1, 0, 0]
    assert Use.objects.get(request=row).idle_since == district_day(NOW)
    assert upkeep.propose_release(NOW + timedelta(days=90)) == 1  # the other one by now
    assert Use.objects.filter(proposed_at__isnull=False).count() == 2


@pytest.mark.usefixtures("quick")
def test_what_is_kept_is_asked_of_again_after_another_sixty_days() -> None:
    row = in_use()
    assert upkeep.propose_release(LATER) == 1
    use.keep(row, "每年汛期使用", by="user", now=LATER)
    assert upkeep.propose_release(LATER + timedelta(days=59)) == 0
    assert upkeep.propose_release(LATER + timedelta(days=60)) == 1
    with pytest.raises(Invalid):
        use.keep(row, " ", by="user", now=LATER)


@pytest.mark.usefixtures("quick")
def test_what_ended_cannot_be_taken_away_again() -> None:
    row = in_use()
    use.give_back(row, by="user", now=NOW)
    for act in (
        lambda: use.give_back(row, by="user", now=NOW),
        lambda: use.revoke(row, "r", by="steward", post="owner", now=NOW),
        lambda: use.suspend(row, "r", by="steward", post="owner", now=NOW),
        lambda: use.resume(row, by="steward", post="owner", now=NOW),
        lambda: use.keep(row, "r", by="user", now=NOW),
    ):
        with pytest.raises(Conflict):
            act()


@pytest.mark.usefixtures("quick")
def test_a_receipt_leads_to_its_request() -> None:
    row = in_use()
    grant = str(row.grant_id)
    assert using.of_grants([grant, "grant-x"]) == {grant: row.id}
    assert using.grants_of(row.id) == [grant]
    assert using.grants_of("request-x") == []


class Cut(BaseException):
    """The process ends here."""


CUTS = {
    "before the grant": ("duokua.exchange.actions._retire", False),
    "grant and link written, nothing published": ("duokua.exchange.policy.publish", False),
    "published, before the probe": ("duokua.exchange.facade.probe_open", False),
    "probed, before the verdict": ("duokua.store.actions.probing.keep", False),
    "in use, before the predecessor ends": ("duokua.store.actions.provision.finish", False),
    "at the very end": ("duokua.store.actions.provision.finish", True),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("renewal", [False, True])
@pytest.mark.parametrize("cut", CUTS)
def test_whoever_is_cut_short_opens_one_grant(
    cut: str, renewal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each durable step the process ends; the job runs again and comes to the same end."""
    old = in_use() if renewal else None
    row = agreed("crew_list", client=old.client if old else program(), renews=old)
    provision.start(row, by="steward", now=NOW)
    place, after = CUTS[cut]
    module, name = place.rsplit(".", 1)
    import importlib

    honest = getattr(importlib.import_module(module), name)

    def ending(*told: Any, **named: Any) -> Any:
        if after:
            honest(*told, **named)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(place, ending)
        with pytest.raises(Cut):
            provision.carry_out(row.id, by="store", now=NOW)
    assert provision.carry_out(row.id, by="store", now=NOW) == RequestState.IN_USE
    row.refresh_from_db()
    active = list(Grant.objects.filter(state="active").values_list("id", flat=True))
    assert active == [row.grant_id]
    assert Grant.objects.count() == (2 if renewal else 1)
    assert exchange.policy_drift() == 0
    if old is not None:
        old.refresh_from_db()
        assert old.state == RequestState.EXPIRED
