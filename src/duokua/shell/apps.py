"""Django application of ``duokua.shell``."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class ShellConfig(AppConfig):
    """Registered under the label ``shell``."""

    name = "duokua.shell"
    label = "shell"

    def ready(self) -> None:
        """Bring the compiled messages up to date; costs two look-ups when they are."""
        from duokua.shell import messages

        for folder in settings.LOCALE_PATHS:
            messages.compile_stale(folder)
