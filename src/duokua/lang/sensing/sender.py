"""A sender (上报方): a device, or a hub for several, whose key opens the doors of streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "dk_"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send to which streams; ``keys`` are SHA-256 of its keys, hex."""

    id: str
    streams: frozenset[str]
    keys: tuple[str, ...]


def sender_to_json(sender: Sender) -> dict[str, Any]:
    """Return a sender as plain values."""
    return {"id": sender.id, "streams": sorted(sender.streams), "keys": list(sender.keys)}


def sender_from_json(told: Mapping[str, Any]) -> Sender:
    """Read what :func:`sender_to_json` wrote."""
    return Sender(told["id"], frozenset(told["streams"]), tuple(told["keys"]))


def split_key(key: str) -> tuple[str, str] | None:
    """Return sender and secret of a key as it was handed out; ``None``: it is no key."""
    if not key.startswith(PREFIX) or not key.isascii():
        return None
    sender, _, secret = key.removeprefix(PREFIX).rpartition(".")
    return (sender, secret) if sender and secret else None


def join_key(sender: str, secret: str) -> str:
    """Return a key to hand out."""
    return f"{PREFIX}{sender}.{secret}"
