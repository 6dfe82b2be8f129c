"""Signs of life (心跳): a small file that a process renews, for others that only need to look."""

from __future__ import annotations

import os
from pathlib import Path

SILENT_S = 20.0


def beat(path: Path) -> None:
    """Renew the sign of life at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path)


def silent_for(path: Path, epoch_s: float) -> float | None:
    """Return the seconds since the last beat, ``None`` when nobody beats there."""
    try:
        return max(0.0, epoch_s - path.stat().st_mtime)
    except OSError:
        return None
