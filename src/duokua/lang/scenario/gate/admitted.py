"""What the gate let through, and how it tells what it did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from sqlglot import exp
from sqlglot.errors import ErrorLevel

from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.scenario.functions import Function

DIALECT = "duckdb"
_NEAR = 200  # nodes that are looked at for one that knows its place
MOST_TOLD = 20  # faults of one statement: more would not be read
Columns: TypeAlias = Mapping[str, Kind | None]
Tables: TypeAlias = Mapping[str, Columns]
NO_FUNCTIONS: Mapping[str, Function] = {}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A statement that may be run: ``query``, and nothing else, is what is run.

    ``columns`` are those of the output, in their order, with their kind where it is plain to see.
    """

    query: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...]
    columns: Columns
    tree: exp.Expr = field(compare=False, repr=False)  # of ``query``, to be looked at only


@dataclass(slots=True)
class Teller:
    """Tells what is wrong with one statement, each thing once, by ``file:line``."""

    place: Callable[[int], str]
    faults: Faults
    sql: str = ""
    told: set[tuple[int, str]] = field(default_factory=set)

    def line(self, at: int) -> int:
        """Return the line, from 1, of a place in the text: the parser's own count is not exact."""
        return self.sql.count("\n", 0, at) + 1

    def tell(self, where: exp.Expr | int, zh: str, en: str, mend: tuple[str, str]) -> None:
        """Note one fault at a node or in a line."""
        line = where if isinstance(where, int) else self.line(start_of(where))
        if (line, en) in self.told or len(self.told) >= MOST_TOLD:
            return
        self.told.add((line, en))
        self.faults.add(self.place(line), zh, en, *mend)


def start_of(node: exp.Expr) -> int:
    """Return where a node stands in its text, or what is nearest to it."""
    around: exp.Expr | None = node
    while around is not None:
        for each in islice(around.walk(), _NEAR):
            start = each.meta.get("start")
            if isinstance(start, int):
                return start
        around = around.parent
    return 0


def shown(node: exp.Expr, most: int = 60) -> str:
    """Return a piece of SQL to be shown in a message."""
    try:
        text = node.sql(DIALECT, comments=False, unsupported_level=ErrorLevel.IGNORE)
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError):
        return type(node).__name__
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
