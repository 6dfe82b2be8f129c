"""What the desk can be narrowed to: packs that run, and saved views (常用视图)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.loop.actions import saved as _actions
from duokua.loop.selectors import desk as _selectors
from duokua.loop.selectors.packs import pack_of
from duokua.loop.values.case import CaseInfo
from duokua.loop.values.saved import SavedViewInfo

__all__ = ["SavedViewInfo", "forget", "forms", "keep", "packs", "titles", "views"]


def packs() -> list[tuple[str, Text]]:
    """Return the packs that run with their titles."""
    found = _selectors.adopted()
    return [(pack, pack_of(pack, version).manifest.title) for pack, version in found]


def views(person: Person) -> list[SavedViewInfo]:
    """Return a person's saved views by name."""
    return [SavedViewInfo(row.id, row.name, row.query) for row in _selectors.of(person.username)]


def keep(name: str, query: str, person: Person, *, now: datetime) -> SavedViewInfo:
    """Keep a query of the desk under a name; the same name again replaces what it meant.

    :raises Invalid: there is no name, or something is too long.
    :raises Conflict: they keep as many as there may be.
    """
    row = _actions.keep(person.username, name, query, now=now)
    return SavedViewInfo(row.id, row.name, row.query)


def forget(view_id: int, person: Person) -> None:
    """Delete one of a person's views.

    :raises NotFound: they have none of that number.
    """
    _actions.forget(person.username, view_id)


def forms(info: CaseInfo) -> dict[str, Mapping[str, Any]]:
    """Return the JSON Schemas of the forms that a case's pack brings, by id."""
    found = pack_of(info.row.pack, info.version).forms
    return {name: each.schema for name, each in found.items()}


def titles(info: CaseInfo) -> dict[str, Text]:
    """Return what the columns of a case's data are called, as the pack's contracts say."""
    found = pack_of(info.row.pack, info.version).contracts.values()
    return {column.name: column.title for each in found for column in each.columns}
