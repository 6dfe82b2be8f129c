"""The rows of every dataset of the demonstration, drawn from the latent district; no engine is asked.

A dataset's rows may be taken from those of another, which are drawn first, so each dataset has the
same rows whatever else is asked for. Keys that begin with an underscore are latent: never published.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from duokua.project.demo import district, drawing
from duokua.project.demo.declared import POOLS, Declared, Joined, catalogue, source_of
from duokua.project.demo.district import Row
from duokua.project.demo.latent import Latent


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a district is built; ``whole`` with all its departments and datasets."""

    sites: int
    workers: int
    hours: int
    whole: bool


FIRST = ("construction_site", "site_worker", "air_quality_hour")  # their contracts are written out
FULL = Scale(district.SITES, district.WORKERS, district.HOURS, True)
SCALES = {"full": FULL, "small": Scale(30, 1_200, 24 * 14, False)}


class World:
    """All rows of one seed, each dataset drawn when it is first asked for."""

    def __init__(self, scale: Scale = FULL) -> None:
        self.latent = Latent(sites=scale.sites)
        self.declared = catalogue()
        self.scale = scale
        self._known: dict[str, list[Row]] = {}

    @cached_property
    def first(self) -> dict[str, list[Row]]:
        """The rows of the three datasets whose contracts are written out."""
        return {
            "construction_site": list(district.sites(self.scale.sites)),
            "site_worker": list(district.workers(self.scale.workers, self.scale.sites)),
            "air_quality_hour": list(district.air(self.scale.hours)),
        }

    def pool(self, name: str) -> list[Row]:
        """Return a pool of the latent district."""
        return self.latent.pool(name)

    def rows(self, dataset: str) -> list[Row]:
        """Return the rows of a dataset, with what is latent in them."""
        if dataset not in self._known:
            self._known[dataset] = self._drawn(dataset)
        return self._known[dataset]

    def _drawn(self, dataset: str) -> list[Row]:
        if dataset in self.declared.joins:
            return joined(self, self.declared.joins[dataset])
        if dataset in FIRST:
            return self.first[dataset]
        return self._declared(self.declared.datasets[dataset])

    def _declared(self, told: Declared) -> list[Row]:
        draw = random.Random(f"{self.latent.seed}/{told.id}")  # noqa: S311 - demonstration data
        found = []
        for number, (source, tick, ticks) in enumerate(self._sources(told, draw), start=1):
            place = draw.choice(self.latent.community)
            hand = drawing.Hand(self, draw, source, place, number, tick, ticks)
            for column in told.columns:
                hand.row[column.name] = drawing.value(hand, column)
            hand.row |= {name: told for name, told in source.items() if name[0] == "_"}
            found.append(hand.row)
        return found

    def _sources(self, told: Declared, draw: random.Random) -> list[tuple[Row, int, int]]:
        """Return for each row what it is drawn from, and its place in a series."""
        words = told.rows.split()
        if "of" not in words:
            return [(draw.choice(self.latent.community), 0, 1) for _ in range(int(words[0]))]
        name = source_of(told.rows)
        pool = self.latent.pool(name) if name in POOLS else self.rows(name)
        if "each" in words:
            ticks = int(words[0])
            first = int(words[-1]) if "first" in words else len(pool)
            return [(row, tick, ticks) for row in pool[:first] for tick in range(ticks)]
        count = int(words[0])
        chosen = _chosen(pool, words[words.index("of") + 2 :], count, draw)
        return [(row, 0, 1) for row in chosen]


def _chosen(pool: Sequence[Row], words: list[str], count: int, draw: random.Random) -> list[Row]:
    """Choose from a pool: of an age, of an industry, by a trait; nobody twice where that is possible."""
    fitting = list(pool)
    trait = words[words.index("by") + 1] if "by" in words else None
    for word in words[: words.index("by")] if "by" in words else words:
        if ".." in word:
            low, high = (int(part) for part in word.split(".."))
            fitting = [row for row in fitting if low <= row["_age"] <= high]
        else:
            fitting = [row for row in fitting if row["industry"] == word]
    if count > len(fitting):
        return draw.choices(fitting, k=count)
    if trait is None:
        return draw.sample(fitting, count)
    weighed = sorted(fitting, key=lambda row: draw.random() * 0.3 - row[f"_{trait}"])
    return weighed[:count]


def joined(world: World, told: Joined) -> list[Row]:
    """Return the rows of a joined dataset, found without any engine."""
    left, right = world.rows(told.left), world.rows(told.right)
    if told.where is not None:
        name, value = told.where
        left = [row for row in left if spelt(row[name]) == value]
    if not told.on:
        return _counted(left, right, told)
    by_key = {row[told.on]: row for row in right}
    return [
        {name: row[name] for name in told.take}
        | {_named(told, name): by_key[row[told.on]][name] for name in told.with_take}
        for row in left
        if row[told.on] in by_key
    ]


def _named(told: Joined, name: str) -> str:
    """Return the name of a column of the right-hand dataset."""
    return f"{told.right}_{name}" if name in told.take else name


def _counted(left: list[Row], right: list[Row], told: Joined) -> list[Row]:
    (own, _), (beside, _) = told.counts
    return [
        {
            "street": street,
            own: sum(row["street"] == street for row in left),
            beside: sum(row["street"] == street for row in right),
        }
        for street in sorted({row["street"] for row in left})
    ]


def spelt(value: Any) -> str:
    """Return a value as a ``where`` of the catalogue spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
