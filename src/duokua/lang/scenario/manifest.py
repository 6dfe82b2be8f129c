"""The manifest of a pack (场景包清单): who, which version, what it reads and gives, its roles."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Consumed:
    """A table that rules read: rows of a data interface, granted to the pack's own program."""

    table: str  # the name that SQL uses; there is a contract of that name in the pack
    interface: str  # the data interface that gives its rows; by default of the table's name
    columns: tuple[str, ...]  # what is asked for; empty: all that the contract has
    fresh: int | None = None  # seconds; rows of data older than that judge nothing (unknown)
    recent: int | None = None  # seconds; of a stream only rows so young are kept for the rules
    newest: tuple[str, ...] = ()  # of a stream only the newest row of each of these is kept
    by: str = ""  # the column with the instant by which they are recent, or newest


@dataclass(frozen=True, slots=True)
class PackRole:
    """A role of the scenario, held by those who hold a role of the platform in a department."""

    id: str
    title: Text
    role: str  # of the platform: handler, head, command, …
    can: tuple[str, ...]  # verbs of cases, see scenario/playbook


@dataclass(frozen=True, slots=True)
class Manifest:
    """``pack.yaml``."""

    pack: str  # = name of the folder
    title: Text
    description: Text
    version: str  # three numbers
    platform: str  # a range such as ">=1.0,<2.0"
    owner: str  # code of the department that answers for it
    tier: str  # bronze | silver | gold, agrees with quality.yaml
    purpose: str  # for which its rules read
    basis: Text  # legal basis of that reading
    requires: tuple[str, ...]
    consumes: tuple[Consumed, ...]
    provides: tuple[str, ...]  # datasets of its own, each with a contract
    roles: tuple[PackRole, ...]
    demo: bool = False  # its samples are made-up data (演示数据)
    domain: str = (
        ""  # under which of the five domains (五大领域) its pages are linked; may be empty
    )

    def consumed(self, table: str) -> Consumed | None:
        """Return how a table is read."""
        return next((each for each in self.consumes if each.table == table), None)
