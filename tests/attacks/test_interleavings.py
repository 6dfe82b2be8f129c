"""Revocation against calls (撤销与调用): nothing starts after it was acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attacks.races import CONTRACT, SHOWN, WAYS, Race, Target, interface
from duokua.lang.interface import Shape
from duokua.serving.policy import Change, PolicyStore
from gateway.world import Gateway, Home
from ledgers import EFFORT

RACES = 500 if EFFORT == 1 else 1000 * EFFORT
LANES = 6
pytestmark = [pytest.mark.xdist_group("attacks_interleavings")]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with interfaces of each lane."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    for lane, shape in itertools.product(range(LANES), (Shape.LOOKUP, Shape.PAGE)):
        home.serve(interface(lane, shape), CONTRACT, SHOWN)
    started = Gateway(home).start()
    yield started
    assert started.stop() == 0


@pytest.mark.campaign
@pytest.mark.timeout(900 * EFFORT)
def test_nothing_starts_after_an_acknowledged_revocation(gateway: Gateway, seed: int) -> None:
    """Whatever is taken away, in whatever way, three callers at once run into it."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    races = _races(gateway, [rng.choice(WAYS) for _ in range(RACES)], gateway.home.publish, rng)
    stale = [told for race in races for told in race.stale]
    assert not stale, (seed, stale[:5])
    assert all(race.acknowledged and race.served for race in races)


def test_an_acknowledgement_that_comes_too_early_is_found(gateway: Gateway, seed: int) -> None:
    """Published and not waited for, the same races find answers that began too late."""

    def hasty(*changes: Change) -> None:
        store = PolicyStore(gateway.home.settings.policy)
        store.publish(changes)
        store.close()

    races = _races(gateway, ["grant"] * 30, hasty, random.Random(seed))
    assert any(race.stale for race in races), seed


def _races(
    gateway: Gateway, ways: list[str], publish: Callable[..., object], rng: random.Random
) -> list[Race]:
    targets = [Target(number, number % LANES, way) for number, way in enumerate(ways)]
    gateway.home.publish(*(change for target in targets for change in target.before()))
    races = [Race(gateway, target, random.Random(rng.random()), publish) for target in targets]

    async def lane(number: int) -> None:
        for race in races[number::LANES]:
            await race.run()
            if restoring := race.target.restoring():
                await asyncio.to_thread(gateway.home.publish, *restoring)

    async def everybody() -> None:
        await asyncio.gather(*(lane(number) for number in range(LANES)))

    asyncio.run(everybody())
    return races
