"""Django application of ``duokua.store``."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Registered under the label ``store``."""

    name = "duokua.store"
    label = "store"

    def ready(self) -> None:
        """Let listings be judged and counted, and withdrawals be completed."""
        from duokua.store import listing_jobs

        listing_jobs.start()
