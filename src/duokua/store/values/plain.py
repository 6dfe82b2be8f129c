"""Hits and grants in use as rows of plain values, for exports and programs."""

from __future__ import annotations

from duokua.kernel.clock import iso
from duokua.store.values.finding import Card
from duokua.store.values.use import Resource


def card_row(card: Card) -> dict[str, object]:
    """Return a hit of a search."""
    info = card.info
    return {
        "id": info.id,
        "kind": info.kind,
        "title_zh": info.body.title.zh,
        "title_en": info.body.title.en,
        "owner": info.owner,
        "share_class": info.body.share_class,
        "level": info.body.level,
        "domain": info.body.domain,
        "update_cycle": info.body.cycle,
        "interfaces": card.interfaces,
        "calls_30_days": info.heat,
        "quality": info.quality,
        "published_at": info.published_at.isoformat() if info.published_at else None,
    }


def use_row(one: Resource) -> dict[str, object]:
    """Return a grant in use; ``None`` is what is not there."""
    info = one.request
    return {
        "request": info.id,
        "listing": info.listing,
        "interface": info.interface,
        "purpose": (info.agreed or info.ask).purpose,
        "state": info.state,
        "department": info.department,
        "client": info.client,
        "calls_90_days": one.trend.total,
        "rows_90_days": one.trend.rows,
        "last_call": one.trend.last.isoformat() if one.trend.last else None,
        "ends_at": iso(info.ends_at) if info.ends_at else None,
        "idle_since": one.idle_since.isoformat() if one.idle_since else None,
        "probe_passed": None if one.probed is None else one.probed.passed,
    }
