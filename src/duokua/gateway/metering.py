"""Writes the metering (计量) down every few seconds, beside the loop that answers calls."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from duokua.engine.sqlite import Error
from duokua.serving.tally import Tallies
from duokua.serving.usage_store import UsageStore

EVERY_S = 3.0
_log = logging.getLogger("duokua.gateway.metering")


class Metering:
    """Takes the counts over into their file; calls are answered whether that succeeds or not."""

    def __init__(self, tallies: Tallies, path: Path) -> None:
        self._tallies = tallies
        self._path = path
        self._store: UsageStore | None = None

    async def run(self) -> None:
        """Write again and again until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await asyncio.shield(self.write())

    async def write(self) -> None:
        """Write what came since the last time; what cannot be written is kept for the next."""
        harvest = self._tallies.harvest(time.time())
        try:
            if self._store is None:
                self._store = await asyncio.to_thread(UsageStore, self._path)
            await asyncio.to_thread(self._store.add, harvest)
        except (Error, OSError):
            self._tallies.keep(harvest)
            _log.exception("metering could not be written; it is tried again")

    def close(self) -> None:
        """Release the file."""
        if self._store is not None:
            self._store.close()
