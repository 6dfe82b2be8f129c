"""Keeps the receipt index up to date while the portal runs."""

from __future__ import annotations

import logging
import threading

from duokua.kernel import environment
from duokua.serving import receipt_index

EVERY_S = 2.0
_LOG = logging.getLogger(__name__)


def start() -> threading.Event:
    """Follow the ledger in a thread of its own; setting the returned event ends it."""
    stop = threading.Event()
    threading.Thread(target=_follow, args=(stop,), name="receipt-index", daemon=True).start()
    return stop


def _follow(stop: threading.Event) -> None:
    home = environment.read()
    folder, index = home.ledger / "receipts", home.ledger / "receipts-index.sqlite3"
    while not stop.is_set():
        try:
            receipt_index.catch_up(folder, index)
        except Exception:  # the ledger is safe, only the search waits: log it and go on
            _LOG.exception("the receipt index cannot be brought up to date")
        stop.wait(EVERY_S)
