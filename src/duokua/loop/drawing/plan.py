"""A map layer (地图图层): points or a grid of counts over the district's outline, schematic (示意)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path

from duokua.lang.scenario.level import Level
from duokua.loop.drawing.rows import Rows, number, said

WIDTH, HEIGHT, PAD = 720.0, 460.0, 16.0
FILE = "outline.geojson"  # in the home: the district's own outline, in WGS-84
_CELL = 24.0  # of the grid, in units of the drawing
_MOST_POINTS = 2_000
Ring = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Point:
    """A place; ``level`` gives colour and shape."""

    x: float
    y: float
    level: str
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A square of the grid: how much lies in it, and its share of the fullest one."""

    x: float
    y: float
    size: float
    share: float
    label: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the template draws; ``left_out`` rows have no place."""

    outline: tuple[str, ...]
    points: tuple[Point, ...]
    cells: tuple[Cell, ...]
    left_out: int
    width: float = WIDTH
    height: float = HEIGHT


def outline(folder: Path) -> tuple[Ring, ...]:
    """Read the district's outline; nothing where there is none or it cannot be read."""
    try:
        told = json.loads((folder / FILE).read_text("utf-8"))
        geometry = told.get("geometry", told)
        shapes = geometry["coordinates"]
        polygons = [shapes] if geometry["type"] == "Polygon" else shapes
        rings = tuple(polygon[0] for polygon in polygons)
        return rings if all(len(place) >= 2 for ring in rings for place in ring) else ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ()


def plan(rows: Rows, rings: Sequence[Ring], options: dict[str, object]) -> Plan:
    """Draw rows by their longitude and latitude."""
    placed = [
        (lon, lat, row)
        for row in rows.rows
        if (lon := number(row.get(str(options["lon"])))) is not None
        and (lat := number(row.get(str(options["lat"])))) is not None
        and -180 <= lon <= 180
        and -85 <= lat <= 85
    ]
    around = [(place[0], place[1]) for ring in rings for place in ring]
    fit = _Fit.of(around or [(lon, lat) for lon, lat, _ in placed])
    paths = tuple(_path(ring, fit) for ring in rings)
    lacking = len(rows.rows) - len(placed)
    if options.get("draw") == "heat":
        weight = options.get("weight")
        told = [
            (*fit.place(lon, lat), (number(row.get(str(weight))) or 0.0) if weight else 1.0)
            for lon, lat, row in placed
        ]
        return Plan(paths, (), _cells(told), lacking)
    level, label = str(options.get("level", "")), str(options.get("label", ""))
    points = [
        Point(*fit.place(lon, lat), _level(row.get(level)), said(row.get(label)) if label else "")
        for lon, lat, row in placed[:_MOST_POINTS]
    ]
    order = [each.value for each in (Level.NONE, Level.UNKNOWN, Level.BLUE, Level.YELLOW,
                                     Level.ORANGE, Level.RED)]  # fmt: skip
    points.sort(key=lambda each: order.index(each.level))  # the worst lies on top
    return Plan(paths, tuple(points), (), lacking + len(placed) - len(points))


def _level(value: object) -> str:
    known = {each.value for each in Level}
    return value if isinstance(value, str) and value in known else Level.NONE.value


@dataclass(frozen=True, slots=True)
class _Fit:
    """How longitude and latitude lie in the drawing: one scale both ways, so shapes stay true."""

    west: float
    north: float
    scale: float
    squeeze: float
    left: float
    top: float

    @classmethod
    def of(cls, places: Sequence[tuple[float, float]]) -> _Fit:
        if not places:
            return cls(0.0, 0.0, 1.0, 1.0, PAD, PAD)
        west, east = min(p[0] for p in places), max(p[0] for p in places)
        south, north = min(p[1] for p in places), max(p[1] for p in places)
        squeeze = cos(radians((south + north) / 2))
        across, down = max((east - west) * squeeze, 1e-4), max(north - south, 1e-4)
        scale = min((WIDTH - 2 * PAD) / across, (HEIGHT - 2 * PAD) / down)
        left, top = (WIDTH - across * scale) / 2, (HEIGHT - down * scale) / 2
        return cls(west, north, scale, squeeze, left, top)

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place lies in the drawing."""
        x = self.left + (lon - self.west) * self.squeeze * self.scale
        return round(x, 1), round(self.top + (self.north - lat) * self.scale, 1)


def _path(ring: Ring, fit: _Fit) -> str:
    places = " L".join("{} {}".format(*fit.place(place[0], place[1])) for place in ring)
    return f"M{places} Z"


def _cells(told: Sequence[tuple[float, float, float]]) -> tuple[Cell, ...]:
    grid: dict[tuple[int, int], float] = {}
    for x, y, weight in told:
        at = int(x // _CELL), int(y // _CELL)
        grid[at] = grid.get(at, 0.0) + weight
    most = max(grid.values(), default=0.0)
    if most <= 0:
        return ()
    return tuple(
        Cell(at[0] * _CELL, at[1] * _CELL, _CELL, round(sum_ / most, 3), said(sum_))
        for at, sum_ in sorted(grid.items())
        if sum_ > 0
    )
