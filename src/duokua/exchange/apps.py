"""Django application of ``duokua.exchange``."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Registered under the label ``exchange``."""

    name = "duokua.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Bring indexes and policy up to date after each batch and each new contract."""
        from duokua.lake.facade import contract_registered, dataset_committed

        dataset_committed.connect(_committed, dispatch_uid="exchange.indexes")
        contract_registered.connect(_committed, dispatch_uid="exchange.contracts")


def _committed(sender: object, dataset_id: str, **told: object) -> None:
    from duokua.exchange import facade

    facade.refresh_indexes(dataset_id)
