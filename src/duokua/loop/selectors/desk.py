"""What the desk can be narrowed to: packs that run, and views that a person has saved (常用视图)."""

from __future__ import annotations

from duokua.loop.models import Ruleset, SavedView


def of(owner: str) -> list[SavedView]:
    """Return a person's saved views by name."""
    return list(SavedView.objects.filter(owner=owner).order_by("name"))


def adopted() -> list[tuple[str, str]]:
    """Return pack and version of all that run."""
    rows = Ruleset.objects.filter(active=True).order_by("pack").values_list("pack", "version")
    return [(str(pack), str(version)) for pack, version in rows]
