"""The personal-data finder against cells of a generator that knows nothing of it."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from duokua.lang.personal import find
from personal_cells import cells

EFFORT = int(os.environ.get("EFFORT", "1"))
CELLS = 20_000  # the size that the figures are promised for; EFFORT tries further seeds
LEAST_RECALL = 0.995
LEAST_PRECISION = 0.99


@pytest.mark.parametrize("seed", range(20261, 20261 + EFFORT))
def test_recall_and_precision(seed: int) -> None:
    hit: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    examples: list[str] = []
    for cell in cells(seed, CELLS):
        told = {found.kind.value for found in find(cell.text)}
        hit.update(told & cell.kinds)
        missed.update(cell.kinds - told)
        wrong.update(told - cell.kinds)
        if told != cell.kinds:
            examples.append(f"{cell.text!r}: {sorted(cell.kinds)} told {sorted(told)}")
    recall = hit.total() / (hit.total() + missed.total())
    precision = hit.total() / (hit.total() + wrong.total())
    print(f"\n{CELLS} cells, seed {seed}: recall {recall:.5f}, precision {precision:.5f}")
    for kind in sorted(hit):
        print(f"  {kind}: found {hit[kind]}, missed {missed[kind]}, wrong {wrong[kind]}")
    shown = "\n".join(random.Random(seed).sample(examples, min(40, len(examples))))
    assert min(hit.values()) > CELLS // 100, "every kind is really there"
    assert recall >= LEAST_RECALL, shown
    assert precision >= LEAST_PRECISION, shown
