"""One district and one gateway for all tests that leave them running; fresh ones for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from duokua.lang.contract import Level
from gateway import district
from gateway.world import Gateway, Home


def _fill(home: Home) -> Home:
    residents, contract = district.rows(), district.contract()
    home.serve(district.lookup(), contract, residents[:500])
    home.serve(district.page(), contract, residents)
    home.serve(district.lookup("open_by_id", open_=True), contract, residents[:50])
    home.serve(district.page("open_page", open_=True), contract, residents[:50])
    home.serve(district.page("empty_page"), contract, None)
    secret = district.contract("secret", Level.L4)
    home.serve(district.lookup("secret_by_id", dataset="secret"), secret, residents[:10])
    home.serve(district.wide(), district.wide_contract(), district.wide_rows())
    return home


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of the shared gateway."""
    return _fill(Home(tmp_path_factory.mktemp("district")))


@pytest.fixture(scope="session")
def gateway(home: Home) -> Iterator[Gateway]:
    """The shared gateway; tests publish grants of their own and do not stop it."""
    started = Gateway(home).start()
    yield started
    assert started.stop() == 0, started.log.read_text()


@pytest.fixture
def small(tmp_path: Path) -> Home:
    """A home of a test's own with 200 residents."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    residents, contract = district.rows(200), district.contract()
    home.serve(district.lookup(), contract, residents)
    home.serve(district.page(), contract, residents)
    return home


@pytest.fixture
def starts() -> Iterator[Callable[[Home], Gateway]]:
    """Start gateways that a test may kill; whatever is left is ended afterwards."""
    started: list[Gateway] = []

    def start(home: Home) -> Gateway:
        started.append(Gateway(home).start())
        return started[-1]

    yield start
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.stop()
