"""The drawings of the shared parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duokua.shell.components import RING_LENGTH, Grade, ring, spark

AMOUNTS = st.floats(min_value=0, max_value=1e9, allow_nan=False)


def test_a_line_needs_two_values() -> None:
    assert spark([]) == spark([4]) == ""
    assert spark([0, 5]) == "2.0,32.0 118.0,2.0"


@given(st.lists(AMOUNTS, min_size=2, max_size=60))
def test_a_line_stays_in_its_drawing(values: list[float]) -> None:
    points = [tuple(map(float, point.split(","))) for point in spark(values).split()]
    assert len(points) == len(values)
    assert all(0 <= x <= 120 and 0 <= y <= 34 for x, y in points)
    highest = min(range(len(points)), key=lambda n: points[n][1])
    assert values[highest] >= max(values) * 0.99 or max(values) == 0


@given(AMOUNTS, AMOUNTS)
def test_a_ring_tells_the_share(used: float, limit: float) -> None:
    drawn = ring(used, limit)
    assert 0 <= drawn.percent <= 100
    assert abs(drawn.drawn + drawn.rest - RING_LENGTH) < 0.02
    if limit and used >= limit:
        assert drawn.grade is Grade.RED and drawn.percent == 100
    if limit and used < 0.79 * limit:
        assert drawn.grade is Grade.BLUE


def test_a_ring_of_nothing_is_used_up() -> None:
    assert ring(0, 0).grade is Grade.RED
    assert ring(80, 100).grade is Grade.YELLOW
