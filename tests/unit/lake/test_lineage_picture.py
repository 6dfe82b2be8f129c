"""The lineage picture: every dataset to the right of what it is made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.lake.facade import Edge
from duokua.lake.lineage_views import _draw

HERE = 5
# A dataset is made of such with smaller numbers only, so there are no circles.
_PAIRS = st.sets(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1])
)


def reach(pairs: set[tuple[int, int]], *, up: bool) -> list[Edge]:
    """Return the edges up or down from the middle, found by an independent walk."""
    level, found = {HERE}, set()
    while level:
        edges = {pair for pair in pairs if pair[1 if up else 0] in level} - found
        found |= edges
        level = {pair[0 if up else 1] for pair in edges}
    return [Edge(f"d{target}", "c", f"d{source}", "c") for source, target in sorted(found)]


@given(_PAIRS)
def test_data_flow_from_left_to_right_and_no_box_covers_another(
    pairs: set[tuple[int, int]],
) -> None:
    up, down = reach(pairs, up=True), reach(pairs, up=False)
    names = {name for edge in [*up, *down] for name in (edge.source, edge.dataset)}
    picture = _draw(
        f"d{HERE}", Text("中", "mid"), up, down, {name: Text(name, name) for name in names}
    )
    boxes = {box.id: box for box in picture.boxes}
    assert set(boxes) == names | {f"d{HERE}"}
    assert all(boxes[edge.source].x < boxes[edge.dataset].x for edge in [*up, *down])
    places = [(box.x, box.y) for box in picture.boxes]
    assert len(set(places)) == len(places)
    assert all(box.x + box.width <= picture.width for box in picture.boxes)
    assert all(box.y + box.height <= picture.height for box in picture.boxes)


def test_a_dataset_that_may_not_be_known_is_not_named() -> None:
    picture = _draw(
        "a", Text("甲", "a"), [Edge("a", "c", "secret", "c")], [], {"a": Text("甲", "a")}
    )
    assert [box.title.en for box in picture.boxes] == ["Core resource", "a"]
    assert "secret" not in "".join(box.id for box in picture.boxes)
