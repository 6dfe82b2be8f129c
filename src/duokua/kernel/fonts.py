"""Where the Chinese font is with which documents and marks on pictures are written."""

from __future__ import annotations

from pathlib import Path

from pylopdf_fonts_zh_cn import sans_path


def chinese() -> Path:
    """Return the path of Noto Sans SC (OpenType): it comes with a package, not with the system."""
    return sans_path()
