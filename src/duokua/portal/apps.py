"""Django application of ``duokua.portal``."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Registered under the label ``portal``."""

    name = "duokua.portal"
    label = "portal"

    def ready(self) -> None:
        """Let letters go outward as soon as they are written."""
        from duokua.portal import letters

        letters.start()
