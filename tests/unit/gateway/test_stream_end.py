"""When a running export ends: as soon as it could not begin any more as it did."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from duokua.gateway.streams import Streams
from duokua.kernel.text import Text
from duokua.lang.grant import OPEN, Grant, Quota
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import Hide

INTERFACE = Interface(
    id="residents",
    version="1.0.0",
    title=Text("居民", "Residents"),
    description=Text("居民", "Residents"),
    dataset="resident",
    owner="dept",
    shape=Shape.PAGE,
    columns=("id", "name"),
    parameters=(),
    order=("id",),
)
GRANT = Grant(
    id="grant-1", client="client", department="dept", interface="residents", purpose="核查",
    basis="条例", columns=("id", "name"), masks=(), row_filter=None, quota=Quota(), row_cap=10,
    valid_from=0.0, valid_until=4e9,
)  # fmt: skip


def ended(grant: Grant, **changed: Any) -> bool:
    """Tell whether a stream under ``grant`` ends when the policy is ``changed``."""
    served = SimpleNamespace(interface=INTERFACE)
    policy = {
        "interfaces": {"residents": served},
        "clients": {"client": object()},
        "grants": {GRANT.id: GRANT},
    }
    serving = SimpleNamespace(state=SimpleNamespace(**(policy | changed)))
    stream = SimpleNamespace(
        seat=SimpleNamespace(plan=SimpleNamespace(grant=grant, served=served), key=None)
    )
    pool: Any = None
    return Streams(serving, pool)._revoked(stream)  # type: ignore[arg-type]


OPEN_GRANT = replace(GRANT, id=OPEN, client="anonymous")


@pytest.mark.parametrize("grant", [GRANT, OPEN_GRANT])
def test_it_goes_on_while_nothing_changes(grant: Grant) -> None:
    assert not ended(grant)


@pytest.mark.parametrize(
    "changed",
    [
        {"grants": {}},
        {"grants": {GRANT.id: replace(GRANT, masks=(("name", Hide()),))}},
        {"grants": {GRANT.id: replace(GRANT, columns=("id",))}},
        {"clients": {}},
    ],
)
def test_it_ends_with_its_grant_or_client(changed: dict[str, Any]) -> None:
    assert ended(GRANT, **changed)
    assert not ended(OPEN_GRANT, **changed)


@pytest.mark.parametrize("grant", [GRANT, OPEN_GRANT])
@pytest.mark.parametrize("change", [{"columns": ("id",)}, {"open": True}, None])
def test_it_ends_with_its_interface(grant: Grant, change: dict[str, Any] | None) -> None:
    now = {} if change is None else {
        "residents": SimpleNamespace(interface=replace(INTERFACE, **change))
    }  # fmt: skip
    assert ended(grant, interfaces=now)


def test_it_ends_in_time() -> None:
    past = replace(GRANT, valid_until=1.0)
    assert ended(past, grants={GRANT.id: past})
