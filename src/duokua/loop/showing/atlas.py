"""The map beside the list (点位图): cases as points over a drawn outline, as plain SVG.

The outline is the district's own where it has put one into its home, else a made-up one (示意); no
tiles are asked for. Longitudes shrink by the cosine of the latitude, which is true enough for one district.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

from duokua.lang.scenario.level import SEVERITY
from duokua.loop.values.case import CaseRow

WIDTH, HEIGHT = 400.0, 320.0
_PAD = 18.0
_FAR = 1.0  # degrees from a corner of the district: nothing of it is shown
Ring = Sequence[Sequence[float]]
OUTLINE = (  # longitude, latitude: a made-up district on a bend of a river
    (120.118, 30.172), (120.139, 30.191), (120.168, 30.203), (120.192, 30.221), (120.221, 30.236),
    (120.243, 30.222), (120.246, 30.197), (120.236, 30.176), (120.240, 30.152), (120.217, 30.139),
    (120.186, 30.147), (120.158, 30.134), (120.133, 30.146),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """A case on the map."""

    x: float
    y: float
    row: CaseRow


@dataclass(frozen=True, slots=True)
class Atlas:
    """What the map draws: the outline's paths and the points, gravest on top."""

    outlines: tuple[str, ...]
    points: tuple[Point, ...]
    without: int  # cases of the list that have no place on it


@dataclass(frozen=True, slots=True)
class _Scale:
    west: float
    north: float
    factor: float  # units of the drawing for a degree of latitude
    narrow: float  # what a degree of longitude is of one of latitude

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        x = _PAD + (lon - self.west) * self.narrow * self.factor
        return round(x, 1), round(_PAD + (self.north - lat) * self.factor, 1)

    def path(self, line: Ring) -> str:
        return "M" + "L".join(f"{x} {y}" for x, y in (self.place(e[0], e[1]) for e in line))


def draw(rows: Sequence[CaseRow], outline: Sequence[Ring] = ()) -> Atlas:
    """Place the cases of a list; what lies far away or nowhere is counted instead."""
    rings = outline or (OUTLINE,)
    placed = [
        (row, row.lon, row.lat) for row in rows if row.lon is not None and row.lat is not None
    ]
    near = [(row, lon, lat) for row, lon, lat in placed if _near(lon, lat, rings)]
    corners = [(each[0], each[1]) for ring in rings for each in ring]
    scale = _scale([*corners, *((lon, lat) for _row, lon, lat in near)])
    points = [Point(*scale.place(lon, lat), row) for row, lon, lat in near]
    points.sort(key=lambda each: SEVERITY[each.row.level])
    paths = tuple(scale.path(ring) + "Z" for ring in rings)
    return Atlas(paths, tuple(points), len(rows) - len(near))


def _near(lon: float, lat: float, rings: Sequence[Ring]) -> bool:
    corner = rings[0][0]
    return abs(lon - corner[0]) <= _FAR and abs(lat - corner[1]) <= _FAR


def _scale(everything: Sequence[tuple[float, float]]) -> _Scale:
    west, east = min(e[0] for e in everything), max(e[0] for e in everything)
    south, north = min(e[1] for e in everything), max(e[1] for e in everything)
    narrow = cos(radians((south + north) / 2))
    factor = min(
        (WIDTH - 2 * _PAD) / max((east - west) * narrow, 1e-6),
        (HEIGHT - 2 * _PAD) / max(north - south, 1e-6),
    )
    return _Scale(west, north, factor, narrow)
