"""Ids (标识): words for what people name, random tokens for what machines make."""

from __future__ import annotations

import re
import secrets

WORD = re.compile(r"[a-z][a-z0-9_]{1,62}")


def is_word(text: str) -> bool:
    """Tell whether ``text`` may name a dataset, interface or column: ``[a-z][a-z0-9_]*``."""
    return WORD.fullmatch(text) is not None


def new_id(prefix: str) -> str:
    """Return a fresh opaque id such as ``grant-3f9c…`` with 80 random bits."""
    return f"{prefix}-{secrets.token_hex(10)}"
