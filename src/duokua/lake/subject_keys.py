"""The keys of subjects' pseudonyms (主体假名密钥): each has an id that its pseudonyms show.

All are drawn from the installation's secret. A rotation (换钥) makes a new one current; those of
before are kept to look for what was written under them.
"""

from __future__ import annotations

from dataclasses import dataclass

from duokua.serving import keys


@dataclass(frozen=True, slots=True)
class Key:
    """The key of pseudonyms, and its id that every pseudonym shows."""

    id: str
    secret: bytes


def current_id() -> str:
    """Return the id of the key under which subjects are told apart now."""
    return every_id()[-1]


def every_id() -> tuple[str, ...]:
    """Return the ids of all keys, oldest first."""
    return keys.subject_ids()


def key(secret: bytes, key_id: str) -> Key:
    """Return the key of that id, from the installation's secret."""
    return Key(key_id, keys.derive(secret, f"subjects/{key_id}"))
