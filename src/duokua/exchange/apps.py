"""Django application of ``duokua.exchange``."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Registered under the label ``exchange``."""

    name = "duokua.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Build the indexes of a dataset whenever a batch of it has landed."""
        from duokua.lake.facade import dataset_committed

        dataset_committed.connect(_committed, dispatch_uid="exchange.indexes")


def _committed(sender: object, dataset_id: str, **told: object) -> None:
    from duokua.exchange import facade

    facade.refresh_indexes(dataset_id)
