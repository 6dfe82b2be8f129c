"""Pages wait for programs only while these call heavily."""

from __future__ import annotations

from duokua.gateway.courtesy import HEAVY, WAIT_S, Courtesy


class _World:
    def __init__(self) -> None:
        self.now, self.receipts = 100.0, 7
        self.courtesy = Courtesy(lambda: self.receipts, lambda: self.now)

    def after(self, seconds: float, calls_per_s: float) -> float:
        self.now += seconds
        self.receipts += int(seconds * calls_per_s)
        return self.courtesy.wait_s()


def test_a_quiet_machine_keeps_nobody_waiting() -> None:
    world = _World()
    assert [world.after(0.1, HEAVY / 2) for _ in range(5)] == [0.0] * 5


def test_pages_wait_while_programs_call_heavily_and_no_longer() -> None:
    world = _World()
    assert world.after(0.1, HEAVY * 3) == WAIT_S
    assert world.after(0.01, 0) == WAIT_S  # too short a look to know better
    assert world.after(0.1, 0) == 0.0


def test_what_was_long_ago_says_nothing() -> None:
    world = _World()
    assert world.after(30, HEAVY * 3) == 0.0
