"""Cells as people type them, brought to plain characters without moving any of them."""

from __future__ import annotations

_WIDE = {0xFF01 + at: 0x21 + at for at in range(94)}  # full-width forms of ASCII
_BLANKS = dict.fromkeys(
    map(ord, "\u3000\u00a0\u2002\u2003\u2009\u202f\u200b\u200c\u200d\ufeff\t"), 0x20
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣"), 0x2D)
_DOTS = dict.fromkeys(map(ord, "•‧∙・●"), ord("·"))
_TABLE = {**_WIDE, **_BLANKS, **_DASHES, **_DOTS}


def plain(text: str) -> str:
    """Return ``text`` with full-width forms, blanks and dashes made plain; same length."""
    return text.translate(_TABLE)
