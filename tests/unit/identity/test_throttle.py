"""How long a door stays shut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duokua.identity import throttle

NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 2), (6, 4), (9, 32), (14, 900), (400, 900)]
)
def test_the_wait_doubles_after_five_failures(failures: int, seconds: int) -> None:
    assert throttle.wait_s(failures, NOW, 5, NOW) == seconds


def test_a_wait_that_is_over_is_over() -> None:
    assert throttle.wait_s(6, NOW, 5, NOW + timedelta(seconds=3, milliseconds=999)) == 1
    assert throttle.wait_s(6, NOW, 5, NOW + timedelta(seconds=4)) == 0


@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_nobody_waits_for_ever(failures: int, later_s: int) -> None:
    wait = throttle.wait_s(failures, NOW, 5, NOW + timedelta(seconds=later_s))
    assert 0 <= wait <= throttle.LONGEST_WAIT_S
    assert later_s < throttle.LONGEST_WAIT_S or wait == 0


def test_a_known_address_has_its_own_count() -> None:
    stranger = dict(throttle.keys("mei", "10.0.0.1", known=False))
    owner = dict(throttle.keys("mei", "10.0.0.2", known=True))
    assert not stranger.keys() & owner.keys()
