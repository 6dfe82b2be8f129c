"""Keeps the receipt index up to date while the portal runs."""

from __future__ import annotations

import logging
import threading

from duokua.kernel import environment
from duokua.serving.receipt_index import Filling

EVERY_S = 2.0
_LOG = logging.getLogger(__name__)


def start() -> threading.Event:
    """Follow the ledger in a thread of its own; setting the returned event ends it."""
    stop = threading.Event()
    threading.Thread(target=_follow, args=(stop,), name="receipt-index", daemon=True).start()
    return stop


def _follow(stop: threading.Event) -> None:
    home = environment.read()
    # Kept open: closing the last connection would copy the whole log into the file at every round.
    filling = Filling(home.ledger / "receipts", home.ledger / "receipts-index.sqlite3")
    while not stop.is_set():
        try:
            filling.catch_up()
        except Exception:  # the ledger is safe, only the search waits: log it and go on
            _LOG.exception("the receipt index cannot be brought up to date")
            filling.close()
        stop.wait(EVERY_S)
    filling.close()
