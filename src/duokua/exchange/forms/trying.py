"""The answer of each shape to a try (试答): by the same plan and statements as a governed call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.interface import Shape
from duokua.serving.changes import OWN, UPSERT
from duokua.serving.cubes import cube_columns, figures_of, question
from duokua.serving.parameters import read_call
from duokua.serving.plan import Plan, Row
from duokua.serving.problems import Refusal
from duokua.serving.verification import look, read_claim

_MATCH = Column("match", Kind.BOOLEAN, Text("属实", "holds"), required=True)


@dataclass(frozen=True, slots=True)
class Tried:
    """The rows of an answer with their columns, whom they are about, and what else it tells."""

    columns: tuple[Column, ...]
    rows: list[Row]
    subjects: list[str]
    more: dict[str, Any] = field(default_factory=dict)


def tried(plan: Plan, given: Mapping[str, str], most: int) -> Tried:
    """Answer the parameters ``given`` with at most ``most`` rows.

    A look-up or verification without any takes those of the first row.

    :raises Invalid: the parameters are wrong, each fault at its place.
    """
    told = {name: value for name, value in given.items() if value}
    with _faults():
        match plan.served.interface.shape:
            case Shape.LOOKUP:
                return _lookup(plan, told)
            case Shape.VERIFY:
                return _verify(plan, told)
            case Shape.AGGREGATE:
                return _cells(plan, told, most)
            case Shape.CHANGES:
                return _feed(plan, most)
        call = read_call(plan, urlencode({**told, "limit": str(most)}), None)
        rows, subjects, _ = plan.page(call.given, None, most)
        return Tried(plan.columns, rows, subjects)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        faults = tuple(Fault(f"given{each.where}", each.what, each.mend) for each in refusal.faults)
        what = Text("参数有误", "the parameters are wrong")
        raise Invalid(
            what, Text("请更正后再预览", "mend them and look again"), faults=faults
        ) from None


def _feed(plan: Plan, most: int) -> Tried:
    """Return the rows as the first answer of a feed has them: everything is new."""
    rows, subjects, _ = plan.page((), None, most)
    manifest = plan.served.manifest
    assert manifest is not None  # noqa: S101 - it was made just now
    version = manifest.version
    changed: list[Row] = [(UPSERT, version, *row) for row in rows]
    return Tried((*OWN, *plan.columns), changed, subjects, {"version": version})


def _lookup(plan: Plan, told: dict[str, str]) -> Tried:
    parameters = plan.served.interface.parameters
    if not told:
        keys = _first(plan, [each.column for each in parameters])
        if keys is None:
            return Tried(plan.columns, [], [])
    else:
        call = read_call(plan, urlencode(told), None)
        by_name = {parameter.name: value for parameter, value in call.given}
        keys = [by_name[p.name] for p in parameters]
    row, subject = plan.lookup(keys)
    return Tried(plan.columns, [row] if row else [], [subject] if subject else [])


def _verify(plan: Plan, told: dict[str, str]) -> Tried:
    fields: dict[str, object] = dict(told)
    if not fields:
        names = [*plan.served.interface.key, plan.names[0]]
        first = _first(plan, names)
        if first is None:
            return Tried((_MATCH,), [(False,)], [])
        fields = {n: _typed(plan, n, v) for n, v in zip(names, first, strict=True)}
    match, subjects = look(plan, read_claim(plan, fields))
    return Tried((_MATCH,), [(match,)], subjects)


def _typed(plan: Plan, name: str, value: Any) -> Any:
    return bool(value) if plan.visible[name].kind is Kind.BOOLEAN else value


def _cells(plan: Plan, told: dict[str, str], most: int) -> Tried:
    query, _ = question(
        plan, urlencode({"group": ",".join(plan.names), **told, "limit": most}), None
    )
    return Tried(cube_columns(plan, query), figures_of(plan, query, most), [])


def _first(plan: Plan, columns: list[str]) -> list[Any] | None:
    """Return some columns of the first row in which all of them stand."""
    assert plan.served.pages is not None  # noqa: S101 - it was opened just now
    names = ", ".join(f'"{name}"' for name in columns)
    there = " and ".join(f'"{name}" is not null' for name in columns)
    found = plan.served.pages.fetch(f"select {names} from rows where {there} limit 1", ())  # noqa: S608
    return list(found[0]) if found else None
