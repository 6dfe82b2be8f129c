"""Preparing a home (初始化): database, messages, static files, catalogue and policy, each idempotent."""

from __future__ import annotations

import django
from django.core.management import call_command

from duokua.kernel.environment import Environment


def set_up_django() -> None:
    """Load Django once."""
    django.setup()


def prepare(settings: Environment) -> None:
    """Bring the home to the present version and mend what a crash left half done.

    :raises DuokuaError: the lake or the policy cannot be read.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    set_up_django()
    migrate()
    from duokua.exchange import facade as exchange
    from duokua.lake import facade as lake

    lake.reconcile()
    exchange.synchronize()


def migrate() -> None:
    """Bring the metadata database to the present version."""
    call_command("migrate", interactive=False, verbosity=0)


def pending_migrations() -> int:
    """Return how many migrations the database lacks."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
