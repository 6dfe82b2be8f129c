"""What every interface of the demonstration has to answer, worked out from the generator's rows.

No engine, no index and no gateway takes part: lists, comparisons and sums in plain Python.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import yaml

from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import load_contract
from duokua.project.demo import opening, written
from duokua.project.demo.declared import catalogue
from duokua.project.demo.rows import World

Row = Mapping[str, Any]
DOMINANCE = 0.1
_PLACES = 1.000001e-6
_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ge": lambda one, other: one >= other,
    "le": lambda one, other: one <= other,
}


@dataclass(frozen=True)
class Asked:
    """One call: its query string or its body, and the rows that it has to answer."""

    query: dict[str, str]
    body: dict[str, Any] | None
    rows: list[dict[str, Any]]


def contracts() -> dict[str, Contract]:
    """Return the contract of every dataset, as the generator declares it."""
    known, found = catalogue(), {}
    for path in files("duokua.project.demo").joinpath("contracts").iterdir():
        contract = load_contract(path.read_text("utf-8"), source=path.name)
        found[contract.id] = contract
    for told in known.datasets.values():
        found[told.id] = written.declared_contract(told, known)
    for joined in known.joins.values():
        left, right = found[joined.left], found[joined.right]
        found[joined.id] = written.joined_contract(joined, left, right)
    return found


def documents(known: dict[str, Contract]) -> dict[str, dict[str, Any]]:
    """Return every interface as it is declared."""
    folder = files("duokua.project.demo").joinpath("interfaces")
    found = {}
    for path in folder.iterdir():
        document = yaml.safe_load(path.read_text("utf-8"))
        found[document["interface"]] = document
    return found | {each.id: each.document for each in opening.served_of(catalogue(), known)}


def rows_of(world: World, dataset: str) -> Sequence[Row]:
    """Return the rows of a dataset; the one that is derived by hand is derived by hand here."""
    if dataset != "street_workforce":
        return world.rows(dataset)
    present: dict[str, int] = defaultdict(int)
    for worker in world.rows("site_worker"):
        present[worker["site_id"]] += worker["on_site"]
    return [
        {
            "street": street,
            "sites": len(sites),
            "cranes": sum(site["cranes"] for site in sites),
            "workers": sum(present[site["site_id"]] for site in sites),
        }
        for street, sites in _grouped(world.rows("construction_site"), ["street"]).items()
    ]


def hidden(contract: Contract, name: str) -> bool:
    """Tell whether a grant that says nothing of a column masks it."""
    column = contract.by_name[name]
    return column.personal is not None or column.level in (Level.L3, Level.L4)


def asked(document: Mapping[str, Any], contract: Contract, rows: Sequence[Row]) -> Iterator[Asked]:
    """Yield the calls of one interface with what they have to answer."""
    match document["shape"]:
        case "lookup":
            yield from _lookup(document, contract, rows)
        case "page":
            yield _page(document, contract, rows)
        case "changes":
            yield Asked({}, None, [_told(row, document["columns"], contract) for row in rows])
        case "verify":
            yield from _verify(document, contract, rows)
        case "aggregate":
            cube = document["cube"]
            query = {"group": ",".join(cube["dimensions"])}
            yield Asked(query, None, list(_cells(cube, contract, rows)))


def digest(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return one hash for what rows tell in ``columns``, in whatever order they come."""
    lines = sorted(
        json.dumps([_canonical(row.get(name)) for name in columns], ensure_ascii=False)
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _canonical(value: object) -> object:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def means_differ(document: Mapping[str, Any], got: Sequence[Row], drawn: Sequence[Row]) -> bool:
    """Tell whether a mean is another one: they are told with six decimals."""
    cube = document.get("cube") or {"dimensions": (), "measures": ()}
    means = [each["name"] for each in cube["measures"] if each["fn"] == "avg"]
    known = {tuple(row[name] for name in cube["dimensions"]): row for row in drawn}
    return any(
        abs(row[mean] - known[tuple(row[name] for name in cube["dimensions"])][mean]) > _PLACES
        for row in got
        for mean in means
    )


def spelt(value: Any) -> Any:
    """Return a value as an answer in JSON spells it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
    return value.isoformat() if isinstance(value, date) else value


def _told(row: Row, columns: Sequence[str], contract: Contract) -> dict[str, Any]:
    return {name: _number(row[name], contract.by_name[name]) for name in columns}


def _number(value: Any, column: Column) -> Any:
    return float(value) if column.kind is Kind.NUMBER and value is not None else spelt(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(spelt(value))


def _lookup(
    document: Mapping[str, Any], contract: Contract, rows: Sequence[Row]
) -> Iterator[Asked]:
    for row in (rows[0], rows[len(rows) // 2], rows[-1]):
        query = {name: _text(row[name]) for name in contract.key}
        yield Asked(query, None, [_told(row, document["columns"], contract)])


def _page(document: Mapping[str, Any], contract: Contract, rows: Sequence[Row]) -> Asked:
    parameters = [
        (each["name"], each.get("column", each["name"]), each.get("op", "eq"))
        for each in document.get("parameters", ())
        if document.get("open") or not hidden(contract, each.get("column", each["name"]))
    ]
    parameters = [each for each in parameters if each[2] in _OPS]
    complete = [row for row in rows if all(row[column] is not None for _, column, _ in parameters)]
    probe = complete[len(complete) // 2]
    found = [
        _told(row, document["columns"], contract)
        for row in complete
        if all(_OPS[op](row[column], probe[column]) for _, column, op in parameters)
    ]
    return Asked({name: _text(probe[column]) for name, column, _ in parameters}, None, found)


def _verify(
    document: Mapping[str, Any], contract: Contract, rows: Sequence[Row]
) -> Iterator[Asked]:
    key = document["key"]
    claims = [name for name in document["claims"]]
    row = next(row for row in rows if all(row[name] is not None for name in claims))
    for name in key:
        assert sum(all(each[k] == row[k] for k in key) for each in rows) == 1, name
    body = {name: spelt(row[name]) for name in (*key, *claims)}
    yield Asked({}, body, [{"match": True}])
    wrong = spelt(_other(rows, row, claims[0]))
    yield Asked({}, {**body, claims[0]: wrong}, [{"match": False}])


def _other(rows: Sequence[Row], row: Row, name: str) -> Any:
    return next(each[name] for each in rows if each[name] not in (None, row[name]))


def _cells(
    cube: Mapping[str, Any], contract: Contract, rows: Sequence[Row]
) -> Iterator[dict[str, Any]]:
    shut = contract.subject is not None or contract.personal
    shut = shut or any(hidden(contract, column.name) for column in contract.columns)
    shut = shut or contract.level in (Level.L3, Level.L4)
    least = cube.get("least", 10)
    for group, members in _grouped(rows, cube["dimensions"], whole=True).items():
        told = dict(zip(cube["dimensions"], map(spelt, group), strict=True))
        figures = [_figure(measure, members, contract, least, shut) for measure in cube["measures"]]
        if _people(members, contract) >= least and None not in figures:
            names = [measure["name"] for measure in cube["measures"]]
            yield told | dict(zip(names, figures, strict=True))


def _grouped(
    rows: Sequence[Row], names: Sequence[str], *, whole: bool = False
) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names) if whole else row[names[0]]].append(row)
    return groups


def _who(row: Row, contract: Contract) -> Any:
    return row[contract.subject] if contract.subject else tuple(row[k] for k in contract.key)


def _people(rows: Sequence[Row], contract: Contract) -> int:
    return len({_who(row, contract) for row in rows})


def _figure(
    measure: Mapping[str, Any], rows: Sequence[Row], contract: Contract, least: int, shut: bool
) -> float | None:
    """Return a figure of a cell, ``None`` where too few people or one or two of them shape it."""
    if measure["fn"] == "count":
        return len(rows)
    sums: dict[Any, list[float]] = defaultdict(list)
    for row in rows:
        value = row[measure["column"]]
        if value is not None:
            if "between" in measure:
                low, high = measure["between"]
                value = max(low, min(high, value))
            sums[_who(row, contract)].append(float(value))
    if len(sums) < least:
        return None
    if "between" in measure and shut:
        low, high = measure["between"]
        every = [(sum(values), len(values)) for values in sums.values()]
        for shares in ([s - low * n for s, n in every], [high * n - s for s, n in every]):
            parts = sorted(shares, reverse=True)
            if not sum(parts) - sum(parts[:2]) > DOMINANCE * parts[0]:
                return None
    values = [value for each in sums.values() for value in each]
    return sum(values) / len(values) if measure["fn"] == "avg" else sum(values)
