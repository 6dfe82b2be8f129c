"""The one secret of before becomes the first key; going back keeps a secret that counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
BEFORE, AFTER = ("exchange", "0002_grant_expired"), ("exchange", "0003_client_keys")


def migrate(target: tuple[str, str]) -> StateApps:
    """Migrate the exchange, and what stands on it; return the models as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    loader = MigrationExecutor(connection).loader
    people = loader.graph.leaf_nodes("identity")  # which stay as they are
    return loader.project_state([target, *people]).apps


@pytest.mark.django_db(transaction=True)
def test_there_and_back() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        apps = migrate(BEFORE)
        department = apps.get_model("identity", "Department").objects.create(code="housing")
        apps.get_model("exchange", "Client").objects.create(
            id="app", department=department, title="x", secret_hash="ab" * 32, created_at=NOW
        )
        apps = migrate(AFTER)
        (key,) = apps.get_model("exchange", "ClientKey").objects.all()
        assert (key.client_id, key.number, key.secret_hash) == ("app", 1, "ab" * 32)
        assert key.created_at == NOW and key.until is None and key.revoked_at is None
        key.pk, key.number, key.secret_hash = None, 2, "cd" * 32
        key.save()
        apps = migrate(BEFORE)
        (client,) = apps.get_model("exchange", "Client").objects.all()
        assert client.secret_hash == "cd" * 32
        client.delete()
    finally:
        MigrationExecutor(connection).migrate(newest)
