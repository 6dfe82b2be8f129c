"""Keys for separate uses, all derived from the installation's one secret (HMAC-SHA-256)."""

from __future__ import annotations

import hashlib
import hmac


def derive(secret: bytes, use: str) -> bytes:
    """Return the 32-byte key for ``use``; different uses share nothing."""
    return hmac.digest(secret, f"duokua/{use}".encode(), hashlib.sha256)


def token_key(secret: bytes) -> bytes:
    """Sign and verify access tokens."""
    return derive(secret, "token")


def cursor_key(secret: bytes) -> bytes:
    """Seal page cursors."""
    return derive(secret, "cursor")


def subject_key(secret: bytes) -> bytes:
    """Turn a subject (主体) into what receipts and serving indexes carry instead of it."""
    return derive(secret, "subject")


def pseudonym_key(secret: bytes, grant_id: str) -> str:
    """Key of a grant's pseudonyms, hex: two grants cannot be joined by them."""
    return derive(secret, f"pseudonym/{grant_id}").hex()


def parameters_key(secret: bytes) -> bytes:
    """Hash call parameters for receipts, so that a small key space cannot be tried out."""
    return derive(secret, "parameters")
