"""The worlds and gateways that the attackers meet."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from attacks import worlds
from attacks.duel import Duel
from gateway.world import Gateway

SEEDS = (11, 12)


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of this run; ``ATTACK_SEED`` repeats one."""
    told = os.environ.get("ATTACK_SEED")
    return int(told) if told else random.SystemRandom().randrange(1 << 32)


@pytest.fixture(scope="session")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Gateway]]:
    """Two gateways over the two worlds."""
    folder = tmp_path_factory.mktemp("worlds")
    homes = [worlds.build(folder / f"world{n}", n) for n in SEEDS]
    first, second = (Gateway(home).start() for home in homes)
    yield first, second
    assert [first.stop(), second.stop()] == [0, 0]


@pytest.fixture
def duel(gateways: tuple[Gateway, Gateway]) -> Duel:
    """A duel of the two gateways without findings so far."""
    return Duel(gateways, [worlds.rows(n) for n in SEEDS])
