"""Django application of ``duokua.pack``."""

from __future__ import annotations

from django.apps import AppConfig


class PackConfig(AppConfig):
    """Registered under the label ``pack``."""

    name = "duokua.pack"
    label = "pack"

    def ready(self) -> None:
        """Describe its addresses for programs."""
        from duokua.pack.rest.description import paths
        from duokua.store.rest import description

        description.MORE.update(paths())
