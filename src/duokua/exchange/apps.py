"""Django application of ``duokua.exchange``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from duokua.lake.facade import Affected


class ExchangeConfig(AppConfig):
    """Registered under the label ``exchange``."""

    name = "duokua.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Bring indexes and policy up to date after each batch and each new contract."""
        from duokua.identity.facade import person_disabled, person_enabled
        from duokua.lake.facade import (
            contract_registered,
            dataset_committed,
            register_holder,
            register_impact,
            register_purge,
        )

        dataset_committed.connect(_committed, dispatch_uid="exchange.indexes")
        contract_registered.connect(_committed, dispatch_uid="exchange.contracts")
        person_disabled.connect(_disabled, dispatch_uid="exchange.people")
        person_enabled.connect(_enabled, dispatch_uid="exchange.people_again")
        register_impact("exchange", _affected)
        register_holder("exchange", _held)
        register_purge("exchange", _purged)


def _committed(sender: object, dataset_id: str, **told: object) -> None:
    from duokua.exchange import facade

    facade.refresh_indexes(dataset_id)


def _disabled(sender: object, username: str, **told: object) -> None:
    from duokua.exchange import facade

    facade.shut_out(username)


def _enabled(sender: object, username: str, **told: object) -> None:
    from duokua.exchange import facade

    facade.let_in(username)


def _affected(dataset_id: str, now: datetime) -> Iterable[Affected]:
    from duokua.exchange import facade

    return facade.affected(dataset_id, now)


def _held(dataset_id: str) -> Iterable[str]:
    from duokua.exchange import facade

    return facade.files_in_use(dataset_id)


def _purged(dataset_id: str) -> None:
    from duokua.exchange.forgetting import forget_older

    forget_older(dataset_id)
