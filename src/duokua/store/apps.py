"""Django application of ``duokua.store``."""

from __future__ import annotations

from datetime import datetime

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Registered under the label ``store``."""

    name = "duokua.store"
    label = "store"

    def ready(self) -> None:
        """Let listings be judged, withdrawals be completed, grants be opened, probed and ended."""
        from duokua.exchange.facade import grant_ended
        from duokua.store import clock_jobs, finding_jobs, jobs, listing_jobs

        finding_jobs.start()
        listing_jobs.start()
        clock_jobs.start()
        jobs.start()
        grant_ended.connect(_ended, dispatch_uid="store.grants")


def _ended(sender: object, grant: str, reason: str, by: str, now: datetime, **told: object) -> None:
    from duokua.store.facade import using

    using.ended_elsewhere(grant, reason, by=by, now=now)
