"""The lineage (血缘) of a pack, from what its queries were parsed to: tables → rules → playbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from duokua.lang.scenario.narrowing import parameters_of, tables_of
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.rule import BASELINE, WINDOW

KINDS = ("interface", "table", "dataset", "parameter", "rule", "playbook", "view", "indicator")


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """Something of a pack; ``kind`` is one of KINDS."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is made of what, as pairs of source and target, sorted."""

    edges: tuple[tuple[Node, Node], ...]

    def before(self, *nodes: Node) -> frozenset[Node]:
        """Return everything that these are made of, near and far."""
        return self._reached(nodes, 1, 0)

    def after(self, *nodes: Node) -> frozenset[Node]:
        """Return everything that is made of these, near and far."""
        return self._reached(nodes, 0, 1)

    def _reached(self, nodes: Iterable[Node], come: int, go: int) -> frozenset[Node]:
        found: set[Node] = set()
        todo = list(nodes)
        while todo:
            here = todo.pop()
            for edge in self.edges:
                if edge[come] == here and edge[go] not in found:
                    found.add(edge[go])
                    todo.append(edge[go])
        return frozenset(found)


def lineage_of(pack: Pack) -> Lineage:
    """Return the lineage of a pack."""
    return Lineage(tuple(sorted(set(_edges(pack)))))


def _edges(pack: Pack) -> Iterator[tuple[Node, Node]]:
    for each in pack.manifest.consumes:
        yield Node("interface", each.interface), Node("table", each.table)
    for name, query in pack.datasets.items():
        target = Node("dataset", name)
        yield from _of_query(pack, target, tables_of(query), parameters_of(query))
    for rule in pack.rules.values():
        target = Node("rule", rule.id)
        yield from _of_query(pack, target, rule.tables, rule.parameters)
        yield target, Node("playbook", rule.playbook)
    for view in pack.views.values():
        tables = [table for panel in view.panels for table in panel.tables]
        named = [
            name for panel in view.panels if panel.query for name in parameters_of(panel.query)
        ]
        yield from _of_query(pack, Node("view", view.id), tables, named)
    for indicator in pack.indicators.values():
        queries = (indicator.numerator, indicator.denominator, indicator.rows)
        named = [name for query in queries if query for name in parameters_of(query)]
        yield from _of_query(pack, Node("indicator", indicator.id), indicator.tables, named)


def _of_query(
    pack: Pack, target: Node, tables: Iterable[str], parameters: Iterable[str]
) -> Iterator[tuple[Node, Node]]:
    for table in tables:
        name = table.removeprefix(BASELINE)
        if name not in LOOP_TABLES:
            yield Node("dataset" if name in pack.datasets else "table", name), target
    for name in parameters:
        if name not in WINDOW and name in pack.parameters:
            yield Node("parameter", name), target
