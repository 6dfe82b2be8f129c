"""The calls of a probe by the shape of the interface (各形态的探针调用)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from duokua.exchange.probing.truth import Row, Truth
from duokua.exchange.probing.values import Ask
from duokua.lang.contract import Kind
from duokua.lang.interface import Parameter, Shape
from duokua.lang.predicate import columns_of

LOOKED_AT = 5  # rows of one answer


def allowed(truth: Truth, row: Row | None) -> Ask:
    """Return the call that has to be answered; ``row`` is one that the agreed range lets through."""
    interface = truth.interface
    match interface.shape:
        case Shape.LOOKUP:
            return Ask(interface.id, urlencode(_key(truth, row)))
        case Shape.VERIFY:
            return Ask(interface.id, body=_claim(truth, row))
        case Shape.AGGREGATE:
            return Ask(interface.id, f"limit={LOOKED_AT}")
        case Shape.CHANGES:
            return Ask(interface.id, f"limit={LOOKED_AT}")
    return Ask(interface.id, urlencode({**_required(truth, row), "limit": LOOKED_AT}))


def whole(truth: Truth) -> tuple[str, ...]:
    """Return the columns that a row to be called by needs a value in."""
    interface = truth.interface
    if interface.shape is Shape.VERIFY:
        return (*interface.key, truth.names[0])
    if interface.shape in (Shape.LOOKUP, Shape.PAGE):
        return tuple(one.column for one in _must(truth))
    return ()


def other_column(truth: Truth) -> Ask | None:
    """Return a call that asks for a column that was not granted, where a caller can name one."""
    interface = truth.interface
    hidden = [name for name in interface.columns if name not in truth.order.columns]
    if not hidden:
        return None
    match interface.shape:
        case Shape.PAGE:
            body = {"select": [hidden[0]], "limit": 1}
            return Ask(interface.id, body=body, part="query")
        case Shape.AGGREGATE:
            return Ask(interface.id, urlencode({"group": hidden[0], "limit": 1}))
        case Shape.VERIFY:
            row = truth.raw(within=True, whole=(*interface.key, hidden[0]))
            claim = {name: (row or {}).get(name, "1") for name in interface.key}
            return Ask(interface.id, body={**claim, hidden[0]: (row or {}).get(hidden[0], "1")})
    return None


def outside(truth: Truth) -> Ask | None:
    """Return a call for a row that the agreed range keeps out, where there is one to call for."""
    row = truth.raw(within=False, whole=whole(truth))
    interface = truth.interface
    if row is None:
        return None
    match interface.shape:
        case Shape.LOOKUP:
            return Ask(interface.id, urlencode(_key(truth, row)))
        case Shape.VERIFY:
            return Ask(interface.id, body=_claim(truth, row))
        case Shape.PAGE if interface.query is None:
            body = {"where": _where(truth, row, interface.order), "limit": 1}
            return Ask(interface.id, body=body, part="query")
        case Shape.AGGREGATE if truth.order.row_filter is not None:
            names = tuple(dict.fromkeys(columns_of(truth.order.row_filter)))
            body = {"group": list(names), "where": _where(truth, row, names), "limit": 1}
            return Ask(interface.id, body=body, part="query")
    return None


def _where(truth: Truth, row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "and": [
            {"field": name, "op": "is_null"}
            if row[name] is None
            else {"field": name, "op": "eq", "value": _value(row[name], truth, name)}
            for name in names
        ]
    }


def place(truth: Truth, row: Row | None) -> Row | None:
    """Return by what the rows of the allowed call are found; ``None``: it cannot be told so."""
    if row is None or truth.interface.shape not in (Shape.LOOKUP, Shape.PAGE):
        return {}
    masked = {name for name, _ in truth.order.masks}
    found = _must(truth)
    if any(one.op != "eq" or one.column in masked for one in found):
        return None
    return {one.column: row[one.column] for one in found}


def _key(truth: Truth, row: Row | None) -> dict[str, str]:
    return {
        one.name: "0" if row is None else _text(row[one.column], truth, one.column)
        for one in truth.interface.parameters
    }


def _must(truth: Truth) -> list[Parameter]:
    """Return the parameters that a call has to give."""
    interface = truth.interface
    if interface.shape is Shape.LOOKUP:
        return list(interface.parameters)
    granted = truth.order.columns
    return [one for one in interface.parameters if one.required and one.column in granted]


def _required(truth: Truth, row: Row | None) -> dict[str, str]:
    if row is None:
        return {}
    return {one.name: _text(row[one.column], truth, one.column) for one in _must(truth)}


def _claim(truth: Truth, row: Row | None) -> dict[str, Any]:
    names = (*truth.interface.key, truth.names[0])
    if row is None:
        return dict.fromkeys(names, "0")
    return {name: _value(row[name], truth, name) for name in names}


def _value(value: Any, truth: Truth, name: str) -> Any:
    return bool(value) if truth.contract.by_name[name].kind is Kind.BOOLEAN else value


def _text(value: Any, truth: Truth, name: str) -> str:
    if truth.contract.by_name[name].kind is Kind.BOOLEAN:
        return "true" if value else "false"
    return str(value)
