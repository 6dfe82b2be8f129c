"""The lineage page (血缘图): what a dataset is made of and what is made of it, as a picture."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.facade import Edge
from duokua.lists.exports import csv_answer

_WIDTH, _HEIGHT = 216, 56  # of a box
_ACROSS, _DOWN = 288, 76  # from box to box
_PAD = 8
_HIDDEN = Text("核心资源", "Core resource")


@dataclass(frozen=True, slots=True)
class Box:
    """A dataset in the picture; ``title`` hides one that the viewer may not know of."""

    id: str
    title: Text
    known: bool
    here: bool
    x: int
    y: int
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes from left to right in the direction of the data, and the curves between them."""

    boxes: list[Box]
    curves: list[str]
    width: int
    height: int


@policy.staff
def lineage(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Show the lineage of a dataset, or with ``column`` of one of its columns.

    :raises NotFound: there is no such dataset.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    column = request.GET.get("column") or None
    if column not in info.contract.by_name:
        column = None
    up = facade.upstream(dataset_id, column=column)
    down = facade.downstream(dataset_id, column=column)
    names = {name for edge in [*up, *down] for name in (edge.dataset, edge.source)}
    known = facade.titles(names, viewer=person.viewer)
    shown = [
        edge for edge in dict.fromkeys([*up, *down]) if {edge.dataset, edge.source} <= known.keys()
    ]
    if request.GET.get("format") == "csv":
        head = [_("Made of"), _("Column"), _("Dataset"), _("Column")]
        rows = ((e.source, e.source_column, e.dataset, e.column or _("(rows)")) for e in shown)
        return csv_answer(f"lineage-{dataset_id}", head, rows)
    context = {
        "info": info,
        "column": column,
        "edges": shown,
        "picture": _draw(dataset_id, info.title, up, down, known),
    }
    return render(request, "lake/lineage.html", context)


def _draw(
    here: str, title: Text, up: list[Edge], down: list[Edge], known: dict[str, Text]
) -> Picture:
    layers = _layers(here, up, down)
    first = min(layers.values())
    rows: dict[int, int] = {}
    boxes: dict[str, Box] = {}
    for at, name in enumerate(sorted(layers, key=lambda name: (layers[name], name))):
        layer = layers[name] - first
        row = rows[layer] = rows.get(layer, -1) + 1
        told = title if name == here else known.get(name, _HIDDEN)
        shown = name if name == here or name in known else f"hidden-{at}"
        x, y = _PAD + layer * _ACROSS, _PAD + row * _DOWN
        boxes[name] = Box(shown, told, name in known, name == here, x, y)
    pairs = dict.fromkeys((edge.source, edge.dataset) for edge in [*up, *down])
    curves = [_curve(boxes[one], boxes[other]) for one, other in pairs]
    width = 2 * _PAD + (max(layers.values()) - first) * _ACROSS + _WIDTH
    height = 2 * _PAD + max(rows.values()) * _DOWN + _HEIGHT
    return Picture(list(boxes.values()), curves, width, height)


def _layers(here: str, up: list[Edge], down: list[Edge]) -> dict[str, int]:
    """Place each dataset as far from this one as its longest way; circles there are none."""
    layers = {here: 0}
    for _round in range(len(up) + len(down) + 1):
        moved = False
        for edge in up:
            least = layers.get(edge.dataset, 0) - 1
            if layers.get(edge.source, 1) > least:
                layers[edge.source], moved = least, True
        for edge in down:
            most = layers.get(edge.source, 0) + 1
            if layers.get(edge.dataset, -1) < most:
                layers[edge.dataset], moved = most, True
        if not moved:
            break
    return layers


def _curve(one: Box, other: Box) -> str:
    """Return the SVG path from the right side of a box to the left side of another."""
    x, y = one.x + _WIDTH, one.y + _HEIGHT // 2
    to_x, to_y = other.x, other.y + _HEIGHT // 2
    middle = (x + to_x) // 2
    return f"M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}"
