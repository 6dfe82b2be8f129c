"""The Python of a signed pack (场景函数), made into functions; it runs in the limited worker only."""

from __future__ import annotations

import builtins
import datetime
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from duokua.lang.scenario.functions import FILE
from duokua.lang.scenario.functions_file import BUILTINS, IMPORTS

# By kind of the contract, as the engine calls it.
TYPES = {
    "integer": "BIGINT", "number": "DOUBLE", "string": "VARCHAR", "boolean": "BOOLEAN",
    "date": "DATE", "timestamp": "TIMESTAMPTZ",
}  # fmt: skip
_LEAST, _MOST = -(2**63), 2**63 - 1
_MOST_TEXT = 10_000
Callee = Callable[..., Any]


def functions_of(source: str, names: Sequence[str]) -> dict[str, Callee]:
    """Run a module of functions and return those of ``names``; missing input gives missing output.

    The source has passed :mod:`duokua.lang.scenario.functions_file`, and is looked at as little as
    any engine would: what it could reach beyond is held off by the process it runs in.
    """
    space: dict[str, Any] = {"__builtins__": _offered(), "__name__": FILE}
    exec(compile(source, FILE, "exec", dont_inherit=True), space)  # noqa: S102 - see above
    return {name: _guarded(space[name]) for name in names}


def _offered() -> dict[str, Any]:
    offered = {name: getattr(builtins, name) for name in BUILTINS}
    return offered | {"__import__": _import}


def _import(name: str, *_: object, **__: object) -> object:
    """Give only what the list of imports names, of a module only these names."""
    modules: dict[str, Mapping[str, Any]] = {
        "math": vars(math), "datetime": vars(datetime), "statistics": vars(statistics),
        "collections.abc": {"Sequence": Sequence, "Mapping": Mapping},
        "__future__": {"annotations": None},
    }  # fmt: skip
    told = modules[name]
    kept = (each for each in told if not each.startswith("_")) if name == "math" else IMPORTS[name]
    return type("Offered", (), {each: _still(told[each]) for each in kept})


def _still(value: Any) -> Any:
    """A plain function would be bound where a class holds it."""
    return staticmethod(value) if callable(value) and not isinstance(value, type) else value


def _guarded(function: Callee) -> Callee:
    @wraps(function)  # the engine asks how many arguments it takes
    def call(*given: Any) -> Any:
        if any(each is None for each in given):
            return None
        told = function(*given)
        if isinstance(told, float) and not math.isfinite(told):
            return None
        if isinstance(told, int) and not _LEAST <= told <= _MOST:
            raise ValueError("a number beyond what the engine holds")
        if isinstance(told, str) and len(told) > _MOST_TEXT:
            raise ValueError("a text longer than any that is shown")
        return told

    return call
