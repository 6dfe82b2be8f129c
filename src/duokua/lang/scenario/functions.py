"""Functions (场景函数) of a pack: what its rules and derived tables may call besides SQL's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from duokua.lang.contract import Kind

FILE = "functions.py"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: kinds of what it takes and gives. Missing input is never shown to it."""

    name: str
    takes: tuple[Kind, ...]
    gives: Kind
    line: int = 1


@dataclass(frozen=True, slots=True)
class Functions:
    """The Python of a pack, and what of it SQL may call."""

    source: str = ""
    by_name: dict[str, Function] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the source, in hexadecimal: what a trusted signature stands for."""
        return hashlib.sha256(self.source.encode()).hexdigest()
