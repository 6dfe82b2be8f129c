"""Which receipts a person may see (可见范围)."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.exchange import facade as exchange
from duokua.identity.facade import Person, Role
from duokua.serving.receipt_index import ReceiptRow

EVERYTHING = "all"
OUR_INTERFACES = "interfaces"
OUR_CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Scope:
    """A restriction on receipts: departments that called, interfaces that were called.

    ``None`` restricts nothing; an empty set sees nothing.
    """

    name: str
    departments: frozenset[str] | None = None
    interfaces: frozenset[str] | None = None

    def sees(self, row: ReceiptRow) -> bool:
        """Tell whether ``row`` is within the scope."""
        called_by_us = self.departments is None or row.department in self.departments
        return called_by_us and (self.interfaces is None or row.interface in self.interfaces)


def scopes(person: Person) -> list[Scope]:
    """Return the scopes open to a person, the usual one first.

    An auditor sees every call, a steward those of the own department's interfaces, and everybody
    the calls of the own department.
    """
    if Role.AUDITOR in person.hats:
        return [Scope(EVERYTHING)]
    ours = Scope(OUR_CALLS, departments=frozenset({person.department}))
    if Role.STEWARD not in person.hats:
        return [ours]
    ids = frozenset(exchange.interface_titles(person.department))
    return [Scope(OUR_INTERFACES, interfaces=ids), ours]
