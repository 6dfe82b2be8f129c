"""Views (视图): pages of a scenario put together from what the platform can draw."""

from __future__ import annotations

from dataclasses import dataclass, field

from duokua.kernel.text import Text

# Named by what they draw.
KINDS = ("map", "kpi", "table", "chart", "entity", "timeline", "form", "gauge", "gantt")


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a page. ``query`` is SQL through the same gate as a rule; a few read the loop:
    ``source`` is ``cases`` | ``findings`` | ``indicators`` instead of a query."""

    id: str
    kind: str
    title: Text
    query: str = ""
    tables: tuple[str, ...] = ()
    source: str = ""
    options: dict[str, object] = field(default_factory=dict)  # of the kind: checked by its schema
    wide: int = 6  # of twelve columns


@dataclass(frozen=True, slots=True)
class View:
    """``views/<id>.yaml``: a page at ``/s/<pack>/<id>/``; an entity page has one per subject."""

    id: str
    title: Text
    panels: tuple[Panel, ...]
    roles: tuple[str, ...] = ()  # of the manifest; empty: all of them
    entity: str = ""  # table whose rows have a page each
    key: str = ""  # its column
    tabs: tuple[tuple[Text, tuple[str, ...]], ...] = ()  # title, panels
    file: str = ""
