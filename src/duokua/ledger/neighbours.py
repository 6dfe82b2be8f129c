"""Anchors the ledgers of seldom writers beside a running one, so that their newest record is
anchored in time though nobody appends after it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.ledger.append import anchor_newest
from duokua.ledger.record import segment_paths


class Neighbours(threading.Thread):
    """Every ``every_s``, and once more on stopping, anchors the newest record of each folder."""

    def __init__(
        self, folders: Mapping[str, Path], *, algorithm: str, anchor: str, every_s: float
    ) -> None:
        super().__init__(name="anchors-beside", daemon=True)
        self._folders, self._algorithm, self._anchor = dict(folders), algorithm, anchor
        self._every_s = every_s
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Anchor once more and end."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Anchor until stopped."""
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(self._every_s)
            for name, folder in self._folders.items():
                if segment_paths(folder):
                    self._anchor_one(name, folder)

    def _anchor_one(self, name: str, folder: Path) -> None:
        try:
            anchor_newest(
                folder,
                name=name,
                algorithm=self._algorithm,
                anchor=self._anchor,
                now=clock.now(),
            )
        except (DuokuaError, OSError) as error:  # told; the next appending writer refuses itself
            print(f"duokua ledger {name}: {error}", file=sys.stderr, flush=True)
