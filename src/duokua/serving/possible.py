"""Which refusals a call of an interface can meet: for its page and its OpenAPI, from one place."""

from __future__ import annotations

from enum import Enum, auto

from duokua.kernel.text import Text
from duokua.lang.interface import Interface, Shape
from duokua.serving.problems import KINDS

# What only some shapes can answer; every other kind of refusal can meet any call.
_ONLY: dict[str, frozenset[Shape]] = {
    "verify_exhausted": frozenset({Shape.VERIFY}),
    "budget_exhausted": frozenset({Shape.AGGREGATE}),
    "changes_too_old": frozenset({Shape.CHANGES}),
    "cube_only": frozenset({Shape.PAGE}),
    "query_not_offered": frozenset({Shape.PAGE}),
    "export_not_ready": frozenset({Shape.PAGE}),
    "exports_full": frozenset({Shape.PAGE}),
    "range_not_satisfiable": frozenset({Shape.PAGE}),
    "too_large": frozenset({Shape.VERIFY, Shape.PAGE, Shape.AGGREGATE}),
    "media_unsupported": frozenset({Shape.PAGE, Shape.AGGREGATE}),
}


class Door(Enum):
    """The operations of an interface that can be refused for different reasons."""

    CALL = auto()  # its parameters in the address
    CLAIM = auto()  # a verification by its body
    QUERY = auto()  # a JSON query
    ORDER = auto()  # an export is asked for
    JOB = auto()  # exports are listed, looked at, deleted
    FILE = auto()  # an export is fetched


_ASKED = frozenset({Door.CALL, Door.CLAIM, Door.QUERY, Door.ORDER})
# What only some doors can answer; every other kind of refusal can be met at any.
_AT: dict[str, frozenset[Door]] = {
    "not_acceptable": _ASKED,
    "parameters_invalid": _ASKED,
    "quota_exhausted": _ASKED,
    "rate_limited": _ASKED,
    "overloaded": _ASKED,
    "too_large": frozenset({Door.CLAIM, Door.QUERY, Door.ORDER}),
    "verify_exhausted": frozenset({Door.CALL, Door.CLAIM}),
    "budget_exhausted": frozenset({Door.CALL, Door.QUERY}),
    "changes_too_old": frozenset({Door.CALL}),
    "cube_only": frozenset({Door.QUERY}),
    "query_not_offered": frozenset({Door.QUERY}),
    "media_unsupported": frozenset({Door.QUERY}),
    "exports_full": frozenset({Door.ORDER}),
    "export_not_ready": frozenset({Door.FILE}),
    "range_not_satisfiable": frozenset({Door.FILE}),
}
_NEVER_OPEN = frozenset({"token_missing", "not_granted"})  # where no token is needed


def possible(interface: Interface) -> tuple[str, ...]:
    """Return the codes of the refusals that a call can meet, by status."""
    return tuple(
        sorted(
            (
                code
                for code in KINDS
                if interface.shape in _ONLY.get(code, frozenset(Shape))
                and not (interface.open and code in _NEVER_OPEN)
            ),
            key=lambda code: (KINDS[code].status, list(KINDS).index(code)),
        )
    )


def refusals(interface: Interface, door: Door) -> list[tuple[int, tuple[str, ...]]]:
    """Return those that one operation can meet, by status: each with its codes."""
    codes = [code for code in possible(interface) if door in _AT.get(code, frozenset(Door))]
    statuses = sorted({KINDS[code].status for code in codes})
    return [(s, tuple(code for code in codes if KINDS[code].status == s)) for s in statuses]


def general(text: Text, **known: str) -> Text:
    """Return a title or mend outside a call: what only a call could fill in is an ellipsis."""
    values = _Filled(known)
    return Text(text.zh.format_map(values), text.en.format_map(values))


class _Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"
