"""Keys for separate uses, all derived from the installation's one secret (HMAC-SHA-256)."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

from duokua.engine.manifest import replace_file
from duokua.kernel import environment

FIRST_SUBJECT = "p1"


def derive(secret: bytes, use: str) -> bytes:
    """Return the 32-byte key for ``use``; different uses share nothing."""
    return hmac.digest(secret, f"duokua/{use}".encode(), hashlib.sha256)


def token_key(secret: bytes) -> bytes:
    """Sign and verify access tokens."""
    return derive(secret, "token")


def cursor_key(secret: bytes) -> bytes:
    """Seal page cursors."""
    return derive(secret, "cursor")


def subject_key(secret: bytes, key_id: str | None = None) -> bytes:
    """Turn a subject (主体) into what receipts and serving indexes carry instead of it.

    By default by the current key; those of before find what was written under them.
    """
    key_id = key_id or subject_ids()[-1]
    return derive(secret, "subject" if key_id == FIRST_SUBJECT else f"subject/{key_id}")


def subject_ids() -> tuple[str, ...]:
    """Return the ids of the keys of subjects, oldest first; the last one is current."""
    try:
        told = json.loads(_ring().read_bytes())
    except FileNotFoundError:
        return (FIRST_SUBJECT,)
    return tuple(str(each) for each in told["ids"])


def add_subject_id() -> str:
    """Make a new key of subjects current (换钥), durably; return its id."""
    ids = subject_ids()
    fresh = f"p{int(ids[-1].removeprefix('p')) + 1}"
    replace_file(_ring(), json.dumps({"ids": [*ids, fresh]}).encode())
    return fresh


def rotated_at() -> datetime | None:
    """Return when the key of subjects was last rotated, ``None`` if it never was."""
    try:
        return datetime.fromtimestamp(_ring().stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _ring() -> Path:
    return environment.read().home / "subject-keys.json"


def pseudonym_key(secret: bytes, grant_id: str) -> str:
    """Key of a grant's pseudonyms, hex: two grants cannot be joined by them."""
    return derive(secret, f"pseudonym/{grant_id}").hex()


def parameters_key(secret: bytes) -> bytes:
    """Hash call parameters for receipts, so that a small key space cannot be tried out."""
    return derive(secret, "parameters")
