"""Wrong tries are counted by grant, key and day, and outlive the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.serving.problems import Refusal
from duokua.serving.tries import MOST, Tries

NOON = 1_790_000_000.0 - 1_790_000_000.0 % 86_400 + 4 * 3600  # midday in the district


def spend(tries: Tries, grant: str, key: str, now: float = NOON) -> int:
    """Answer wrongly until it is refused; return how often that was."""
    for count in range(MOST + 5):
        try:
            tries.wrong(tries.check(grant, (key,), now))
        except Refusal as refusal:
            assert refusal.code == "verify_exhausted"
            assert refusal.retry_after == 12 * 3600
            return count
    raise AssertionError


def test_each_grant_key_and_day_counts_by_itself(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "tries.sqlite3", b"secret")
    assert spend(tries, "g", "k") == MOST
    assert spend(tries, "g", "other") == MOST
    assert spend(tries, "h", "k") == MOST
    tries.close()
    again = Tries(tmp_path / "tries.sqlite3", b"secret")
    assert spend(again, "g", "k") == 0
    assert spend(again, "g", "k", NOON + 86_400) == MOST
    again.close()


def test_right_answers_cost_nothing(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "tries.sqlite3", b"secret")
    for _ in range(3 * MOST):
        tries.check("g", ("k",), NOON)
    assert spend(tries, "g", "k") == MOST
    tries.close()


def test_keys_do_not_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tries.sqlite3"
    tries = Tries(path, b"secret")
    tries.wrong(tries.check("g", ("330106199001011234",), NOON))
    tries.close()
    assert b"330106199001011234" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with pytest.raises(Refusal):
        for _ in range(MOST + 1):
            other = Tries(path, b"secret")
            other.wrong(other.check("g", ("330106199001011234",), NOON))
            other.close()
