"""Policy that cannot be taken over: it allows nothing, and what comes after it still counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from contracts import PLAIN
from duokua.engine.arrow import arrow_schema
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest, publish_manifest
from duokua.engine.sqlite import ReaderError
from duokua.lang.codec import contract_to_json, interface_to_json
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant, Quota, grant_to_json
from duokua.lang.interface import Interface, Shape
from duokua.lang.interface_file import load_interface
from duokua.lang.mask import Hide
from duokua.lang.odcs import load_contract
from duokua.lang.predicate import Compare
from duokua.serving.policy import Change, PolicyStore
from duokua.serving.problems import Refusal
from duokua.serving.state import State

CONTRACT: Contract = load_contract(PLAIN, source="c.yaml")
INTERFACE: Interface = load_interface(
    """\
interface: worker_by_id
version: 1.0.0
title: {zh: 查询, en: Look-up}
description: {zh: 说明, en: Description}
dataset: site_worker
shape: lookup
columns: [worker_id, phone]
""",
    source="i.yaml",
    contract=CONTRACT,
)
GRANT = Grant(
    id="grant-1",
    client="client",
    department="emergency",
    interface=INTERFACE.id,
    purpose="核查",
    basis="条例",
    columns=INTERFACE.columns,
    masks=(("phone", Hide()),),
    row_filter=None,
    quota=Quota(),
    row_cap=10,
    valid_from=0.0,
    valid_until=4e9,
)


def interface_change(interface: Interface = INTERFACE) -> Change:
    body = {"interface": interface_to_json(interface), "contract": contract_to_json(CONTRACT)}
    return Change("interface", interface.id, body)


def grant_change(grant: Grant) -> Change:
    return Change("grant", grant.id, grant_to_json(grant))


@pytest.fixture
def store(tmp_path: Path) -> PolicyStore:
    opened = PolicyStore(tmp_path / "policy")
    opened.publish([interface_change(), grant_change(GRANT)])
    return opened


@pytest.fixture
def state(tmp_path: Path, store: PolicyStore) -> State:
    found = State(PolicyStore(tmp_path / "policy"), tmp_path / "serving", b"secret")
    found.refresh()
    return found


def publish_index(state: State, version: int) -> Manifest:
    """Build and publish an index of one worker."""
    folder = state.indexes / INTERFACE.id
    folder.mkdir(parents=True, exist_ok=True)
    spec = IndexSpec(CONTRACT.columns, ("worker_id",), (), "worker_id")
    row = {"worker_id": f"W{version}", "phone": "138", "entered_at": None}
    batch = pa.RecordBatch.from_pylist([row], schema=arrow_schema(CONTRACT.columns))
    path = folder / f"{version}.sqlite"
    build_index(spec, [batch], path, subject_key=b"k")
    manifest = Manifest(
        INTERFACE.id, version, "2026-11-01T00:00:00Z", 1, path.name, export_path(path).name, (), "s"
    )
    publish_manifest(manifest, folder)
    return manifest


def test_a_grant_that_cannot_be_read_does_not_keep_another_from_ending(
    store: PolicyStore, state: State
) -> None:
    assert set(state.grants) == {"grant-1"}
    broken = replace(GRANT, id="grant-0", row_filter=Compare("gone", "eq", "x"))
    version = store.publish([grant_change(broken), Change("grant", "grant-1", None)])
    state.refresh()
    assert (state.version, state.grants) == (version, {})
    assert state.grants.of("client", INTERFACE.id) == ()


def test_a_policy_that_was_taken_over_half_is_taken_over_again(
    store: PolicyStore, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(version: int) -> None:
        raise ReaderError("disk I/O error")

    version = store.publish([Change("grant", "grant-1", None)])
    with monkeypatch.context() as patch:
        patch.setattr(state.policy, "news", fail)
        with pytest.raises(ReaderError):
            state.refresh()
    state.refresh()
    assert (state.version, state.grants) == (version, {})


def test_an_index_that_is_gone_is_looked_for_again(state: State) -> None:
    first = publish_index(state, 1)
    assert state.refresh()
    second = publish_index(state, 2)
    hidden = state.indexes / "hidden.sqlite"
    place = state.indexes / INTERFACE.id / second.index
    place.rename(hidden)
    assert not state.refresh()
    assert state.interfaces[INTERFACE.id].manifest == first
    hidden.rename(place)
    assert state.refresh()
    assert state.interfaces[INTERFACE.id].manifest == second


def test_a_start_without_an_index_serves_the_others(
    tmp_path: Path, state: State, store: PolicyStore
) -> None:
    (state.indexes / INTERFACE.id / publish_index(state, 1).index).unlink()
    started = State(PolicyStore(tmp_path / "policy"), state.indexes, b"secret")
    started.refresh()
    assert started.interfaces[INTERFACE.id].manifest is None
    assert started.version == store.version()


@pytest.mark.parametrize(
    ("interface", "masks", "columns"),
    [
        (INTERFACE, ("worker_id",), INTERFACE.columns),
        (replace(INTERFACE, shape=Shape.PAGE, parameters=()), ("worker_id",), INTERFACE.columns),
        (replace(INTERFACE, shape=Shape.PAGE, parameters=()), (), ("phone",)),
    ],
)
def test_a_place_that_would_tell_a_hidden_value_is_not_served(
    store: PolicyStore,
    state: State,
    interface: Interface,
    masks: tuple[str, ...],
    columns: tuple[str, ...],
) -> None:
    grant = replace(GRANT, masks=tuple((name, Hide()) for name in masks), columns=columns)
    store.publish([interface_change(interface), grant_change(grant)])
    publish_index(state, 1)
    state.refresh()
    with pytest.raises(Refusal) as told:
        state.plan(state.grants["grant-1"])
    assert told.value.code == "grant_not_valid"


def test_a_grant_that_changes_between_two_looks_is_not_served_under_the_old_version(
    store: PolicyStore, state: State
) -> None:
    """Its receipt would name a version that says something else."""
    version = store.publish([grant_change(replace(GRANT, purpose="别的"))])
    with pytest.raises(Refusal) as told:
        state.grants.of("client", INTERFACE.id)
    assert told.value.code == "unavailable"
    assert state.grants.get("grant-1") is None
    assert state.refresh()
    assert [each.purpose for each in state.grants.of("client", INTERFACE.id)] == ["别的"]
    assert state.version == version


def test_what_a_client_holds_follows_every_change(store: PolicyStore, state: State) -> None:
    second = replace(GRANT, id="grant-2", purpose="统计")
    store.publish([grant_change(second), grant_change(replace(second, id="grant-3", client="c"))])
    state.refresh()
    assert [each.id for each in state.grants.of("client", INTERFACE.id)] == ["grant-1", "grant-2"]
    assert [each.id for each in state.grants.of_client("c")] == ["grant-3"]
    store.publish([Change("grant", "grant-1", None), Change("grant", "grant-3", None)])
    state.refresh()
    assert [each.id for each in state.grants.of_client("client")] == ["grant-2"]
    assert list(state.grants.of_client("c")) == list(state.grants.of("nobody", "x")) == []
    assert len(state.grants) == 1
    store.publish([grant_change(replace(second, client="c"))])
    state.refresh()
    assert list(state.grants.of_client("client")) == []
    assert [each.id for each in state.grants.of("c", INTERFACE.id)] == ["grant-2"]


def test_an_index_is_opened_by_its_first_call(state: State) -> None:
    manifest = publish_index(state, 1)
    state.refresh()
    assert state.interfaces[INTERFACE.id].waiting
    place = state.indexes / INTERFACE.id / manifest.index
    hidden = place.rename(state.indexes / "hidden.sqlite")
    with pytest.raises(Refusal) as told:
        state.plan(state.grants["grant-1"])
    assert told.value.code == "unavailable"
    hidden.rename(place)
    plan = state.plan(state.grants["grant-1"])
    assert plan.lookup(["W1"])[0] == ("W1", None)
    assert plan.served is state.interfaces[INTERFACE.id]
